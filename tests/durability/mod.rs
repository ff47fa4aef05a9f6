//! What a client was told is done is still done after the server was killed at any moment; what it
//! was not told is there whole, or not at all.

mod cluster;
mod project;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::json;

use crate::harness::{Client, Server, Setup, chance, gate, seed, sh};
use cluster::Operator;
use project::Writer;

const ROUNDS: usize = 50;
const WRITERS: usize = 4;

/// Says that a write was acknowledged.
type Acknowledged = Sender<()>;

#[test]
fn what_was_acknowledged_outlives_every_kill() {
    let mut chance = chance(seed());
    let actions = [sh("quick", ":", ""), sh("endless", &gate("never", ""), "")].concat();
    let mut server = Server::start_with(Setup::with_config(&actions));
    let token = server.client().project_admin().header("X-Auth-Token").to_owned();
    let mut writers: Vec<_> = (0..WRITERS).map(|n| Writer::new(n, chance.random())).collect();
    let mut operators = ["quick", "endless"].map(|name| Operator::new(name, chance.random()));
    for round in 0..ROUNDS {
        let project = server.client().with("X-Auth-Token", &token);
        let cluster = server.client().admin();
        let (acknowledged, heard) = channel();
        thread::scope(|threads| {
            for writer in &mut writers {
                let (client, acknowledged) = (project.clone(), acknowledged.clone());
                threads.spawn(move || while writer.write(&client, &acknowledged) {});
            }
            for operator in &mut operators {
                let (client, acknowledged) = (cluster.clone(), acknowledged.clone());
                threads.spawn(move || while operator.act(&client, &acknowledged) {});
            }
            wait_for_a_moment(&mut chance, &heard);
            server.kill();
        });
        server.start_again();
        let project = server.client().with("X-Auth-Token", &token);
        check_project(&format!("round {round}"), &project, &mut writers, &mut chance);
        let cluster = server.client().admin();
        operators.iter_mut().for_each(|operator| operator.check(&cluster));
    }
    let kept: usize = writers.iter().map(Writer::len).sum();
    assert!(kept > ROUNDS, "only {kept} actions: nothing was tested");
    server.stop();
    check_store(&server);
}

/// Waits for some acknowledgements, and then for a time too short to name.
fn wait_for_a_moment(chance: &mut StdRng, heard: &Receiver<()>) {
    for _ in 0..chance.random_range(1..80) {
        heard.recv_timeout(Duration::from_secs(60)).expect("the writers go on");
    }
    let end = Instant::now() + Duration::from_micros(chance.random_range(0..3000));
    while Instant::now() < end {
        thread::yield_now();
    }
}

fn check_project(context: &str, client: &Client, writers: &mut [Writer], chance: &mut StdRng) {
    let listed = project::list(client, "");
    for writer in writers {
        writer.check(context, client, &listed);
    }
    // A page by number is found by what the store has counted.
    let skip = chance.random_range(0..=listed.len());
    let page = client.get(&format!("/v2/default/actions?limit=1&offset={skip}")).expect(200).json();
    assert_eq!(page["actions"].get(0), listed.get(skip), "{context}: the row behind {skip}");
}

/// The store is sound, by its own judgement: its checks on SQLite, and what was derived from its rows.
fn check_store(server: &Server) {
    let checks: &[(&str, &[&str])] = match server.store().url() {
        None => &[
            ("PRAGMA journal_mode", &["wal"]),
            ("PRAGMA integrity_check", &["ok"]),
            ("PRAGMA foreign_key_check", &[]),
        ],
        Some(_) => &[],
    };
    for (check, expected) in checks {
        let found = server.rows(check);
        let said: Vec<_> = found.iter().flat_map(|row| row.as_object().unwrap().values()).collect();
        assert_eq!(said, *expected, "{check}");
    }
    let wrong = "SELECT project_id FROM project_action_counts AS counted WHERE level = 1 AND live <> \
                 (SELECT count(*) FROM project_actions AS action \
                  WHERE action.project_id = counted.project_id AND action.seq >> 7 = counted.block)";
    assert_eq!(server.rows(wrong), [json!(null); 0], "the counts are those of the rows");
}
