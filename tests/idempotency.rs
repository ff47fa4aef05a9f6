//! `Idempotency-Key`: requests that are sent again, at any moment, to any server.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Server, Setup, Store, gate, path_of, sh};

const ACTIONS: &str = "/v2/default/actions";

fn backup(number: usize) -> Value {
    json!({"freezer_action": {"action": "backup", "backup_name": format!("b{number}")}})
}

fn is_replay(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == "true"
}

/// How many of `answers` were the first, and what they all said.
fn firsts(answers: Vec<Answer>) -> (usize, BTreeSet<String>) {
    let first = answers.iter().filter(|answer| !is_replay(answer)).count();
    let said = answers.into_iter().map(|answer| format!("{} {}", answer.status, answer.text));
    (first, said.collect())
}

/// Sends the same requests from many clients at once, some to each server, beside creates without a
/// key: each is done once.
fn at_once(servers: &[&Server]) {
    let clients: Vec<Client> =
        servers.iter().map(|server| server.client().project_admin()).collect();
    let client = |number: usize| clients[number % clients.len()].clone();
    let answers: Vec<Vec<Answer>> = thread::scope(|scope| {
        let send = |number: usize| {
            let client = client(number);
            scope.spawn(move || {
                let with = |key: usize| client.with("Idempotency-Key", &format!("k{key}"));
                client.post(ACTIONS, &backup(100 + number)).expect(201);
                (0..5).map(|key| with(key).post(ACTIONS, &backup(key))).collect::<Vec<_>>()
            })
        };
        let threads: Vec<_> = (0..16).map(send).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for key in 0..5 {
        let of_key = answers.iter().map(|of| &of[key]);
        assert!(of_key.clone().all(|answer| answer.status == 201), "{answers:?}");
        let ids: BTreeSet<_> = of_key.clone().map(|answer| &answer.text).collect();
        let first = of_key.filter(|answer| !is_replay(answer)).count();
        assert_eq!((first, ids.len()), (1, 1), "{answers:?}");
    }
    let listed = clients[0].get(&format!("{ACTIONS}?limit=100")).expect(200).json();
    assert_eq!(listed["actions"].as_array().unwrap().len(), 16 + 5);
}

#[test]
fn of_many_at_once_each_is_done_once() {
    at_once(&[&Server::start()]);
}

#[test]
fn of_many_at_once_on_several_servers_each_is_done_once() {
    let config = sh("work", &gate("go", ""), "");
    let first = Server::start_on(Store::postgres(), Setup::with_config(&config));
    let second = first.start_beside();
    at_once(&[&first, &second]);
    let admins = [first.client().admin(), second.client().admin()];
    let started = thread::scope(|scope| {
        let start = |number: usize| {
            let client = admins[number % 2].with("Idempotency-Key", "start");
            scope.spawn(move || client.post(&path_of("work"), &json!({})))
        };
        let threads: Vec<_> = (0..20).map(start).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    let (first_ones, said) = firsts(started);
    assert_eq!((first_ones, said.len()), (1, 1), "{said:?}");
    assert!(said.first().unwrap().starts_with("200 "), "{said:?}");
}

#[test]
fn a_request_is_known_after_a_crash() {
    let mut server = Server::start_with(Setup::with_config(&sh("work", "", "")));
    let keyed = |server: &Server| {
        let client = server.client();
        (
            client.project_admin().with("Idempotency-Key", "k"),
            client.admin().with("Idempotency-Key", "k"),
        )
    };
    let (project, cluster) = keyed(&server);
    let created = project.post(ACTIONS, &backup(1)).expect(201);
    let started = cluster.post(&path_of("work"), &json!({})).expect(200);
    server.client().admin().until_status("work", "completed");
    server.kill();
    server.start_again();
    let (project, cluster) = keyed(&server);
    for (before, again) in [
        (created, project.post(ACTIONS, &backup(1))),
        (started, cluster.post(&path_of("work"), &json!({}))),
    ] {
        assert_eq!((again.status, &again.text), (before.status, &before.text));
        assert!(is_replay(&again) && !is_replay(&before));
    }
    assert_eq!(server.client().admin().show("work")["status"], "completed", "it ran once");
    project.post(ACTIONS, &backup(2)).expect(422);
    cluster.post(&path_of("work"), &json!({"a": 1})).expect(422);
}
