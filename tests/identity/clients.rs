//! The real clients log in, find their way, and end their tokens.

use std::path::Path;
use std::process::Command;

use crate::harness::Server;

#[test]
fn keystoneauth_and_the_openstack_command_need_no_keystone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let installed = Command::new(root.join("scripts/clients.sh")).output().unwrap();
    let errors = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "the clients cannot be installed: {errors}");
    let server = Server::start();
    assert!(server.run(&["user", "name-project", "0a1b", "alpha"], "").status.success());
    let roles = ["--project", "alpha:member", "--project", "beta:reader"];
    server.add_user("alice", "long enough", &roles);
    let mut python = Command::new(root.join("target/clients/bin/python"));
    let script = root.join("tests/identity/clients.py");
    let output = python.arg(script).arg(server.url()).arg(server.folder()).output().unwrap();
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}\nthe server's log: {}", server.log());
}
