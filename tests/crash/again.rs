//! What may be tried again is, when its server is stopped or killed.

use std::fs;

use super::{processes_of, start, task_of};
use crate::harness::{Server, gate, sh, until};

/// Work that says which attempt it is, and waits for a file in each but the last of three.
fn tried_again() -> String {
    let script = format!(
        "echo $ACTIOND_ATTEMPT >> attempts; [ $ACTIOND_ATTEMPT = 3 ] || {{ {} }}",
        gate("go", "")
    );
    sh("work", &script, "on_lost = \"requeue\"\nmax_attempts = 3")
}

fn attempts(server: &Server) -> String {
    fs::read_to_string(server.folder().join("attempts")).unwrap_or_default()
}

#[test]
fn it_is_queued_again_after_a_kill_and_after_a_stop() {
    let (mut server, client) = start(&[tried_again()]);
    let task = task_of(&client.start("work"));
    client.until_at_work("work");
    server.kill();
    server.start_again();
    until("the second attempt", || attempts(&server) == "1\n2\n");
    for process in processes_of(&task) {
        let environment = fs::read(format!("{process}/environ")).unwrap_or_default();
        let environment = String::from_utf8_lossy(&environment);
        assert!(!environment.contains("ACTIOND_ATTEMPT=1"), "something of the first is left");
    }
    server.stop();
    assert_eq!(processes_of(&task), [""; 0]);
    server.start_again();
    let done = server.client().admin().until_status("work", "completed");
    assert_eq!((task_of(&done), &*attempts(&server)), (task, "1\n2\n3\n"));
}

#[test]
fn it_is_aborted_when_it_was_lost_too_often() {
    let (mut server, client) = start(&[tried_again().replace("= 3\n", "= 2\n")]);
    client.start("work");
    client.until_at_work("work");
    for _ in 0..2 {
        let before = attempts(&server);
        server.kill();
        server.start_again();
        let client = server.client().admin();
        until("another attempt, or none", || {
            attempts(&server) != before || client.show("work")["status"] == "aborted"
        });
    }
    assert_eq!(attempts(&server), "1\n2\n");
    let aborted = server.client().admin().show("work");
    super::assert_aborted(&aborted, server.store().reason_of_loss());
}

#[test]
fn a_cancel_wins_over_another_attempt() {
    let script = format!("echo $ACTIOND_ATTEMPT >> attempts; trap '' TERM; {}", gate("go", ""));
    let more = "on_lost = \"requeue\"\ncancel_grace = \"1h\"";
    let (mut server, client) = start(&[sh("work", &script, more)]);
    client.start("work");
    client.until_at_work("work");
    client.cancel("work");
    server.kill();
    server.start_again();
    server.client().admin().until_status("work", "cancelled");
    assert_eq!(attempts(&server), "1\n");
}
