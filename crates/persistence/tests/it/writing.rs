//! What is answered is kept; what is not is not.

use std::thread;

use actiond_core::Error;
use diesel::connection::SimpleConnection as _;

use crate::support::{Home, has, insert};

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

#[test]
fn a_write_waits_for_a_short_one_of_somebody_else() {
    let home = Home::new();
    let (actions, users) = (home.open().project_actions(), home.open().users());
    thread::scope(|scope| {
        scope.spawn(|| (0..50).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap()));
        scope.spawn(|| (0..50).for_each(|_| users.set_password("x", "y").map(drop).unwrap()));
    });
    assert!(has(&*actions, "a49"));
}
