//! The database goes away, and comes back.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::Error;
use actiond_core::identity::{TokenDigest, TokenRecord};
use actiond_core::memory::ManualClock;
use actiond_core::ports::Clock as _;
use actiond_core::project::ActionId;
use actiond_persistence::{Store, StoreOptions};

use crate::postgres::Postgres;
use crate::support::{Database, has, insert, project};

fn open(url: &str) -> Store {
    let options = StoreOptions {
        answer_time: Duration::from_secs(2),
        read_wait: Duration::from_secs(1),
        ..StoreOptions::new(Arc::new(ManualClock::default()))
    };
    Store::open(url, options).unwrap()
}

fn add_token(store: &Store, number: u64) -> actiond_core::Result<()> {
    let now = ManualClock::default().now();
    store.tokens().insert(&TokenRecord {
        digest: TokenDigest::of(&number.to_string()),
        user_id: "u".into(),
        project: Some(project()),
        chain: None,
        issued_at: now,
        expires_at: now + Duration::from_secs(60),
    })
}

/// Something of every kind: a write with an order, one without, one to try, reads by key, a page.
fn everything(store: &Store, number: u64) -> [actiond_core::Result<()>; 6] {
    let actions = store.project_actions();
    let begun = Instant::now();
    let results = [
        insert(&*actions, &format!("a{number}")),
        add_token(store, number),
        store.health().try_write(),
        store.health().ping(),
        actions.find(&project(), &ActionId::parse("a0").unwrap()).wait().map(drop),
        actions.page(&project(), &Default::default()).map(drop),
    ];
    // Each in its time, if one after the other.
    assert!(begun.elapsed() < Duration::from_secs(8), "{:?}", begun.elapsed());
    results
}

/// Tries until everything works.
fn until_everything_works(store: &Store, mut number: u64) {
    let begun = Instant::now();
    while everything(store, number).iter().any(Result::is_err) {
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", everything(store, number + 1));
        number += 2;
    }
}

fn all_unavailable(results: &[actiond_core::Result<()>]) -> bool {
    results.iter().all(|result| matches!(result, Err(Error::Unavailable { .. })))
}

#[test]
fn a_database_that_is_stopped_is_unavailable_until_it_starts_again() {
    let postgres = Postgres::start(&[]);
    let url = postgres.database();
    let store = open(&url);
    store.migrate().unwrap();
    assert!(everything(&store, 0).iter().all(Result::is_ok));
    for (round, stop) in [Postgres::stop, Postgres::crash].into_iter().enumerate() {
        let number = 1000 * (round as u64 + 1);
        stop(&postgres);
        for again in 0..3 {
            let results = everything(&store, number + again);
            assert!(all_unavailable(&results), "{results:?}");
        }
        postgres.start_again();
        until_everything_works(&store, number + 10);
        assert!(has(&*store.project_actions(), "a0"), "what was acknowledged is there");
    }
    let text = format!("{:?}", Store::open(&url.replace("test_", "none_"), options()).err());
    assert!(text.contains("Unavailable") && text.contains("does not exist"), "{text}");
}

/// Diesel does not see it when a statement is prepared that the connection has not had yet, and those who ask may
/// not pause.
#[test]
fn a_connection_that_was_cut_is_found_out_while_it_is_in_use_all_the_time() {
    let url = Database::Postgres.empty();
    let name = Postgres::name_of(&url);
    let cut =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    // A busy machine may take so long to cut that the connection is asked anyway.
    for _ in 0..5 {
        let store = open(&url);
        store.migrate().unwrap();
        let id = ActionId::parse("a").unwrap();
        store.project_actions().find(&project(), &id).wait().unwrap();
        Postgres::shared().sql("postgres", &cut);
        let begun = Instant::now();
        while let Err(error) = store.health().ping() {
            assert!(begun.elapsed() < Duration::from_secs(10), "{error:?}");
        }
    }
}

fn options() -> StoreOptions {
    StoreOptions::new(Arc::new(ManualClock::default()))
}

/// Every acknowledged write is there, and none is there twice, though connections are cut all the time.
#[test]
fn connections_that_are_cut_in_the_midst_lose_nothing_that_was_acknowledged() {
    let url = Database::Postgres.empty();
    let store = open(&url);
    let name = Postgres::name_of(&url);
    let stored: Vec<String> = thread::scope(|scope| {
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let actions = store.project_actions();
                scope.spawn(move || {
                    let ids = (0..200).map(|number| format!("w{writer}-{number}"));
                    ids.filter(|id| match insert(&*actions, id) {
                        Ok(()) => true,
                        Err(Error::Unavailable { .. }) => false,
                        Err(other) => panic!("{other:?}"),
                    })
                    .collect::<Vec<_>>()
                })
            })
            .collect();
        while !writers.iter().all(|writer| writer.is_finished()) {
            let cut = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
            );
            Postgres::shared().sql("postgres", &cut);
            thread::sleep(Duration::from_millis(20));
        }
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    until_everything_works(&store, 5000);
    assert!(!stored.is_empty());
    let actions = store.project_actions();
    let lost: Vec<_> = stored.iter().filter(|id| !has(&*actions, id)).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

/// As when a proxy leads to another server, or an operator lets nobody write: no connection breaks.
#[test]
fn a_database_that_only_reads_is_unavailable_for_writing_until_it_writes_again() {
    let url = Database::Postgres.empty();
    let name = Postgres::name_of(&url);
    let sql = |sql: &str| Postgres::shared().sql("postgres", sql);
    let store = open(&url);
    sql(&format!(
        "ALTER DATABASE {name} SET default_transaction_read_only = on; \
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    ));
    let begun = Instant::now();
    loop {
        let [ordered, unordered, tried, reads @ ..] = everything(&store, 1);
        let writes = [ordered, unordered, tried];
        assert!(all_unavailable(&writes));
        // Each on a connection that was made meanwhile.
        let is_read_only = |write: &_| format!("{write:?}").contains("can only be read just now");
        if writes.iter().all(is_read_only) && reads.iter().all(Result::is_ok) {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
    // Sessions that are there go on as they began.
    sql(&format!("ALTER DATABASE {name} RESET default_transaction_read_only"));
    until_everything_works(&store, 2);
}

#[test]
fn a_write_that_is_tried_leaves_nothing_and_needs_no_temporary_tables() {
    let url = Database::Postgres.empty();
    let name = Postgres::name_of(&url);
    let sql = |sql: &str| Postgres::shared().sql(name, sql);
    let store = open(&url);
    store.health().try_write().unwrap();
    let left = "SELECT count(*), (SELECT sum(pg_relation_size(oid)) FROM pg_class \
                WHERE relname = 'actiond_room') FROM receipts";
    assert_eq!(sql(left), "0|0");
    sql(&format!("REVOKE TEMPORARY ON DATABASE {name} FROM public, actiond"));
    open(&url).health().try_write().unwrap();
}

#[test]
fn a_write_that_others_hold_up_is_given_up() {
    let url = Database::Postgres.empty();
    let store = open(&url);
    let name = Postgres::name_of(&url).to_owned();
    let holder = thread::spawn(move || {
        let hold = "BEGIN; LOCK TABLE tokens, project_actions IN SHARE MODE; SELECT pg_sleep(4)";
        Postgres::shared().sql(&name, hold);
    });
    let locks = "SELECT count(*) FROM pg_locks WHERE mode = 'ShareLock' AND granted";
    while Postgres::shared().sql(Postgres::name_of(&url), locks) != "2" {}
    let results = everything(&store, 1);
    assert!(all_unavailable(&results[..2]), "{results:?}");
    assert!(results[2..].iter().all(Result::is_ok), "reads go on: {results:?}");
    holder.join().unwrap();
    until_everything_works(&store, 2);
}

/// Of several hosts, the one that can be written to is taken, whatever the URL does not say.
#[test]
fn a_standby_is_passed_over() {
    let primary = Postgres::start(&[]);
    let url = primary.database();
    let standby = Postgres::standby_of(&primary);
    let port = |server: &Postgres| format!("127.0.0.1:{}", server.port());
    let both = format!("{},{}", port(&standby), port(&primary));
    let store = open(&url.replace(&port(&primary), &both));
    store.migrate().unwrap();
    let results = everything(&store, 0);
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}
