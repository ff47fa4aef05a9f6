//! The real clients of the project face: python-freezerclient, as a library and as a command, the
//! openstack command with its plugin, and Freezer's own tests of its API.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::harness::{KEYSTONE_PASSWORD, Keystone, KeystoneUser, Server};

const PASSWORD: &str = "long enough";

/// Who uses the clients: a name, a project, a role there.
const CAST: [(&str, &str, &str); 3] =
    [("alice", "alpha", "member"), ("bob", "beta", "member"), ("rita", "alpha", "reader")];

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The folder with a virtual environment, which is installed when it is not there.
fn installed(venv: &str) -> PathBuf {
    let installed = Command::new(root().join("scripts/clients.sh")).output().expect("a shell");
    let errors = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "the clients cannot be installed: {errors}");
    root().join("target").join(venv).canonicalize().expect("a folder")
}

/// Runs everything that the clients can do.
fn drive(server: &Server, auth_url: &str, password: &str, alpha: &str) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(installed("clients").join("bin/python"));
    command.arg(root().join("tests/clients/actions.py")).arg(server.url()).arg(folder.path());
    command.env("AUTH_URL", auth_url).env("PASSWORD", password).env("ALPHA", alpha);
    let output = command.output().expect("python");
    let (said, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{errors}\nthe server's log: {}", server.log());
}

#[test]
fn the_clients_work_against_a_bare_server() {
    let server = Server::start();
    for (name, project, role) in CAST {
        server.add_user(name, PASSWORD, &["--project", &format!("{project}:{role}")]);
    }
    drive(&server, &format!("{}/v3", server.url()), PASSWORD, "alpha");
}

/// A Keystone of its own, with a server in its catalog.
fn in_a_catalog() -> (Keystone, Server) {
    let keystone = Keystone::start();
    let server = Server::start_with(keystone.setup(""));
    keystone.offer("identity", &format!("{}/v3", keystone.url()));
    keystone.offer("backup", server.url());
    (keystone, server)
}

#[test]
fn the_clients_work_with_keystone() {
    let (keystone, server) = in_a_catalog();
    let project = |name: &str| {
        let project = json!({"name": name, "domain_id": "default"});
        keystone.make("/v3/projects", "project", project)
    };
    let projects = [("alpha", project("alpha")), ("beta", project("beta"))];
    for (name, project, role) in CAST {
        let user = json!({"name": name, "password": KEYSTONE_PASSWORD, "domain_id": "default"});
        let user =
            KeystoneUser { id: keystone.make("/v3/users", "user", user), name: name.to_owned() };
        let (_, id) = projects.iter().find(|(name, _)| *name == project).expect("it was made");
        keystone.grant(&user, role, &format!("projects/{id}"));
    }
    drive(&server, &format!("{}/v3", keystone.url()), KEYSTONE_PASSWORD, &projects[0].1);
}

#[test]
fn the_tests_of_the_tempest_plugin_pass() {
    let (keystone, server) = in_a_catalog();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let place = folder.path().display().to_string();
    let config = include_str!("clients/tempest.conf").replace("{folder}", &place);
    let config = config.replace("{keystone}", keystone.url());
    fs::write(folder.path().join("tempest.conf"), config).expect("a configuration");
    let tests = "freezer_tempest_plugin.tests.freezer_api.api";
    let mut command = Command::new(installed("tempest").join("bin/python"));
    command.args(["-m", "unittest", "-v"]);
    command.args([format!("{tests}.test_api_actions"), format!("{tests}.test_api_version")]);
    command.env("TEMPEST_CONFIG_DIR", folder.path()).current_dir(folder.path());
    let output = command.output().expect("python");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}\nthe server's log: {}", server.log());
    let passed = |name: &str| said.contains(&format!(".{name}[gate] ... ok"));
    for name in [
        "test_api_actions",
        "test_api_actions_get_limit",
        "test_api_actions_get_offset",
        "test_api_actions_post",
        "test_api_version_v2",
    ] {
        assert!(passed(name), "{name} did not run: {said}");
    }
    assert!(said.contains("\nRan 5 tests in ") && said.trim_end().ends_with("OK"), "{said}");
}
