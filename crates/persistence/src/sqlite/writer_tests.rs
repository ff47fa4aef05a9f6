//! The writer and what SQLite does to it.

use std::thread;

use diesel::connection::SimpleConnection as _;

use super::tables::writer::in_savepoint;
use super::tables::writer_bench::{bench, insert, is_unavailable, then};
use super::{Connection, Fault};

#[test]
fn a_full_disk_is_told_and_what_fits_is_kept() {
    let bench = bench();
    let limit = |pages: u32| {
        let sql = format!("PRAGMA max_page_count = {pages}");
        bench.writer.run(move |c| Ok(c.batch_execute(&sql)?)).unwrap();
    };
    let swell =
        |c: &mut Connection| Ok(c.batch_execute("CREATE TABLE big AS SELECT zeroblob(1000000)")?);
    limit(20);
    let results = bench.together(vec![insert(1), then(2, swell)]);
    assert!(is_unavailable(&results[1]), "{results:?}");
    bench.writer.run(insert(3)).unwrap();
    limit(1000);
    bench.writer.run(then(4, swell)).unwrap();
    let kept = bench.rows();
    assert_eq!(kept.contains(&1), results[0].is_ok(), "{results:?}");
    assert!(!kept.contains(&2) && kept.ends_with(&[3, 4]), "{kept:?}");
}

/// SQLite cannot write a journal in pieces of 128 KiB and more (SQLITE_STMTJRNL_SPILL): it would say that the disk is full.
#[test]
fn a_write_that_changes_much_is_kept_and_another_is_taken_back_alone() {
    let bench = bench();
    let write = |sql: &'static str| move |c: &mut Connection| Ok(c.batch_execute(sql)?);
    let numbers = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)";
    let sql =
        format!("CREATE TABLE big (a); {numbers} INSERT INTO big SELECT zeroblob(3000) FROM n");
    bench.writer.run(move |c| Ok(c.batch_execute(&sql)?)).unwrap();
    bench.writer.run(write("UPDATE big SET a = zeroblob(3001)")).unwrap();
    let spoil = "UPDATE big SET a = zeroblob(3002); INSERT INTO nowhere VALUES (1)";
    let results = bench.together(vec![insert(1), then(2, write(spoil))]);
    assert!(results[0].is_ok() && results[1].is_err(), "{results:?}");
    let changed = "INSERT INTO t SELECT count(*) FROM big WHERE length(a) = 3001";
    bench.writer.run(write(changed)).unwrap();
    assert_eq!(bench.rows(), [1, 2000]);
}

#[test]
fn a_write_that_loses_the_transaction_says_why() {
    let bench = bench();
    let mut connection = bench.scratch.connect();
    connection.batch_execute("BEGIN").unwrap();
    let lost = in_savepoint(&mut connection, |connection| {
        connection.batch_execute("ROLLBACK")?;
        Err::<(), _>(Fault::Taken)
    });
    assert!(matches!(lost, Err(Fault::Taken)), "{lost:?}");
}

#[test]
fn a_store_that_is_locked_is_told_to_all_who_wait() {
    let bench = bench();
    let mut other = bench.scratch.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    thread::scope(|scope| {
        let tries: Vec<_> = (0..20)
            .map(|a| {
                let writer = &bench.writer;
                scope.spawn(move || writer.run(insert(a)))
            })
            .collect();
        assert!(tries.into_iter().all(|thread| is_unavailable(&thread.join().unwrap())));
    });
    other.batch_execute("ROLLBACK").unwrap();
    bench.writer.run(insert(1)).unwrap();
    assert_eq!(bench.rows(), [1]);
}
