//! A store in a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use actiond_core::Result;
use actiond_core::ports::RunnerSignal;

use super::database::Database;
use super::tables::{self, transfer};
use super::{file, migrate};
use crate::options::StoreOptions;
use crate::schema_state::SchemaState;
use crate::store::{Backend, Ports, Watch};
use crate::transfer::{Batch, Content, Out};

/// A store in a file: the ports of one server.
pub(crate) struct FileStore {
    path: PathBuf,
    database: Arc<Database>,
}

impl FileStore {
    /// Opens the store in the file, and makes the folder and the file when there are none.
    pub(crate) fn open(path: &Path, options: &StoreOptions) -> Result<(Self, Ports)> {
        file::create_file(path)?;
        let database = Arc::new(Database::open(path, options)?);
        let ports = tables::ports(&database, options);
        Ok((Self { path: path.to_owned(), database }, ports))
    }
}

impl Backend for FileStore {
    fn is_shared(&self) -> bool {
        false
    }

    fn take_alone(&self) -> Result<()> {
        self.database.take_alone(&self.path)
    }

    /// Who has the store alone keeps it so.
    fn keep_schema(&self) -> Result<()> {
        Ok(())
    }

    fn schema(&self) -> Result<SchemaState> {
        self.database.read(migrate::state)
    }

    fn migrate(&self) -> Result<()> {
        Ok(self.database.write(migrate::apply)?)
    }

    /// There are no other servers.
    fn watch(&self, _: Arc<dyn RunnerSignal>) -> Result<Watch> {
        Ok(Watch::nothing())
    }

    fn count(&self) -> Result<u64> {
        self.database.scan(transfer::count)
    }

    fn export(&self, out: Out<'_>) -> Result<Content> {
        let exported = self.database.scan(|connection| Ok(transfer::export(connection, out)))?;
        Ok(exported?)
    }

    fn import(&self, batches: Receiver<Batch>) -> Result<bool> {
        Ok(self.database.write(move |connection| transfer::import(connection, &batches))?)
    }
}
