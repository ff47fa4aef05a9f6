//! Connections to the database that are cut in the middle of a statement.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{ANSWER_TIME, in_time, read, servers};
use crate::crash::task_of;
use crate::harness::{Answer, Client, Server, path_of, sh, until_some};

/// So many requests are to meet a connection that was cut.
const ENOUGH: usize = 20;

/// Of all connections to the store, those that are at a statement just now.
const CUT: &str = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
    WHERE datname = current_database() AND state = 'active' AND pid <> pg_backend_pid()";

/// Whether a request was done; it may only be refused as one that can be sent again.
fn is_done(answer: &Answer, refused: &AtomicUsize) -> bool {
    if answer.status == 503 {
        assert!(!answer.header("Retry-After").is_empty());
        refused.fetch_add(1, Ordering::Relaxed);
        return false;
    }
    assert!([200, 201].contains(&answer.status), "{}", answer.text);
    true
}

/// Creates actions until enough requests were refused; answers the ids of those that were created.
fn create(client: &Client, writer: usize, refused: &AtomicUsize) -> Vec<String> {
    let begun = Instant::now();
    let mut created = vec![];
    for number in 0.. {
        if refused.load(Ordering::Relaxed) >= ENOUGH {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{refused:?} refused in vain");
        let id = format!("w{writer}-{number}");
        let body = json!({"action_id": id, "freezer_action": {"action": "info"}});
        let answer = in_time(ANSWER_TIME, || client.post("/v2/default/actions", &body));
        if is_done(&answer, refused) {
            created.push(id);
        }
    }
    created
}

/// Runs an action until enough requests were refused; answers how each run ended whose start was
/// acknowledged.
fn run(client: &Client, refused: &AtomicUsize) -> HashMap<String, Value> {
    let mut runs = HashMap::new();
    while refused.load(Ordering::Relaxed) < ENOUGH {
        let started = in_time(ANSWER_TIME, || client.post(&path_of("work"), &json!({})));
        // One that was refused may be under way all the same.
        if started.status == 409 || !is_done(&started, refused) {
            continue;
        }
        let task = task_of(&started.json());
        let status = until_some("it has ended", || {
            let shown = client.get(&path_of("work"));
            let shown = is_done(&shown, refused).then(|| shown.json())?;
            assert_eq!(task_of(&shown), task);
            let ends = ["completed", "aborted", "failed"];
            ends.iter().any(|end| shown["status"] == *end).then(|| shown["status"].clone())
        });
        runs.insert(task, status);
    }
    runs
}

#[test]
fn nothing_that_was_acknowledged_is_lost_and_nothing_is_done_twice() {
    let servers = servers(2, &sh("work", "echo $ACTIOND_TASK_ID >> done", ""));
    let project = |server: &Server| server.client().project_admin();
    let projects: Vec<_> = servers.iter().map(project).collect();
    let cluster = servers[0].client().admin();
    let refused = AtomicUsize::new(0);
    let (created, runs) = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| (writer, &projects[writer % 2], &refused))
            .map(|(writer, client, refused)| scope.spawn(move || create(client, writer, refused)))
            .collect();
        let runner = scope.spawn(|| run(&cluster, &refused));
        while !runner.is_finished() || !writers.iter().all(|writer| writer.is_finished()) {
            servers[0].store().sql(CUT);
        }
        let created: Vec<_> =
            writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect();
        (created, runner.join().unwrap())
    });
    for id in &created {
        let shown = until_some("there is an answer", || {
            let shown = projects[0].get(&format!("/v2/default/actions/{id}"));
            (shown.status != 503).then_some(shown)
        });
        shown.expect(200);
    }
    let done = read(&servers[0], "done");
    let times = |task: &str| done.lines().filter(|line| *line == task).count();
    assert!(done.lines().all(|task| times(task) == 1), "{done}");
    for (task, status) in runs {
        assert!(status != "completed" || times(&task) == 1, "{task} is {status}: {done}");
    }
}
