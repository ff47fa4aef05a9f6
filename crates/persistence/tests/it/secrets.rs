//! Passwords and TLS, as libpq does them.

use std::fs;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::memory::ManualClock;
use actiond_persistence::{Store, StoreOptions, StoreUrl};

use crate::postgres::Postgres;

fn open(url: &str, password_file: Option<&std::path::Path>) -> actiond_core::Result<Store> {
    let password_file = password_file.map(ToOwned::to_owned);
    let options = StoreOptions::new(Arc::new(ManualClock::default()));
    Store::open(url, StoreOptions { password_file, ..options })
}

/// The URL of a database for a role that needs a password, which is this.
fn secretive(postgres: &Postgres, password: &str) -> String {
    let url = postgres.database();
    let name = Postgres::name_of(&url);
    postgres.sql(
        "postgres",
        &format!(
            "CREATE ROLE keeper_{name} LOGIN PASSWORD '{password}' IN ROLE secretive; \
             ALTER DATABASE {name} OWNER TO keeper_{name}"
        ),
    );
    url.replace("//actiond@", &format!("//keeper_{name}@"))
}

#[track_caller]
fn refused(result: actiond_core::Result<Store>, secret: &str) -> String {
    let error = result.err().expect("it is refused");
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    let Error::Unavailable { cause, .. } = &error else { panic!() };
    let text = format!("{error} {error:?} {cause:#}");
    assert!(!text.contains(secret), "{text}");
    text
}

#[test]
fn a_password_comes_from_the_url_or_a_file_and_is_never_told() {
    let password = "pa ss/w@rd%";
    let url = secretive(Postgres::shared(), password);
    let with = |password: &str| url.replace('@', &format!(":{password}@"));
    let right = with("pa%20ss%2Fw%40rd%25");
    open(&right, None).unwrap().migrate().unwrap();
    assert_eq!(StoreUrl::parse(&right).unwrap().to_string(), url);
    let said = refused(open(&with("Wr0ng"), None), "Wr0ng");
    assert!(said.contains("password authentication failed"), "{said}");
    let said = refused(open(&url, None), password);
    assert!(said.contains("no password supplied"), "{said}");

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let said = refused(open(&url, Some(&file)), password);
    assert!(said.contains(file.to_str().unwrap()), "{said}");
    fs::write(&file, "Wr0ng\n").unwrap();
    refused(open(&url, Some(&file)), "Wr0ng");
    fs::write(&file, format!("{password}\n")).unwrap();
    let store = open(&url, Some(&file)).unwrap();
    store.health().ping().unwrap();
}

#[test]
fn tls_is_as_strict_as_the_url_says() {
    let postgres = Postgres::start(&["ssl=on", "fsync=off"]);
    let url = postgres.database();
    postgres.sql("postgres", "REVOKE CONNECT ON DATABASE postgres FROM public");
    let root = tempfile::NamedTempFile::new().unwrap();
    fs::copy(postgres.folder().join("data/server.crt"), root.path()).unwrap();
    let other = tempfile::NamedTempFile::new().unwrap();
    let url = |host: &str, mode: &str, root: &std::path::Path| {
        let url = url.replace("127.0.0.1", host);
        format!("{url}?sslmode={mode}&sslrootcert={}", root.display())
    };
    let connections = "SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) \
                       WHERE ssl AND usename = 'actiond'";
    let store = open(&url("localhost", "verify-full", root.path()), None).unwrap();
    store.migrate().unwrap();
    assert_ne!(postgres.sql("postgres", connections), "0");
    refused(open(&url("127.0.0.1", "verify-full", root.path()), None), "none");
    refused(open(&url("localhost", "verify-full", other.path()), None), "none");
    let plain = open(&url("localhost", "disable", root.path()), None).unwrap();
    plain.health().ping().unwrap();
}

#[test]
fn a_database_that_cannot_keep_a_store_is_refused() {
    let postgres = Postgres::shared();
    let sql = "CREATE DATABASE latin OWNER actiond ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0";
    postgres.sql("postgres", sql);
    let error = open(&postgres.url("latin"), None).err().unwrap();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    assert!(error.to_string().contains("LATIN1"), "{error}");
}
