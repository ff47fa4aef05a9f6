//! A store in a database on a network.

use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actiond_core::Result;
use actiond_core::ports::RunnerSignal;

use super::connection::{Connector, Purpose};
use super::database::{Database, at_once, in_order};
use super::listener::Listener;
use super::tables::{self, transfer};
use super::{Connection, Place, migrate, presence};
use crate::options::StoreOptions;
use crate::schema_state::SchemaState;
use crate::store::{Backend, Ports, Watch};
use crate::transfer::{Batch, Content, Out};

/// A store that several servers share.
pub(crate) struct PostgresStore {
    connector: Arc<Connector>,
    database: Arc<Database>,
    /// Says that this server is at work, until the listener does.
    present: Mutex<Option<Connection>>,
}

impl PostgresStore {
    fn present(&self) -> MutexGuard<'_, Option<Connection>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects to the database, and checks that it is one to keep a store in.
    pub(crate) fn open(place: Place, options: &StoreOptions) -> Result<(Self, Ports)> {
        let connector = Arc::new(Connector::new(place, options));
        let database = Arc::new(Database::open(connector.clone(), options)?);
        let ports = tables::ports(&database, options);
        Ok((Self { connector, database, present: Mutex::default() }, ports))
    }
}

impl Backend for PostgresStore {
    fn is_shared(&self) -> bool {
        true
    }

    /// Leases keep servers apart.
    fn take_alone(&self) -> Result<()> {
        Ok(())
    }

    fn keep_schema(&self) -> Result<()> {
        *self.present() = Some(presence::begin(&self.connector)?);
        Ok(())
    }

    fn schema(&self) -> Result<SchemaState> {
        self.database.snapshot(migrate::state)
    }

    fn migrate(&self) -> Result<()> {
        migrate::apply(self.connector.connect(Purpose::Maintenance)?)
    }

    fn watch(&self, signal: Arc<dyn RunnerSignal>) -> Result<Watch> {
        let present = self.present().take();
        Ok(Watch::kept_by(Listener::start(self.connector.clone(), present, signal)?))
    }

    fn count(&self) -> Result<u64> {
        Ok(at_once(&mut self.connector.connect(Purpose::Maintenance)?, transfer::count)?)
    }

    fn export(&self, out: Out<'_>) -> Result<Content> {
        let mut connection = self.connector.connect(Purpose::Maintenance)?;
        Ok(at_once(&mut connection, |connection| Ok(transfer::export(connection, out)))??)
    }

    fn import(&self, batches: Receiver<Batch>) -> Result<bool> {
        let mut connection = self.connector.connect(Purpose::Maintenance)?;
        Ok(in_order(&mut connection, |connection| transfer::import(connection, &batches))?)
    }
}
