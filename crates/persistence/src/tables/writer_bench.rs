//! A writer to test, on a table `t` with a unique number.

use std::sync::Arc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

use super::backend::testing::Scratch;
use super::backend::{Connection, Fault};
use super::writer::{Job, Writer};

diesel::table! {
    t (a) {
        a -> BigInt,
    }
}

pub(crate) struct Bench {
    pub(crate) writer: Arc<Writer>,
    pub(crate) scratch: Arc<Scratch>,
}

pub(crate) type Work = Box<dyn FnOnce(&mut Connection) -> Result<(), Fault> + Send>;

pub(crate) fn bench() -> Bench {
    let scratch = Arc::new(Scratch::new());
    let of = scratch.clone();
    let connect = move |last: Option<Connection>| Ok(last.unwrap_or_else(|| of.connect()));
    let writer = Writer::start(Box::new(connect), vec![], Duration::from_millis(100)).unwrap();
    writer.run(|c| Ok(c.batch_execute("CREATE TABLE t (a BIGINT PRIMARY KEY)")?)).unwrap();
    Bench { writer: Arc::new(writer), scratch }
}

impl Bench {
    /// Runs all these in one batch: they queue while the writer is held up.
    pub(crate) fn together(&self, work: Vec<Work>) -> Vec<Result<(), Fault>> {
        let (release, held) = mpsc::channel::<()>();
        let blocker: Job = Box::new(move |_| {
            let _ = held.recv();
            Ok(Box::new(|| ()))
        });
        self.writer.send(blocker);
        let waiting: Vec<_> = work
            .into_iter()
            .map(|work| {
                let (queued, is_queued) = mpsc::channel();
                let writer = self.writer.clone();
                let thread = thread::spawn(move || {
                    let run = move || writer.run(work);
                    queued.send(()).unwrap();
                    run()
                });
                is_queued.recv().unwrap();
                thread
            })
            .collect();
        release.send(()).unwrap();
        waiting.into_iter().map(|thread| thread.join().unwrap()).collect()
    }

    pub(crate) fn rows(&self) -> Vec<i64> {
        t::table.select(t::a).order(t::a).load(&mut self.scratch.connect()).unwrap()
    }
}

pub(crate) fn insert(a: i64) -> Work {
    Box::new(move |connection| {
        diesel::insert_into(t::table).values(t::a.eq(a)).execute(connection)?;
        Ok(())
    })
}

pub(crate) fn then(
    a: i64,
    end: impl FnOnce(&mut Connection) -> Result<(), Fault> + Send + 'static,
) -> Work {
    Box::new(move |connection| {
        insert(a)(connection)?;
        end(connection)
    })
}

pub(crate) fn is_unavailable<T>(result: &Result<T, Fault>) -> bool {
    matches!(result, Err(Fault::Unavailable { .. }))
}

#[test]
fn a_write_that_fails_takes_nothing_along() {
    let bench = bench();
    let fail = |_: &mut Connection| Err(Fault::corrupt("nothing good"));
    let results = bench.together(vec![
        insert(1),
        then(2, fail),
        insert(1),
        then(3, |_| panic!("on purpose")),
        insert(4),
    ]);
    let mut seen: Vec<_> = results
        .iter()
        .map(|result| match result {
            Ok(()) => "stored",
            Err(Fault::Taken) => "taken",
            Err(Fault::Internal(_)) => "internal",
            Err(Fault::Unavailable { .. }) => "unavailable",
        })
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, ["internal", "internal", "stored", "stored", "taken"]);
    assert_eq!(bench.rows(), [1, 4]);
}

#[test]
fn a_transaction_that_is_lost_is_told_to_all_and_the_next_one_works() {
    let bench = bench();
    let lose = |connection: &mut Connection| Ok(connection.batch_execute("ROLLBACK")?);
    assert!(is_unavailable(&bench.writer.run(then(1, lose))));
    assert_eq!(bench.rows(), [0; 0]);
    bench.writer.run(insert(2)).unwrap();
    assert_eq!(bench.rows(), [2]);
}

#[test]
fn a_commit_that_fails_is_told_to_all() {
    let bench = bench();
    bench
        .writer
        .run(|c| {
            Ok(c.batch_execute(
                "CREATE TABLE u (a BIGINT REFERENCES t (a) DEFERRABLE INITIALLY DEFERRED)",
            )?)
        })
        .unwrap();
    let dangle = |c: &mut Connection| Ok(c.batch_execute("INSERT INTO u VALUES (99)")?);
    assert!(is_unavailable(&bench.writer.run(then(1, dangle))));
    bench.writer.run(insert(2)).unwrap();
    assert_eq!(bench.rows(), [2]);
}
