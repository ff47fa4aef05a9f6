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
mod queue;

use std::fs;
use std::time::{Duration, Instant};

use crate::harness::{Answer, Client, Server, Setup, Store};

/// Within which time the database answers, or the request is refused, if no setting says otherwise.
const ANSWER_TIME: Duration = Duration::from_secs(5);

/// What may pass beyond the time in which a request is answered: the machine is busy.
const SLACK: Duration = Duration::from_millis(900);

/// Asks, and checks that there is an answer within the time.
#[track_caller]
fn in_time(within: Duration, ask: impl FnOnce() -> Answer) -> Answer {
    let asked = Instant::now();
    let answer = ask();
    let took = asked.elapsed();
    assert!(took < within + SLACK, "{} took {took:?}", answer.text);
    answer
}

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
