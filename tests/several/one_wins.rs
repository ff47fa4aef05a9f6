//! Of any number of clients that start an action at once, on any server, one wins.

use std::fs;

use super::{admins, servers};
use crate::harness::{Crowd, gate, path_of, sh, times};

const CLIENTS: usize = 300;

#[test]
fn of_300_clients_on_three_servers_one_starts_the_action() {
    let rounds = times("ACTIOND_TEST_ROUNDS", 100);
    let servers = servers(3, &sh("work", &gate("go", ""), ""));
    let clients = admins(&servers);
    // Each with a connection of its own.
    let client = |number: usize| servers[number % servers.len()].client().admin();
    let crowd = Crowd::of((0..CLIENTS).map(|number| (client(number), path_of("work"))));
    let go = servers[0].folder().join("go");
    for round in 0..rounds {
        let answers = crowd.post();
        let count = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!((count(200), count(409)), (1, CLIENTS - 1), "round {round}");
        // Seen by each server, whichever it was that carried it out.
        let watcher = &clients[round % clients.len()];
        fs::write(&go, "").unwrap();
        watcher.until_status("work", "completed");
        fs::remove_file(&go).unwrap();
    }
}
