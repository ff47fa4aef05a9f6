//! Killed at any moment.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use rand::RngExt;
use serde_json::Value;

use super::{start, task_of};
use crate::harness::{Client, chance, path_of, seed, sh, until};

/// What one client knows of its action.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The last run that was acknowledged, and whether its cancel was.
    task: Option<String>,
    cancelled: bool,
    /// A request was under way when the server was killed: it may have been carried out or not.
    open: bool,
}

/// Starts and cancels an action until the server is gone.
fn drive(client: &Client, name: &str, seed: u64, answered: &AtomicUsize) -> Known {
    let mut random = chance(seed);
    let mut known = Known::default();
    loop {
        let cancel = random.random_bool(0.4);
        let (method, body) = if cancel { ("DELETE", None) } else { ("POST", Some(&b"{}"[..])) };
        let Ok(answer) = client.try_send(method, &path_of(name), body) else {
            known.open = true;
            return known;
        };
        match (cancel, answer.status) {
            (false, 200) => {
                known = Known { task: Some(task_of(&answer.json())), ..Known::default() };
            }
            // Of a run that has ended it removes the result: then nothing is known any more.
            (true, 200) => known.cancelled = true,
            (false, 409) | (true, 404) => {}
            (_, status) => panic!("{method} {name}: {status} {}", answer.text),
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn killed_at_any_moment_nothing_is_stuck_and_nothing_is_lost() {
    let mut random = chance(seed());
    let names: Vec<String> = (0..6).map(|number| format!("work_{number}")).collect();
    let actions = names.iter().map(|name| sh(name, "sleep 0.0$(($$ % 10))", ""));
    let config: Vec<_> =
        ["[runner]\nmax_concurrent = 3\n".to_owned()].into_iter().chain(actions).collect();
    let (mut server, _) = start(&config);
    for round in 0..10 {
        let client = server.client().admin();
        let answered = AtomicUsize::new(0);
        let known: BTreeMap<&str, Known> = thread::scope(|scope| {
            let clients: Vec<_> = names
                .iter()
                .map(|name| {
                    let (client, answered, seed) = (client.clone(), &answered, random.random());
                    scope.spawn(move || (&**name, drive(&client, name, seed, answered)))
                })
                .collect();
            let enough = random.random_range(1..200);
            until("they go on", || answered.load(Ordering::Relaxed) >= enough);
            server.kill();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        server.start_again();
        let client = server.client().admin();
        until("everything has ended", || {
            let ended = ["completed", "aborted", "cancelled"];
            client.statuses().iter().all(|(_, status)| ended.contains(&&**status))
        });
        for (name, known) in known {
            let shown = client.get(&path_of(name));
            check(round, name, &known, (shown.status == 200).then(|| shown.json()));
        }
    }
}

fn check(round: usize, name: &str, known: &Known, shown: Option<Value>) {
    let context = format!("round {round}, {name}: {known:?}, {shown:?}");
    let Some(shown) = shown else {
        // Never started, or removed by a DELETE that was acknowledged or under way.
        return assert!(known.task.is_none() || known.cancelled || known.open, "{context}");
    };
    let is_known_run = known.task.as_deref() == Some(&*task_of(&shown));
    assert!(is_known_run || known.open, "{context}");
    if is_known_run && known.cancelled {
        assert_eq!(shown["status"], "cancelled", "{context}");
    }
}
