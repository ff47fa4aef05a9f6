//! A database: many readers, one writer.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use actiond_core::Result;
use diesel::Connection as _;

use super::connection::{self, Readers};
use super::tables::writer::{Chore, Writer};
use super::{Connection, Fault, alone, room, search_index};
use crate::options::StoreOptions;

/// When so much waits for the indexes that it is cheap to take it up, a quiet of this part is enough: by default
/// 4 ms, about as long as it takes.
const SOONER: u32 = 25;

/// What the repositories share.
pub(crate) struct Database {
    /// For reads of a few rows by key, and of short pages. Nothing that takes longer can keep them from their turn.
    small: Readers,
    /// For other pages, and searches.
    large: Readers,
    writer: Writer,
    /// Where its files are.
    folder: PathBuf,
    /// Held as long as any repository lives, once it is taken.
    lock: OnceLock<File>,
}

impl Database {
    pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<Self> {
        let (file, settings) = (path.to_owned(), options.clone());
        // The writer first: it puts the file into WAL mode.
        let connect = move |last: Option<Connection>| {
            last.map_or_else(|| connection::open_writer(&file, &settings), Ok)
        };
        let chores = vec![
            Chore { quiet: options.quiet / SOONER, work: search_index::settle_many },
            Chore { quiet: options.quiet, work: search_index::settle },
        ];
        let writer = Writer::start(Box::new(connect), chores, options.lock_wait)?;
        let few = StoreOptions { readers: options.point_readers, ..options.clone() };
        let small = connection::open_readers(path, &few)?;
        let large = connection::open_readers(path, options)?;
        let folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        Ok(Self { small, large, writer, folder, lock: OnceLock::new() })
    }

    /// Keeps other servers off the file.
    pub(crate) fn take_alone(&self, path: &Path) -> Result<()> {
        if self.lock.get().is_none() {
            let _ = self.lock.set(alone::lock(path)?);
        }
        Ok(())
    }

    /// Runs a query for a few rows.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        let mut connection = self.small.get().map_err(Fault::from)?;
        Ok(query(&mut connection)?)
    }

    /// Runs several such queries that see the same state.
    pub(crate) fn snapshot<T>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        self.read(|connection| at_once(connection, queries))
    }

    /// As [`Database::read`], if a connection is free.
    pub(crate) fn try_read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<Option<T>> {
        let Some(mut connection) = self.small.try_get() else { return Ok(None) };
        Ok(Some(query(&mut connection)?))
    }

    /// Runs queries that may look at many rows, and see the same state.
    pub(crate) fn scan<T>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        let mut connection = self.large.get().map_err(Fault::from)?;
        Ok(at_once(&mut connection, queries)?)
    }

    /// Has a write to what has an order run; the answer comes when it is on the disk.
    pub(crate) fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> impl Future<Output = Result<T, Fault>> + Send + 'static {
        self.writer.submit(work)
    }

    /// Runs a short transaction, and waits until it is on the disk.
    pub(crate) fn change<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.write(work)
    }

    /// Whether the disk has room for what a request may bring.
    pub(crate) fn check_room(&self) -> Result<(), Fault> {
        room::take(&self.folder)
    }

    /// Runs a write to what has an order, and waits until it is on the disk.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.writer.run(work)
    }
}

#[expect(clippy::disallowed_methods, reason = "it only reads: the connection is query_only")]
pub(super) fn at_once<T>(
    connection: &mut Connection,
    queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
) -> Result<T, Fault> {
    connection.transaction(queries)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use actiond_core::Error;
    use actiond_core::memory::ManualClock;
    use diesel::connection::SimpleConnection as _;

    use super::*;

    fn open(path: &Path) -> Database {
        let mut options = StoreOptions::new(Arc::new(ManualClock::default()));
        (options.readers, options.read_wait) = (1, Duration::from_millis(50));
        Database::open(path, &options).unwrap()
    }

    #[test]
    fn a_read_does_not_wait_for_its_turn_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("store.db"));
        let nested = database.scan(|_| Ok(database.scan(|_| Ok(())))).unwrap();
        assert!(matches!(nested, Err(Error::Unavailable { .. })), "{nested:?}");
        assert!(database.write(|_| Ok(())).is_ok());
        database.scan(|_| Ok(())).unwrap();
    }

    #[test]
    fn small_reads_have_connections_of_their_own() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("store.db"));
        let beside = database.scan(|_| Ok(database.read(|_| Ok(())))).unwrap();
        assert!(beside.is_ok(), "{beside:?}");
    }

    #[test]
    fn what_reads_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("store.db"));
        assert!(database.read(|c| Ok(c.batch_execute("CREATE TABLE t (a)")?)).is_err());
    }

    #[test]
    fn a_snapshot_does_not_see_what_comes_later() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("store.db"));
        let write = |sql: &'static str| database.write(|c| Ok(c.batch_execute(sql)?)).unwrap();
        write("CREATE TABLE t (a)");
        database
            .snapshot(|connection| {
                let rows = |c: &mut Connection| {
                    let count = "SELECT count(*) FROM t";
                    let query = diesel::dsl::sql::<diesel::sql_types::BigInt>(count);
                    diesel::RunQueryDsl::get_result::<i64>(query, c)
                };
                assert_eq!(rows(connection)?, 0);
                write("INSERT INTO t VALUES (1)");
                assert_eq!(rows(connection)?, 0);
                Ok(())
            })
            .unwrap();
    }
}
