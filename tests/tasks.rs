//! The built-in maintenance tasks, called as any other action.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{Client, Server, path_of, until};

/// Runs an action to its end, whatever that is.
pub fn end_of(client: &Client, action: &str, parameters: &Value) -> Value {
    client.post(&path_of(action), parameters).expect(200);
    let mut last = Value::Null;
    until("it has ended", || {
        last = client.show(action);
        ["completed", "failed", "aborted"].iter().any(|end| last["status"] == *end)
    });
    last
}

/// The failure of an action, in words.
#[track_caller]
pub fn failure(action: &Value) -> &str {
    assert_eq!(action["status"], "failed", "{action}");
    action["error_message"].as_str().unwrap()
}

/// A tree of two files with its checksums, in the server's folder.
fn tree(server: &Server) {
    let make =
        "mkdir tree; cd tree; echo one > one; echo two > two; sha256sum one two > SHA256SUMS";
    let made = Command::new("sh").args(["-c", make]).current_dir(server.folder()).status();
    assert!(made.unwrap().success());
}

#[test]
fn a_tree_is_verified() {
    let server = Server::start();
    let client = server.client().admin();
    tree(&server);
    let verify = |path: &str| end_of(&client, "verify_tree", &json!({"path": path}));
    for path in ["tree", "./tree", server.folder().join("tree").to_str().unwrap()] {
        let verified = verify(path);
        assert_eq!(
            (&verified["status"], &verified["progress"]),
            (&json!("completed"), &json!(100.0))
        );
    }
    let folder = server.folder().join("tree");
    fs::write(folder.join("two"), "twe\n").unwrap();
    let said = "1 of 2 files are not as listed: two: the checksum does not match";
    assert_eq!(failure(&verify("tree")), said);
    fs::remove_file(folder.join("two")).unwrap();
    let said = "1 of 2 files are not as listed: two: does not exist";
    assert_eq!(failure(&verify("tree")), said);
    fs::write(folder.join("SHA256SUMS"), "no sum  one\n").unwrap();
    let said = "SHA256SUMS: line 1 is not a checksum and a name";
    assert_eq!(failure(&verify("tree")), said);
    fs::remove_file(folder.join("SHA256SUMS")).unwrap();
    let said = "SHA256SUMS (sha256sum makes one): does not exist";
    assert_eq!(failure(&verify("tree")), said);
    assert_eq!(failure(&verify("none")), "the folder none: does not exist");
}

#[test]
fn nothing_outside_the_root_is_read() {
    let server = Server::start();
    let client = server.client().admin();
    tree(&server);
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("SHA256SUMS"), "").unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    symlink(outside.path(), server.folder().join("link")).unwrap();
    let verify = |path: &str| end_of(&client, "verify_tree", &json!({"path": path}));
    for path in ["..", "/", "tree/../..", "link", outside.path().to_str().unwrap()] {
        let said = format!("the folder {path}: outside the root that is configured");
        assert_eq!(failure(&verify(path)), said);
    }
    let secret = outside.path().join("secret");
    symlink(&secret, server.folder().join("tree/inner")).unwrap();
    let outside = "outside the root that is configured";
    let (list, sum) = (server.folder().join("tree/SHA256SUMS"), "0".repeat(64));
    for (name, why) in [
        ("../../nothing", outside),
        ("inner", outside),
        ("inner/nothing", outside),
        (secret.to_str().unwrap(), outside),
        (".", "is not a file"),
    ] {
        fs::write(&list, format!("{sum}  {name}\n")).unwrap();
        let said = format!("1 of 1 files are not as listed: {name}: {why}");
        assert_eq!(failure(&verify("tree")), said);
    }
    fs::remove_file(&list).unwrap();
    symlink(&secret, &list).unwrap();
    let said = "SHA256SUMS (sha256sum makes one): outside the root that is configured";
    assert_eq!(failure(&verify("tree")), said);
}

#[test]
fn a_task_does_not_need_the_file_that_the_server_read() {
    let server = Server::start();
    let client = server.client().admin();
    tree(&server);
    fs::write(server.folder().join("actiond.toml"), "not [ toml").unwrap();
    let verified = end_of(&client, "verify_tree", &json!({"path": "tree"}));
    assert_eq!(verified["status"], "completed", "{verified}");
}
