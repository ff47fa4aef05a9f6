//! Of any number of clients that start an action at once, one wins.

use std::fs;

use crate::harness::{Client, Crowd, Server, Setup, gate, path_of, sh};

const CLIENTS: usize = 200;
const ROUNDS: usize = 5;

/// The one action that is in progress.
fn winner(client: &Client) -> String {
    let running: Vec<_> =
        client.statuses().into_iter().filter(|(_, status)| status != "completed").collect();
    assert_eq!(running.len(), 1, "{running:?}");
    running[0].0.clone()
}

fn check(names: &[&str], server: &Server) {
    let client = server.client().admin();
    let go = server.folder().join("go");
    let path = |number: usize| path_of(names[number % names.len()]);
    // Each with a connection of its own.
    let crowd = Crowd::of((0..CLIENTS).map(|number| (server.client().admin(), path(number))));
    for round in 0..ROUNDS {
        let answers = crowd.post();
        let count = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!((count(200), count(409)), (1, CLIENTS - 1), "round {round}: {answers:?}");
        let winner = winner(&client);
        fs::write(&go, "").unwrap();
        client.until_status(&winner, "completed");
        fs::remove_file(&go).unwrap();
    }
}

#[test]
fn of_200_clients_one_starts_the_action() {
    check(&["work"], &Server::start_with(Setup::with_config(&sh("work", &gate("go", ""), ""))));
}

#[test]
fn of_200_clients_one_starts_one_of_three_that_conflict() {
    let action = |name, others| sh(name, &gate("go", ""), &format!("conflicts_with = {others}"));
    let config = [
        action("a", "[\"b\", \"c\"]"),
        // Named in one direction alone: it holds in both.
        action("b", "[]"),
        action("c", "[\"b\"]"),
    ];
    check(&["a", "b", "c"], &Server::start_with(Setup::with_config(&config.concat())));
}
