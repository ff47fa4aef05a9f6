//! Several servers on one PostgreSQL. SQLite has one server to a store, so these tests are about
//! PostgreSQL, whatever the suite runs on.

mod balancer;
mod cancel;
mod chaos;
mod cut;
mod failover;
mod full;
mod lost;
mod one_wins;
mod outage;

use std::fs;

use crate::harness::{Client, Server, Setup, Store};

/// Servers with these settings on an empty store.
fn servers(count: usize, config: &str) -> Vec<Server> {
    servers_on(Store::postgres(), count, config)
}

fn servers_on(store: Store, count: usize, config: &str) -> Vec<Server> {
    let first = Server::start_on(store, Setup::with_config(config));
    let others: Vec<_> = (1..count).map(|_| first.start_beside()).collect();
    [first].into_iter().chain(others).collect()
}

fn admins(servers: &[Server]) -> Vec<Client> {
    servers.iter().map(|server| server.client().admin()).collect()
}

/// The server that carries out a task: the one whose log says so.
fn at_work_on<'a>(servers: &'a [Server], task: &str) -> &'a Server {
    let has_begun = |server: &&Server| {
        let log = server.log();
        log.lines().any(|line| line.contains("the work begins") && line.contains(task))
    };
    servers.iter().find(has_begun).expect("one of them has begun it")
}

/// What a file of the servers' folder holds.
fn read(server: &Server, file: &str) -> String {
    fs::read_to_string(server.folder().join(file)).unwrap_or_default()
}
