//! What the next start makes of a crash.

use serde_json::json;

use super::{processes_of, start, stubborn, task_of};
use crate::harness::{gate, sh};

#[test]
fn after_a_kill_what_was_ended_is_still_there() {
    let report = r#"echo '{"error_code": "insufficient_resources", "error_message": "no disk"}'"#;
    let (mut server, client) = start(&[
        sh("done", "exit 0", ""),
        sh("broken", &format!("{report}; exit 1"), ""),
        sh("stopped", &gate("never", ""), ""),
        sh("late", &gate("never", ""), "timeout = \"300ms\""),
        sh("removed", "exit 0", ""),
    ]);
    for name in ["done", "broken", "stopped", "late", "removed"] {
        client.start(name);
    }
    client.until_at_work("stopped");
    client.cancel("stopped");
    for (name, status) in [
        ("done", "completed"),
        ("broken", "failed"),
        ("stopped", "cancelled"),
        ("late", "aborted"),
        ("removed", "completed"),
    ] {
        client.until_status(name, status);
    }
    client.cancel("removed");
    let before = client.get("/v1/cluster/actions").json();
    assert_eq!(before["actions"].as_array().unwrap().len(), 4);
    server.kill();
    server.start_again();
    assert_eq!(server.client().admin().get("/v1/cluster/actions").json(), before);
}

#[test]
fn a_cancel_that_was_acknowledged_is_honoured_after_a_kill() {
    let config = [
        "[runner]\nmax_concurrent = 1\n".to_owned(),
        stubborn("running", "cancel_grace = \"1h\""),
        sh("queued", "touch begun", ""),
    ];
    let (mut server, client) = start(&config);
    let task = task_of(&client.start("running"));
    client.until_at_work("running");
    client.start("queued");
    client.cancel("queued");
    client.cancel("running");
    server.kill();
    server.start_again();
    let client = server.client().admin();
    let cancelled = client.until_status("running", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
    assert_eq!(client.show("queued")["status"], "cancelled");
    assert_eq!(processes_of(&task), [""; 0]);
    assert!(!server.folder().join("begun").exists());
}
