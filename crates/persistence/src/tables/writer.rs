//! The one thread that writes.
//!
//! It takes every write that waits, runs each in a savepoint of one transaction, commits, and only
//! then answers: what is answered is on the disk, and the price of the disk is shared by all who
//! waited. A write that waits alone is committed alone, at once. What writes have put off is done when
//! nobody writes.

use std::iter::once;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::anyhow;
use diesel::connection::{AnsiTransactionManager as Transactions, TransactionManager as _};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::{Connection as DieselConnection, RunQueryDsl};
use futures_channel::oneshot;

use super::backend::{Connection, Fault, begin_write};

type Backend = <Connection as DieselConnection>::Backend;

/// How many writes share a commit at most.
const MAX_BATCH: usize = 256;

/// A write. It fails only when the whole transaction is lost; else it leaves the answer behind that
/// its caller gets when the transaction is committed.
pub(crate) type Job = Box<dyn FnOnce(&mut Connection) -> Result<Answer, Fault> + Send>;
pub(crate) type Answer = Box<dyn FnOnce() + Send>;

/// Answers the connection to write on: the last one, if there is one that is still good, else another.
pub(crate) type Connect = Box<dyn FnMut(Option<Connection>) -> Result<Connection, Fault> + Send>;

/// What writes have put off.
pub(crate) struct Chore {
    /// How long nobody has written when it is time for it.
    pub(crate) quiet: Duration,
    /// Does some of it; answers whether there may be more.
    pub(crate) work: fn(&mut Connection) -> Result<bool, Fault>,
}

/// Runs writes, one after the other, for any number of callers.
pub(crate) struct Writer {
    /// Present until the writer is dropped.
    jobs: Option<Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    /// Starts the thread, with a connection that is open. A transaction waits for another process
    /// as long as `patience`. The chore that needs the least quiet comes first.
    pub(crate) fn start(
        mut connect: Connect,
        chores: Vec<Chore>,
        patience: Duration,
    ) -> Result<Self, Fault> {
        let connection = Some(connect(None)?);
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || Service { connection, connect, chores, patience }.serve(&waiting))
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
        self.send(job);
        async move { wait.await.unwrap_or_else(|_| Err(lost())) }
    }

    /// As [`Writer::submit`], and waits for the answer.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        pollster::block_on(self.submit(work))
    }

    /// Has a job run that sees to its answers itself; they are lost with the transaction.
    pub(crate) fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            // A job that cannot be sent is dropped, and whoever waits for it hears of that.
            let _ = jobs.send(job);
        }
    }
}

/// The transaction was lost, and the job or its answer with it.
pub(crate) fn lost() -> Fault {
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

/// What the thread works with.
struct Service {
    /// None when the last transaction was lost.
    connection: Option<Connection>,
    connect: Connect,
    chores: Vec<Chore>,
    patience: Duration,
}

impl Service {
    /// Commits batch after batch until nobody can send any more.
    fn serve(mut self, waiting: &Receiver<Job>) {
        // The next chore, and since when it has been quiet. Nothing is done before the first write: until then
        // the store may have another schema than these chores know.
        let (mut next, mut since) = (self.chores.len(), Instant::now());
        loop {
            let job = match self.chores.get(next) {
                None => waiting.recv().map_err(RecvTimeoutError::from),
                Some(chore) => waiting.recv_timeout(chore.quiet.saturating_sub(since.elapsed())),
            };
            match job {
                Ok(first) => {
                    // What comes while the batch runs makes the next one: so there is always one to
                    // write while those who were answered come again.
                    self.write(once(first).chain(waiting.try_iter()).take(MAX_BATCH).collect());
                    (next, since) = (0, Instant::now());
                }
                Err(RecvTimeoutError::Timeout) => next += usize::from(!self.do_some(next)),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Commits a batch, and answers those who sent it.
    fn write(&mut self, batch: Vec<Job>) {
        let written = self.transact(self.patience, |connection| {
            batch.into_iter().map(|job| job(connection)).collect::<Result<Vec<Answer>, Fault>>()
        });
        match written {
            Ok(answers) => answers.into_iter().for_each(|answer| answer()),
            Err(fault) => tracing::error!(?fault, "a batch of writes is lost"),
        }
    }

    /// Does some of a chore; answers whether there may be more. What fails is tried again after the next write. It
    /// does not wait for another process: somebody's write would have to wait for that too.
    fn do_some(&mut self, chore: usize) -> bool {
        let work = self.chores[chore].work;
        let done = self.transact(Duration::ZERO, |connection| in_savepoint(connection, work));
        match done.flatten() {
            Ok(more) => return more,
            Err(Fault::Unavailable { reason, cause }) => {
                tracing::debug!(reason, ?cause, "what writes have put off is put off again");
            }
            Err(fault) => tracing::warn!(?fault, "what writes have put off is put off again"),
        }
        false
    }

    /// Runs `work` and commits, on the connection or on another when that one is no good any more. What it
    /// returns is on the disk.
    fn transact<T>(
        &mut self,
        patience: Duration,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        let mut connection = (self.connect)(self.connection.take())?;
        begin_write(&mut connection, patience)?;
        let result = work(&mut connection)?;
        Transactions::commit_transaction(&mut connection)?;
        // Whatever state it is in after a failure, closing it rolls back.
        self.connection = Some(connection);
        Ok(result)
    }
}

/// Runs `work` so that nothing of it stays when it fails.
///
/// The outer failure means that the transaction is gone, and says why: SQLite rolls all of it back on some
/// errors (a full disk), and then the savepoint is not there to be ended.
pub(crate) fn in_savepoint<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<Result<T, Fault>, Fault> {
    Statement::<SAVEPOINT>.execute(connection)?;
    let result = catch_unwind(AssertUnwindSafe(|| work(connection)))
        .unwrap_or_else(|_| Err(Fault::Internal(anyhow!("a write panicked"))));
    if result.is_err() && Statement::<ROLLBACK>.execute(connection).is_err() {
        return result.map(Ok);
    }
    Statement::<RELEASE>.execute(connection)?;
    Ok(result)
}

const SAVEPOINT: usize = 0;
const RELEASE: usize = 1;
const ROLLBACK: usize = 2;

/// What makes and ends a savepoint, prepared once. Diesel's own is parsed each time, which costs as
/// much as a tenth of a small write.
#[derive(QueryId)]
struct Statement<const WHAT: usize>;

impl<const WHAT: usize> QueryFragment<Backend> for Statement<WHAT> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql(["SAVEPOINT job", "RELEASE SAVEPOINT job", "ROLLBACK TO SAVEPOINT job"][WHAT]);
        Ok(())
    }
}

impl<const WHAT: usize> RunQueryDsl<Connection> for Statement<WHAT> {}
