//! The password of a database: where it may come from, and that nobody is told.

use std::fs;

use crate::harness::Postgres;
use crate::harness::{Server, Setup, actiond};

const PASSWORD: &str = "Pa55-of-the-store";

/// The URL of a database whose owner needs a password, without it.
fn database() -> String {
    let url = Postgres::shared().database();
    let name = Postgres::name_of(&url);
    Postgres::shared().sql(
        "postgres",
        &format!(
            "CREATE ROLE keeper_{name} LOGIN PASSWORD '{PASSWORD}' IN ROLE secretive; \
             ALTER DATABASE {name} OWNER TO keeper_{name}"
        ),
    );
    url.replace("//actiond@", &format!("//keeper_{name}@"))
}

fn variable(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn a_password_from_any_place_is_in_no_log() {
    let url = database();
    let with = url.replacen('@', &format!(":{PASSWORD}@"), 1);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    fs::write(&file, format!("{PASSWORD}\n")).unwrap();
    let in_file = format!("[store]\nurl = \"{url}\"\npassword_file = \"{}\"", file.display());
    let trace = variable("ACTIOND_LOG", "trace");
    for (config, variables) in [
        (format!("[store]\nurl = \"{with}\""), vec![trace.clone()]),
        (in_file, vec![trace.clone()]),
        (String::new(), vec![trace.clone(), variable("ACTIOND_STORE_URL", &with)]),
        (
            format!("[store]\nurl = \"{url}\""),
            vec![trace.clone(), variable("PGPASSWORD", PASSWORD)],
        ),
    ] {
        let setup = Setup { config: Some(config), environment: variables };
        let mut server = Server::start_with(setup);
        server.client().get("/readyz").expect(200);
        let command_line = fs::read(format!("/proc/{}/cmdline", server.pid())).unwrap();
        server.stop();
        for told in [server.log(), String::from_utf8_lossy(&command_line).into_owned()] {
            assert!(!told.contains(PASSWORD), "{told}");
        }
    }
}

#[test]
fn no_command_shows_a_password() {
    let folder = tempfile::tempdir().unwrap();
    let with = format!("postgres://me:{PASSWORD}@127.0.0.1:1/none");
    for arguments in [
        &["config", "check"][..],
        &["--help"],
        &["store", "copy", "--help"],
        &["serve"],
        &["migrate", "--status"],
        &["user", "list"],
    ] {
        let variables = ["ACTIOND_STORE_URL", "ACTIOND_COPY_FROM", "ACTIOND_COPY_TO"];
        let mut command = actiond(folder.path());
        let output = command.args(arguments).envs(variables.map(|name| (name, &with))).output();
        let output = output.unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(!said.contains(PASSWORD) && !said.is_empty(), "{arguments:?}: {said}");
    }
    let said = actiond(folder.path())
        .args(["config", "check"])
        .env("ACTIOND_STORE_URL", &with)
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("postgres://me@127.0.0.1:1/none"), "{said}");
}

#[test]
fn a_password_in_an_argument_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let with = format!("postgres://me:{PASSWORD}@127.0.0.1:1/none");
    for arguments in [
        &["serve", "--store", &with][..],
        &["serve", &format!("--store={with}")],
        &["store", "copy", "--from", "sqlite:a.db", "--to", &with],
    ] {
        let output = actiond(folder.path()).args(arguments).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(said.contains("an argument with a password"), "{said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
}
