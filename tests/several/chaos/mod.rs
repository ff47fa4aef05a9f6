//! Servers are killed and frozen, and the database too, while clients do what they like.
//!
//! What the clients were told must be linearizable, no work may ever overlap with other work of its
//! action, and nothing may be left running in the end.

mod clients;
mod servers;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::{read, servers_on};
use crate::crash::processes_of;
use crate::harness::{Postgres, RaiseAtEnd, Store, chance, path_of, seed, sh, times, until};
use crate::linearizability::{Answer, Operation, check};
use clients::{Board, operation};
use servers::Trouble;

const CLIENTS: usize = 12;
const LEASE: Duration = Duration::from_millis(900);

/// The actions, each with its work behind the lock, and what else is set.
const ACTIONS: [(&str, &str, &str); 4] = [
    ("quick", "sleep 0.0$(($$ % 10))", ""),
    ("slow", "sleep 0.7", ""),
    ("stubborn", "trap '' TERM; sleep 0.7; sleep 0.7", "cancel_grace = \"100ms\""),
    ("again", "sleep 0.7", "on_lost = \"requeue\"\nmax_attempts = 5"),
];

/// Work that holds its action's lock as long as it lives. Who does not get it says so; a process that
/// was killed lets go of it a moment after it has left /proc. Each says that it was begun.
fn alone(work: &str) -> String {
    let mark = "echo \"$ACTIOND_ACTION $ACTIOND_TASK_ID $ACTIOND_ATTEMPT\" >> overlaps";
    let begun = "echo \"$ACTIOND_ACTION $ACTIOND_TASK_ID $ACTIOND_ATTEMPT\" >> begun";
    format!("{begun}; exec 9>>lock_$ACTIOND_ACTION; flock -w 0.1 9 || {mark}; {work}")
}

/// Each attempt of each run was begun once at most, and only what may be tried again was.
fn check_begun(begun: &str) {
    let mut seen = BTreeSet::new();
    for line in begun.lines() {
        assert!(seen.insert(line), "begun twice: {line}");
        let is_first = line.ends_with(" 1");
        assert!(is_first || line.starts_with("again "), "must not be tried again: {line}");
    }
    assert!(!seen.is_empty(), "nothing was begun");
}

#[test]
#[should_panic(expected = "begun twice: quick t 1")]
fn what_was_begun_twice_is_found() {
    check_begun("quick t 1\nquick u 1\nagain t 2\nquick t 1\n");
}

#[test]
#[should_panic(expected = "must not be tried again: quick t 2")]
fn what_was_tried_again_is_found() {
    check_begun("quick t 2\n");
}

#[test]
fn whatever_happens_to_servers_there_is_one_instance_at_a_time() {
    check_chaos(Store::postgres(), times("ACTIOND_TEST_SECONDS", 60), |_| {});
}

/// Its connections are cut in the midst of statements, and it is stopped, crashes and starts again.
#[test]
fn whatever_happens_to_the_database_nothing_is_lost_and_nothing_done_twice() {
    let database = Postgres::start(&[]);
    let seconds = times("ACTIOND_TEST_SECONDS", 60) / 2;
    check_chaos(Store::on(&database), seconds, |chance| {
        if chance.random_bool(0.9) {
            let others = "FROM pg_stat_activity WHERE pid <> pg_backend_pid()";
            let some = format!("SELECT pg_terminate_backend(pid) {others} AND random() < 0.7");
            return drop(database.sql("postgres", &some));
        }
        let stop = if chance.random_bool(0.5) { Postgres::stop } else { Postgres::crash };
        stop(&database);
        thread::sleep(LEASE.mul_f64(chance.random_range(0.0..1.5)));
        database.start_again();
    });
}

/// Makes trouble for so many seconds, and lets `also` make more of it, again and again.
fn check_chaos(store: Store, seconds: usize, also: impl Fn(&mut StdRng)) {
    let seed = seed();
    let mut random = chance(seed);
    let actions = ACTIONS.map(|(name, work, more)| sh(name, &alone(work), more));
    let lease = format!("[runner]\nlease = \"{}ms\"\n", LEASE.as_millis());
    let mut servers = servers_on(store, 3, &(lease + &actions.concat()));
    let board = Board::new(&servers);
    let mut trouble = Trouble::new(random.random());
    let mut history: Vec<(usize, Operation)> = thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let (board, seed) = (&board, random.random());
                scope.spawn(move || clients::run(number, seed, board))
            })
            .collect();
        {
            let _stops = RaiseAtEnd(&board.stop);
            while board.begun.elapsed() < Duration::from_secs(seconds as u64) {
                if trouble.go_on(&mut servers, &board) {
                    also(&mut random);
                }
            }
            trouble.end(&mut servers, &board);
        }
        clients.into_iter().flat_map(|client| client.join().unwrap()).collect()
    });

    // The last connections may just have been cut.
    for server in &servers {
        until("it is ready", || server.client().get("/readyz").status == 200);
    }
    let client = servers[0].client().admin();
    let ended = ["completed", "failed", "aborted", "cancelled"];
    until("everything has ended", || {
        client.statuses().iter().all(|(_, status)| ended.contains(&&**status))
    });
    for (action, (name, ..)) in ACTIONS.iter().enumerate() {
        let called = board.begun.elapsed();
        let answer = client.get(&path_of(name));
        history.extend(operation("the last", action, 'R', called, Ok(answer), &board));
    }
    println!("{} operations, {trouble}", history.len());
    for (action, (name, ..)) in ACTIONS.iter().enumerate() {
        let of = history.iter().filter(|(of, _)| *of == action);
        let mut history: Vec<_> = of.map(|(_, operation)| operation.clone()).collect();
        history.sort_by_key(|operation| operation.called);
        if let Err(violation) = check(&history) {
            panic!("{name}, with ACTIOND_TEST_SEED={seed}: {violation}");
        }
        let started = history.iter().filter(|o| matches!(o.answer, Answer::Started(_))).count();
        assert!(started > 2, "{name} was started {started} times: nothing was tested");
    }
    assert_eq!(read(&servers[0], "overlaps"), "", "two at once");
    check_begun(&read(&servers[0], "begun"));
    let tasks = history.iter().filter_map(|(_, operation)| operation.task().cloned());
    for task in tasks.collect::<BTreeSet<_>>() {
        assert_eq!(processes_of(&task), [""; 0], "left behind by {task}");
    }
    assert!(trouble.kills > 0 && trouble.long_freezes > 0, "{trouble}");
}
