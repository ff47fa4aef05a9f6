//! Cancelling, in every status.

use std::fs;

use serde_json::json;

use super::{read, server};
use crate::harness::{gate, path_of, sh};

#[test]
fn a_running_action_is_cancelled() {
    let (_server, client) = server(&[sh("work", &gate("never", ""), "")]);
    client.start("work");
    client.until_at_work("work");
    assert_eq!(client.cancel("work").json(), json!({}));
    let cancelled = client.until_status("work", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
}

#[test]
fn an_action_that_is_cancelled_at_once_never_completes() {
    let (server, client) = server(&[sh("work", &gate("never", "touch done"), "")]);
    for _ in 0..20 {
        client.start("work");
        client.cancel("work");
        client.until_status("work", "cancelled");
    }
    assert!(!server.folder().join("done").exists());
}

#[test]
fn a_queued_action_is_cancelled_without_a_beginning() {
    let actions =
        [sh("first", &gate("go", ""), ""), sh("second", "touch begun", "cancellable = false")];
    let (server, client) =
        server(&[&["[runner]\nmax_concurrent = 1\n".to_owned()], &actions[..]].concat());
    client.start("first");
    client.until_at_work("first");
    client.start("second");
    assert_eq!(client.show("second")["status"], "queued");
    client.cancel("second");
    assert_eq!(client.show("second")["status"], "cancelled");
    server.touch("go");
    client.until_status("first", "completed");
    client.start("first");
    client.until_status("first", "completed");
    assert!(!server.folder().join("begun").exists());
}

#[test]
fn what_ignores_sigterm_is_killed_after_its_grace() {
    let script = "trap '' TERM; (setsid sh -c 'echo $$ > child; exec sleep 1000' &); \
                  until [ -s child ]; do sleep 0.02; done; \
                  echo '{\"progress\": 10}'; while :; do sleep 0.02; done";
    let (server, client) = server(&[sh("work", script, "cancel_grace = \"500ms\"")]);
    client.start("work");
    client.until_at_work("work");
    client.cancel("work");
    let cancelled = client.until_status("work", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
    let child = read(&server, "child");
    let command = fs::read(format!("/proc/{}/cmdline", child.trim())).unwrap_or_default();
    assert!(command.is_empty(), "what it had started lives: {}", String::from_utf8_lossy(&command));
}

#[test]
fn what_cannot_be_interrupted_goes_on() {
    let (server, client) = server(&[sh("work", &gate("go", ""), "cancellable = false")]);
    client.start("work");
    client.until_at_work("work");
    let refused = client.delete(&path_of("work")).expect(404).json();
    assert_eq!(refused["error_code"], "action_not_found");
    let said = "action 'work' is running and cannot be interrupted; wait until it has ended";
    assert_eq!(refused["description"], said);
    server.touch("go");
    client.until_status("work", "completed");
    client.delete(&path_of("work")).expect(200);
    client.get(&path_of("work")).expect(404);
}
