//! The real clients of the project face: python-freezerclient, as a library and as a command.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::Server;

const PASSWORD: &str = "long enough";

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Python with the clients, which are installed when they are not there.
fn python() -> PathBuf {
    let installed = Command::new(root().join("scripts/clients.sh")).output().expect("a shell");
    let errors = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "the clients cannot be installed: {errors}");
    root().join("target/clients/bin/python")
}

#[test]
fn python_freezerclient_works_against_a_bare_server() {
    let python = python();
    let server = Server::start();
    for (name, grant) in
        [("alice", "alpha:member"), ("bob", "beta:member"), ("rita", "alpha:reader")]
    {
        server.add_user(name, PASSWORD, &["--project", grant]);
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = root().join("tests/clients/actions.py");
    let mut command = Command::new(python);
    let output = command.arg(script).arg(server.url()).arg(folder.path()).output().expect("python");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}\nthe server's log: {}", server.log());
}
