//! Of any number of clients that start an action at once, on any server, one wins.

use std::fs;
use std::sync::Barrier;
use std::thread;

use serde_json::json;

use super::{admins, servers};
use crate::harness::{gate, path_of, sh, times};

const CLIENTS: usize = 300;

#[test]
fn of_300_clients_on_three_servers_one_starts_the_action() {
    let rounds = times("ACTIOND_TEST_ROUNDS", 100);
    let servers = servers(3, &sh("work", &gate("go", ""), ""));
    let clients = admins(&servers);
    let (barrier, path) = (Barrier::new(CLIENTS + 1), path_of("work"));
    let go = servers[0].folder().join("go");
    thread::scope(|scope| {
        let threads: Vec<_> = (0..CLIENTS)
            .map(|number| {
                // A connection of its own, which is there and logged in.
                let client = servers[number % servers.len()].client().admin();
                client.get("/v1/cluster/actions").expect(200);
                let (barrier, path) = (&barrier, &path);
                scope.spawn(move || {
                    let round = |_| {
                        barrier.wait();
                        let status = client.post(path, &json!({})).status;
                        barrier.wait();
                        status
                    };
                    (0..rounds).map(round).collect::<Vec<_>>()
                })
            })
            .collect();
        for round in 0..rounds {
            barrier.wait();
            barrier.wait();
            // Seen by each server, whichever it was that carried it out.
            let watcher = &clients[round % clients.len()];
            fs::write(&go, "").unwrap();
            watcher.until_status("work", "completed");
            fs::remove_file(&go).unwrap();
        }
        let answers: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        for round in 0..rounds {
            let count = |status| answers.iter().filter(|of| of[round] == status).count();
            assert_eq!((count(200), count(409)), (1, CLIENTS - 1), "round {round}");
        }
    });
}
