//! How actions come, run, end and go.

use std::fs;

use serde_json::json;

use super::{end_of, server};
use crate::harness::{gate, path_of, sh, until};

#[test]
fn an_action_runs_from_queued_to_completed() {
    let script = format!(
        "echo '{{\"progress\": 40.5, \"message\": \"on the way\"}}'; {}",
        gate("go", "echo '{\"progress\": 60}'")
    );
    let (server, client) = server(&[sh("work", &script, "description = \"Some work\"")]);
    assert_eq!(client.get("/v1/cluster/actions").expect(200).json(), json!({"actions": []}));
    client.get(&path_of("work")).expect(404);

    let accepted = client.start("work");
    let task = accepted["task_id"].clone();
    assert_eq!(
        task.as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    let expected = json!({
        "name": "work", "status": "queued", "progress": 0.0, "task_id": task, "action_uid": task,
        "description": "Some work",
    });
    assert_eq!(accepted, expected);
    let running = client.until_at_work("work");
    let expected = json!({"name": "work", "status": "running", "progress": 40.5, "task_id": task});
    assert_eq!(running, expected);
    assert_eq!(client.get("/v1/cluster/actions").json(), json!({"actions": [running]}));

    server.touch("go");
    let expected =
        json!({"name": "work", "status": "completed", "progress": 100.0, "task_id": task});
    assert_eq!(client.until_status("work", "completed"), expected);
    until("the message is logged", || server.log().contains("on the way"));
}

#[test]
fn several_actions_have_lives_of_their_own() {
    let names = ["done", "broken", "stopped", "late"];
    let actions = [
        sh("done", &gate("go", ""), ""),
        sh("broken", &gate("go", "exit 1"), ""),
        sh("stopped", &gate("never", ""), ""),
        sh("late", &gate("never", ""), "timeout = \"2s\""),
    ];
    let (server, client) = server(&actions);
    names.iter().for_each(|name| drop(client.start(name)));
    for name in &names[..3] {
        client.until_at_work(name);
    }
    client.cancel("stopped");
    client.until_status("stopped", "cancelled");
    client.until_status("late", "aborted");
    assert_eq!(client.show("done")["status"], "running");
    assert_eq!(client.show("broken")["status"], "running");
    server.touch("go");
    client.until_status("done", "completed");
    client.until_status("broken", "failed");
    let mut statuses = client.statuses();
    statuses.sort();
    let pair = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    let expected = [
        pair("broken", "failed"),
        pair("done", "completed"),
        pair("late", "aborted"),
        pair("stopped", "cancelled"),
    ];
    assert_eq!(statuses, expected);
}

#[test]
fn a_result_stays_until_the_next_post_or_a_delete() {
    let (server, client) = server(&[sh("work", &gate("go", "exit 1"), "")]);
    server.touch("go");
    let first = client.start("work")["task_id"].clone();
    assert_eq!(client.until_status("work", "failed")["task_id"], first);
    fs::remove_file(server.folder().join("go")).unwrap();
    let second = client.start("work")["task_id"].clone();
    assert_ne!(first, second);
    let shown = client.show("work");
    assert_eq!((&shown["task_id"], shown.get("error_code")), (&second, None));
    assert_eq!(client.statuses().len(), 1);
    server.touch("go");
    client.until_status("work", "failed");
    assert_eq!(client.cancel("work").json(), json!({}));
    client.get(&path_of("work")).expect(404);
    client.delete(&path_of("work")).expect(404);
    assert_eq!(client.statuses(), []);
}

#[test]
fn conflicting_actions_exclude_each_other() {
    let (server, client) = server(&[
        sh("move_shards", &gate("go", ""), "conflicts_with = [\"upgrade\"]"),
        sh("upgrade", "exit 0", ""),
        sh("report", "exit 0", ""),
    ]);
    client.start("move_shards");
    for action in ["move_shards", "upgrade"] {
        let refused = client.post(&path_of(action), &json!({})).expect(409).json();
        assert_eq!(refused["error_code"], "action_in_progress");
        assert_eq!(refused["status_code"], 409);
    }
    client.start("report");
    client.get(&path_of("upgrade")).expect(404);
    server.touch("go");
    client.until_status("move_shards", "completed");
    client.start("upgrade");
    client.until_status("upgrade", "completed");
}

#[test]
fn a_time_limit_aborts() {
    let script = "trap '' TERM; echo '{\"progress\": 7}'; while :; do sleep 0.02; done";
    let aborted = end_of(script, "timeout = \"1s\"\ncancel_grace = \"100ms\"", "aborted");
    assert_eq!(aborted["error_code"], "internal_error");
    assert_eq!(aborted["error_message"], "the time limit of 1s ran out");
    assert_eq!(aborted["progress"], 7.0);
}
