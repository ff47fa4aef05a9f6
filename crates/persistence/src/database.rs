//! A database: many readers, one writer.

use std::fs::File;
use std::path::Path;
use std::sync::OnceLock;

use actiond_core::Result;
use diesel::Connection as _;

use crate::alone;
use crate::connection::{self, Connection, Readers};
use crate::errors::Fault;
use crate::options::StoreOptions;
use crate::writer::Writer;

/// What the repositories share.
pub(crate) struct Database {
    readers: Readers,
    writer: Writer,
    /// Held as long as any repository lives, once it is taken.
    lock: OnceLock<File>,
}

impl Database {
    pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<Self> {
        let (file, settings) = (path.to_owned(), options.clone());
        // The writer first: it puts the file into WAL mode.
        let writer = Writer::start(Box::new(move || connection::open_writer(&file, &settings)))?;
        let readers = connection::open_readers(path, options)?;
        Ok(Self { readers, writer, lock: OnceLock::new() })
    }

    /// Keeps other servers off the file.
    pub(crate) fn take_alone(&self, path: &Path) -> Result<()> {
        if self.lock.get().is_none() {
            let _ = self.lock.set(alone::lock(path)?);
        }
        Ok(())
    }

    /// Runs one query.
    pub(crate) fn read<T>(
        &self,
        query: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        let mut connection = self.readers.get().map_err(Fault::from)?;
        Ok(query(&mut connection)?)
    }

    /// Runs several queries that see the same state.
    pub(crate) fn snapshot<T>(
        &self,
        queries: impl FnOnce(&mut Connection) -> Result<T, Fault>,
    ) -> Result<T> {
        #[expect(
            clippy::disallowed_methods,
            reason = "it only reads: the connection is query_only"
        )]
        self.read(|connection| connection.transaction(queries))
    }

    /// Runs a write, and waits until it is on the disk.
    pub(crate) fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.writer.run(work)
    }
}
