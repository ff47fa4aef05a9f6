//! A database: connections for reading, for short transactions, and for what has an order.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::Result;
use diesel::Connection as _;
use diesel::connection::{AnsiTransactionManager as Transactions, TransactionManager as _};

use super::connection::{Connector, Purpose, check_server};
use super::creates::Creates;
use super::finds::Finds;
use super::pool::Pool;
use super::tables::writer::{Connect, Job, Writer};
use super::{Connection, Fault, begin_write, room};
use crate::options::StoreOptions;

/// What the repositories share.
pub(crate) struct Database {
    pub(super) connector: Arc<Connector>,
    /// For reads of a few rows by key. Nothing that takes longer can keep them from their turn.
    small: Arc<Pool>,
    /// For pages and searches.
    large: Pool,
    /// For changes without an order.
    changes: Pool,
    /// For what has an order.
    writer: Writer,
    /// What waits for the writer.
    pub(super) creates: Arc<Creates>,
    /// Reads by key.
    pub(super) finds: Finds,
}

impl Database {
    pub(super) fn open(connector: Arc<Connector>, options: &StoreOptions) -> Result<Self> {
        check_server(&mut connector.connect(Purpose::Writing)?)?;
        let writer = Writer::start(writer_of(connector.clone()), vec![], options.lock_wait)?;
        let pool = |purpose, size| Pool::new(&connector, purpose, size, options.read_wait);
        let small = Arc::new(pool(Purpose::Reading, options.point_readers));
        Ok(Self {
            finds: Finds::start(&small)?,
            small,
            large: pool(Purpose::Reading, options.readers),
            changes: pool(Purpose::Writing, options.changers),
            writer,
            creates: Arc::default(),
            connector,
        })
    }

    /// Runs a query for a few rows by key.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        let mut session = self.small.get()?;
        let epoch = self.connector.epoch();
        Ok(query(&mut session).inspect_err(|fault| self.connector.doubt(epoch, fault))?)
    }

    /// Runs several such queries that see the same state.
    pub(crate) fn snapshot<T>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        self.read(|connection| at_once(connection, queries))
    }

    /// Runs queries that may look at many rows, and see the same state.
    pub(crate) fn scan<T>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        Ok(at_once(&mut *self.large.get()?, queries)?)
    }

    /// Runs a short transaction, and waits until it is on the disk.
    #[expect(clippy::disallowed_methods, reason = "what it changes has no order")]
    pub(crate) fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let mut session = self.changes.get()?;
        let epoch = self.connector.epoch();
        session.transaction(work).inspect_err(|fault| self.connector.doubt(epoch, fault))
    }

    /// Whether the disk has room for what a request may bring.
    pub(crate) fn check_room(&self) -> Result<(), Fault> {
        self.change(room::take)?
    }

    /// Runs a write to what has an order, and waits until it is on the disk.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let epoch = self.connector.epoch();
        self.writer.run(work).inspect_err(|fault| self.connector.doubt(epoch, fault))
    }

    /// Has a write to what has an order run; the answer comes when it is on the disk.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> impl Future<Output = Result<T, Fault>> + Send + 'static {
        let (connector, epoch) = (self.connector.clone(), self.connector.epoch());
        let written = self.writer.submit(work);
        async move { written.await.inspect_err(|fault| connector.doubt(epoch, fault)) }
    }

    /// Has a job run that sees to its answers itself.
    pub(super) fn send(&self, job: Job) {
        self.writer.send(job);
    }
}

/// Keeps the writer's connection until one of its time was found that can only be read.
fn writer_of(connector: Arc<Connector>) -> Connect {
    let mut since = connector.doubts();
    Box::new(move |last| match last {
        Some(last) if since == connector.doubts() => Ok(last),
        last => {
            // First the old one goes: the role may have no more connections than it needs.
            drop(last);
            since = connector.doubts();
            connector.connect(Purpose::Writing)
        }
    })
}

/// Runs queries that see the same state.
pub(super) fn at_once<T>(
    connection: &mut Connection,
    queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
    Transactions::begin_transaction_sql(connection, begin)?;
    let result = queries(connection);
    end(connection, result)
}

/// Runs work as the one who writes to what has an order.
pub(super) fn in_order<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    begin_write(connection, Duration::ZERO)?;
    let result = work(connection);
    end(connection, result)
}

/// Runs work all or nothing, as if nobody else wrote: the caller sees to it.
pub(super) fn in_transaction<T>(
    connection: &mut Connection,
    work: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    Transactions::begin_transaction(connection)?;
    let result = work(connection);
    end(connection, result)
}

/// Ends a transaction as its work ended.
fn end<T>(connection: &mut Connection, result: Result<T, Fault>) -> Result<T, Fault> {
    match &result {
        Ok(_) => Transactions::commit_transaction(connection)?,
        // What the work met says more than that the transaction cannot be ended.
        Err(_) => drop(Transactions::rollback_transaction(connection)),
    }
    result
}
