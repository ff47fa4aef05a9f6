//! Stores of other versions.

use std::process::Output;

use rusqlite::Connection;

use super::server;
use crate::harness::{Postgres, Server, Setup, Store, actiond, until};

const MIGRATIONS: &str = "__diesel_schema_migrations";

/// Changes the store by hand.
fn change(server: &Server, sql: &str) {
    let store = Connection::open(server.folder().join("data/actiond.db")).unwrap();
    assert_eq!(store.execute(sql, []).unwrap(), 1);
}

#[track_caller]
fn refused(output: &Output, expected: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said.trim_end(), format!("actiond: {expected}"));
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn a_new_store_takes_every_migration_once() {
    let folder = tempfile::tempdir().unwrap();
    let migrate = || {
        let output = actiond(folder.path()).arg("migrate").output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let last = "the store sqlite:data/actiond.db is at the schema of this version\n";
    let first = migrate();
    assert!(first.starts_with("applied 0001\napplied 0002\n") && first.ends_with(last), "{first}");
    assert_eq!(migrate(), last);
}

#[test]
fn a_running_server_is_not_migrated_under() {
    let server = server();
    let newest = format!("(SELECT max(version) FROM {MIGRATIONS})");
    change(&server, &format!("DELETE FROM {MIGRATIONS} WHERE version = {newest}"));
    let expected = "cannot bring the store sqlite:data/actiond.db to this version: cannot take the \
                    store sqlite:data/actiond.db: another server uses this store: stop it, or give \
                    this one a store";
    refused(&server.run(&["migrate"], ""), expected);
    refused(&server.run(&["user", "list"], ""), expected);
    server.client().admin().get("/v1/cluster/actions").expect(200);
}

/// Several servers share it, and none of them is migrated under.
#[test]
fn a_running_server_on_postgresql_is_not_migrated_under() {
    let server = Server::start_on(Store::postgres(), Setup::default());
    let store = server.store();
    let newest = format!("(SELECT max(version) FROM {MIGRATIONS})");
    store.sql(&format!("DELETE FROM {MIGRATIONS} WHERE version = {newest}"));
    let shown = store.shown();
    let expected = format!(
        "cannot bring the store {shown} to this version: servers are at work on this store with its \
         present schema: stop all of them first"
    );
    refused(&server.run(&["migrate"], ""), &expected);
    refused(&server.run(&["serve", "--listen", "127.0.0.1:0"], ""), &expected);
    let of_tools = format!(
        "the store {shown} is older than this program: stop its servers and run `actiond migrate`, or \
         use the program that they are of"
    );
    refused(&server.run(&["user", "list"], ""), &of_tools);
    server.client().admin().get("/v1/cluster/actions").expect(200);

    // A session that was cut off is there again.
    let sessions = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
                    WHERE d.datname = current_database() AND l.mode = 'ShareLock' \
                    AND l.locktype = 'advisory' AND l.granted";
    assert_eq!(store.sql(sessions), "1");
    let name = Postgres::name_of(store.url().unwrap());
    let others =
        format!("FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()");
    store.sql(&format!("SELECT pg_terminate_backend(pid) {others}"));
    until("it says again that it is at work", || store.sql(sessions) == "1");
    refused(&server.run(&["migrate"], ""), &expected);
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let mut server = server();
    server.stop();
    change(&server, &format!("INSERT INTO {MIGRATIONS} (version) VALUES ('9999')"));
    let expected = "cannot bring the store sqlite:data/actiond.db to this version: the store's \
                    schema is newer (9999) than this program: use the program that wrote it, or \
                    restore a backup from before the upgrade";
    for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["migrate"], &["user", "list"]] {
        refused(&server.run(command, ""), expected);
    }
}
