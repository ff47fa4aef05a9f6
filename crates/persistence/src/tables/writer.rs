//! The one thread that writes.
//!
//! It takes every write that waits, runs each in a savepoint of one transaction, commits, and only
//! then answers: what is answered is on the disk, and the price of the disk is shared by all who
//! waited. A write that waits alone is committed alone, at once.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use diesel::connection::{AnsiTransactionManager as Transactions, TransactionManager as _};
use diesel::result::QueryResult;
use futures_channel::oneshot;

use super::backend::{Connection, Fault, is_busy};

/// How many writes share a commit at most.
const MAX_BATCH: usize = 256;

/// How long to wait before the store is tried again while another process writes to it. SQLite's own
/// waiting grows to a tenth of a second, and would rarely meet the moment between two commits.
const RETRY: Duration = Duration::from_millis(1);

/// A write. It fails only when the whole transaction is lost; else it leaves the answer behind that
/// its caller gets when the transaction is committed.
type Job = Box<dyn FnOnce(&mut Connection) -> QueryResult<Answer> + Send>;
type Answer = Box<dyn FnOnce() + Send>;

/// Opens the connection, and opens another when one is broken.
pub(crate) type Open = Box<dyn Fn() -> Result<Connection, Fault> + Send>;

/// Runs writes, one after the other, for any number of callers.
pub(crate) struct Writer {
    /// Present until the writer is dropped.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, with a connection that is open. A transaction waits for another process
    /// as long as `patience`.
    pub(crate) fn start(open: Open, patience: Duration) -> Result<Self, Fault> {
        let connection = open()?;
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || serve(&waiting, connection, &open, patience))
            .map_err(|error| Fault::Internal(error.into()))?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    /// Has `work` run in a transaction; the answer comes when it is on the disk. When `work` fails or
    /// panics, nothing of it is kept.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> impl Future<Output = Result<T, Fault>> + Send + 'static {
        let (answer, wait) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = in_savepoint(connection, work)?;
            Ok(Box::new(move || drop(answer.send(result))))
        });
        if let Some(jobs) = &self.jobs {
            // A job that cannot be sent is dropped, and `wait` hears of it.
            let _ = jobs.send(job);
        }
        async move { wait.await.unwrap_or_else(|_| Err(lost())) }
    }

    /// As [`Writer::submit`], and waits for the answer.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        pollster::block_on(self.submit(work))
    }
}

/// The transaction was lost, and the job or its answer with it.
fn lost() -> Fault {
    Fault::Unavailable {
        reason: "the store could not keep the change",
        cause: anyhow!("the transaction was lost; the log says why"),
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take() {
            // The thread catches what its jobs do; it has nothing to say.
            let _ = thread.join();
        }
    }
}

/// Commits batch after batch until nobody can send any more.
fn serve(waiting: &Receiver<Job>, connection: Connection, open: &Open, patience: Duration) {
    let mut connection = Some(connection);
    while let Ok(first) = waiting.recv() {
        // Taken one by one: what comes while the batch runs still gets into it.
        let batch = std::iter::once(first).chain(waiting.try_iter()).take(MAX_BATCH);
        match commit_on(&mut connection, open, batch, patience) {
            Ok(answers) => answers.into_iter().for_each(|answer| answer()),
            Err(fault) => {
                tracing::error!(?fault, "a batch of writes is lost");
                // Whatever state it is in, closing it rolls back.
                connection = None;
            }
        }
    }
}

/// Commits a batch on the connection, which is opened anew when the last one broke.
fn commit_on(
    connection: &mut Option<Connection>,
    open: &Open,
    batch: impl Iterator<Item = Job>,
    patience: Duration,
) -> Result<Vec<Answer>, Fault> {
    let connection = match connection {
        Some(connection) => connection,
        broken => broken.insert(open()?),
    };
    begin(connection, Instant::now() + patience)?;
    Ok(commit(connection, batch)?)
}

/// Begins a transaction as the one who writes, when nobody else does, or at `deadline` not at all.
fn begin(connection: &mut Connection, deadline: Instant) -> QueryResult<()> {
    loop {
        match Transactions::begin_transaction_sql(connection, "BEGIN IMMEDIATE") {
            Err(error) if is_busy(&error) && Instant::now() < deadline => std::thread::sleep(RETRY),
            begun => return begun,
        }
    }
}

/// Runs all jobs and commits. What it returns is on the disk.
fn commit(
    connection: &mut Connection,
    batch: impl Iterator<Item = Job>,
) -> QueryResult<Vec<Answer>> {
    let answers = batch.map(|job| job(connection)).collect::<QueryResult<Vec<Answer>>>()?;
    Transactions::commit_transaction(connection)?;
    Ok(answers)
}

/// Runs `work` so that nothing of it stays when it fails.
///
/// The outer failure means that the transaction is gone: SQLite rolls all of it back on some errors
/// (a full disk), and then the savepoint is not there to be ended.
fn in_savepoint<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> QueryResult<Result<T, Fault>> {
    Transactions::begin_transaction(connection)?;
    let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(Fault::Internal(anyhow!("a write panicked"))));
    match &result {
        Ok(_) => Transactions::commit_transaction(connection)?,
        Err(_) => Transactions::rollback_transaction(connection)?,
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};
    use std::sync::Arc;
    use std::sync::mpsc;
    use std::thread;

    use diesel::Connection as _;
    use diesel::connection::SimpleConnection as _;
    use diesel::prelude::*;

    use super::super::backend::Connection;
    use super::*;

    diesel::table! {
        t (a) {
            a -> BigInt,
        }
    }

    fn open(path: &Path) -> Result<Connection, Fault> {
        let mut connection = Connection::establish(path.to_str().unwrap())?;
        connection.batch_execute("PRAGMA busy_timeout = 5000")?;
        connection.batch_execute("PRAGMA journal_mode = WAL")?;
        connection.batch_execute("PRAGMA busy_timeout = 0")?;
        Ok(connection)
    }

    struct Bench {
        writer: Arc<Writer>,
        path: PathBuf,
        _folder: tempfile::TempDir,
    }

    fn bench() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.db");
        let file = path.clone();
        let writer =
            Writer::start(Box::new(move || open(&file)), Duration::from_millis(100)).unwrap();
        writer.run(|c| Ok(c.batch_execute("CREATE TABLE t (a BIGINT PRIMARY KEY)")?)).unwrap();
        Bench { writer: Arc::new(writer), path, _folder: folder }
    }

    type Work = Box<dyn FnOnce(&mut Connection) -> Result<(), Fault> + Send>;

    impl Bench {
        /// Runs all these in one batch: they queue while the writer is held up.
        fn together(&self, work: Vec<Work>) -> Vec<Result<(), Fault>> {
            let (release, held) = mpsc::channel::<()>();
            let jobs = self.writer.jobs.clone().unwrap();
            let blocker: Job = Box::new(move |_| {
                let _ = held.recv();
                Ok(Box::new(|| ()))
            });
            jobs.send(blocker).unwrap();
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

        fn rows(&self) -> Vec<i64> {
            t::table.select(t::a).order(t::a).load(&mut open(&self.path).unwrap()).unwrap()
        }
    }

    fn insert(a: i64) -> Work {
        Box::new(move |connection| {
            diesel::insert_into(t::table).values(t::a.eq(a)).execute(connection)?;
            Ok(())
        })
    }

    fn then(
        a: i64,
        end: impl FnOnce(&mut Connection) -> Result<(), Fault> + Send + 'static,
    ) -> Work {
        Box::new(move |connection| {
            insert(a)(connection)?;
            end(connection)
        })
    }

    fn is_unavailable<T>(result: &Result<T, Fault>) -> bool {
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

    #[test]
    fn a_full_disk_is_told_and_what_fits_is_kept() {
        let bench = bench();
        let limit = |pages: u32| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            bench.writer.run(move |c| Ok(c.batch_execute(&sql)?)).unwrap();
        };
        let swell = |c: &mut Connection| {
            Ok(c.batch_execute("CREATE TABLE big AS SELECT zeroblob(1000000)")?)
        };
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

    #[test]
    fn a_store_that_is_locked_is_told_to_all_who_wait() {
        let bench = bench();
        let mut other = open(&bench.path).unwrap();
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
}
