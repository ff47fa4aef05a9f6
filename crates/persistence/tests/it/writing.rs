//! What is answered is kept; what is not is not.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use actiond_core::Error;
use actiond_core::memory::ManualClock;
use actiond_core::ports::Clock as _;
use actiond_persistence::{Store, StoreOptions};
use diesel::connection::SimpleConnection as _;

use crate::support::{Home, has, insert, options};

#[test]
fn what_many_threads_write_is_there_after_a_restart() {
    let home = Home::new();
    let name = |thread: u32, n: u32| format!("a-{thread}-{n}");
    {
        let actions = home.open().project_actions();
        thread::scope(|scope| {
            for thread in 0..200 {
                let actions = &actions;
                scope.spawn(move || {
                    (0..5).for_each(|n| insert(&**actions, &name(thread, n)).unwrap());
                });
            }
        });
    }
    let actions = home.open().project_actions();
    for thread in 0..200 {
        assert!((0..5).all(|n| has(&*actions, &name(thread, n))), "thread {thread}");
    }
}

#[test]
fn the_ports_keep_the_store_open() {
    let home = Home::new();
    let actions = home.open().project_actions();
    insert(&*actions, "a").unwrap();
    assert!(has(&*actions, "a"));
}

#[test]
fn a_store_that_somebody_else_writes_to_is_unavailable_until_he_ends() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let mut other = home.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let refused = insert(&*actions, "a").unwrap_err();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
    assert!(!has(&*actions, "a"), "reads go on");
    other.batch_execute("ROLLBACK").unwrap();
    insert(&*actions, "a").unwrap();
    assert!(has(&*actions, "a"));
}

/// A tool gets its turn beside a server that is never idle.
#[test]
fn a_write_gets_between_those_of_a_busy_process() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let options = StoreOptions { lock_wait: Duration::from_secs(60), ..options() };
    let tool = Store::open(&home.url(), options).unwrap();
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for thread in 0..8 {
            let (actions, done) = (&actions, &done);
            scope.spawn(move || {
                for n in 0.. {
                    // The tool's turn is short, but this process may have little patience.
                    let _ = insert(&**actions, &format!("a-{thread}-{n}"));
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let since = ManualClock::default().now();
        let change = |_| tool.users().set_password("x", "y", since);
        let changed: Vec<_> = (0..10).map(change).collect();
        done.store(true, Ordering::Relaxed);
        assert!(changed.iter().all(Result::is_ok), "{changed:?}");
    });
}
