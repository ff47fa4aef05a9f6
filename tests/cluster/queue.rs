//! `?wait=queue`: one after the other, and none at once.

use std::thread;

use serde_json::json;

use super::{read, server};
use crate::harness::{Client, Server, Setup, gate, path_of, sh, until, until_some};

/// Leaves its task in `order`, and fails when another of its kind is at work.
const ALONE: &str = "mkdir alone || exit 1; echo $ACTIOND_TASK_ID >> order; rmdir alone";

fn enqueue(client: &Client, action: &str) -> String {
    let accepted = client.post(&format!("{}?wait=queue", path_of(action)), &json!({}));
    accepted.expect(200).json()["task_id"].as_str().unwrap().to_owned()
}

/// How a run ended that is known by its uid.
fn end_of(client: &Client, uid: &str) -> String {
    let ends = ["completed", "failed", "aborted", "cancelled"];
    until_some(&format!("{uid} has ended"), || {
        let shown = client.get(&format!("/v1/actions/{uid}")).expect(200).json();
        shown["status"].as_str().filter(|status| ends.contains(status)).map(str::to_owned)
    })
}

#[test]
fn those_that_wait_run_in_the_order_in_which_they_came() {
    let script = format!("until [ -e go ]; do sleep 0.02; done; {ALONE}");
    let (server, client) =
        server(&["[cluster]\nqueue_length = 5\n".to_owned(), sh("work", &script, "")]);
    let tasks: Vec<_> = (0..6).map(|_| enqueue(&client, "work")).collect();
    let refused = client.post(&format!("{}?wait=queue", path_of("work")), &json!({})).expect(409);
    assert!(refused.text.contains("no more than 5 may wait"), "{}", refused.text);
    client.post(&path_of("work"), &json!({})).expect(409);
    server.touch("go");
    for task in &tasks {
        assert_eq!(end_of(&client, task), "completed");
    }
    assert_eq!(read(&server, "order").lines().collect::<Vec<_>>(), tasks);
    assert_eq!(client.show("work")["task_id"], *tasks.last().unwrap());
}

#[test]
fn what_waits_is_still_in_line_after_a_restart() {
    let script = format!("[ -e go ] || exit 3; {ALONE}");
    let waits = sh("first", &gate("go", ""), "conflicts_with = [\"work\"]");
    let config = [waits, sh("work", &script, "")].concat();
    let mut server = Server::start_with(Setup::with_config(&config));
    let client = server.client().admin();
    client.start("first");
    client.until_at_work("first");
    let tasks: Vec<_> = (0..3).map(|_| enqueue(&client, "work")).collect();
    server.kill();
    server.touch("go");
    server.start_again();
    let client = server.client().admin();
    for task in &tasks {
        assert_eq!(end_of(&client, task), "completed");
    }
    assert_eq!(read(&server, "order").lines().collect::<Vec<_>>(), tasks);
}

#[test]
fn many_clients_at_once_never_run_two() {
    let setup =
        Setup::with_config(&format!("[cluster]\nqueue_length = 40\n{}", sh("work", ALONE, "")));
    let server = Server::start_with(setup);
    let client = server.client().admin();
    let tasks: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..40)
            .map(|_| {
                let client = client.clone();
                scope.spawn(move || enqueue(&client, "work"))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for task in &tasks {
        assert_eq!(end_of(&client, task), "completed");
    }
    let mut order: Vec<_> = read(&server, "order").lines().map(str::to_owned).collect();
    assert_eq!(order.len(), 40);
    order.sort_unstable();
    order.dedup();
    assert_eq!(order.len(), 40, "each ran once");
}

#[test]
fn those_that_wait_can_be_cancelled() {
    let (server, client) = server(&[sh("work", &gate("go", ""), "")]);
    client.start("work");
    let waiting = [enqueue(&client, "work"), enqueue(&client, "work")];
    client.delete(&format!("{}?wait=queue", path_of("work"))).expect(200);
    assert!(waiting.iter().all(|task| end_of(&client, task) == "cancelled"));
    client.delete(&format!("{}?wait=queue", path_of("work"))).expect(404);
    server.touch("go");
    client.until_status("work", "completed");
    let next = enqueue(&client, "work");
    assert_eq!(end_of(&client, &next), "completed");
    until("it is seen under its name", || client.show("work")["task_id"] == *next);
}
