//! The entry: a store and its ports.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use actiond_core::Result;
use actiond_core::ports::{
    Clock, ClusterActionRepository, ProjectActionRepository, StoreHealth, TokenRepository,
    UserRepository,
};

use crate::options::StoreOptions;
use crate::sqlite::database::Database;
use crate::sqlite::file;
use crate::sqlite::migrate::{self, SchemaState};
use crate::sqlite::tables::{
    ClusterActionTable, Health, ProjectActionTable, TokenTable, UserTable,
};

/// A store in a file. The ports that it hands out keep it open.
pub struct Store {
    path: PathBuf,
    database: Arc<Database>,
    clock: Arc<dyn Clock>,
    search_time: Duration,
}

impl Store {
    /// Opens the store at `url` (`sqlite:PATH`), and creates the folder and the file when there are
    /// none. Its schema is what it was: see [`Store::migrate`].
    ///
    /// # Errors
    /// [`Error::Invalid`](actiond_core::Error::Invalid) for a URL that names no store;
    /// [`Error::Unavailable`](actiond_core::Error::Unavailable) when the file cannot be used.
    pub fn open(url: &str, options: StoreOptions) -> Result<Self> {
        let path = file::path_of(url)?;
        file::create_file(&path)?;
        let database = Arc::new(Database::open(&path, &options)?);
        Ok(Self { path, database, clock: options.clock, search_time: options.search_time })
    }

    /// The store's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps every other server off this store until this one and its ports are dropped. Tools that
    /// take no such lock can use the store meanwhile.
    ///
    /// # Errors
    /// [`Error::Conflict`](actiond_core::Error::Conflict) when another server has it.
    pub fn take_alone(&self) -> Result<()> {
        self.database.take_alone(&self.path)
    }

    /// The names of the migrations that the store lacks.
    ///
    /// # Errors
    /// [`Error::Conflict`](actiond_core::Error::Conflict) for a store that a newer program wrote.
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        let state = self.database.write(SchemaState::read)?;
        state.check_known()?;
        Ok(state.pending)
    }

    /// Applies what is pending, and answers what that was.
    ///
    /// # Errors
    /// As [`Store::pending_migrations`].
    pub fn migrate(&self) -> Result<Vec<String>> {
        let pending = self.pending_migrations()?;
        self.database.write(migrate::apply)?;
        Ok(pending)
    }

    /// The cluster actions.
    pub fn cluster_actions(&self) -> Arc<dyn ClusterActionRepository> {
        Arc::new(ClusterActionTable(self.database.clone()))
    }

    /// The project actions.
    pub fn project_actions(&self) -> Arc<dyn ProjectActionRepository> {
        Arc::new(ProjectActionTable {
            database: self.database.clone(),
            clock: self.clock.clone(),
            search_time: self.search_time,
        })
    }

    /// The users.
    pub fn users(&self) -> Arc<dyn UserRepository> {
        Arc::new(UserTable(self.database.clone()))
    }

    /// The tokens.
    pub fn tokens(&self) -> Arc<dyn TokenRepository> {
        Arc::new(TokenTable(self.database.clone()))
    }

    /// Whether the store answers.
    pub fn health(&self) -> Arc<dyn StoreHealth> {
        Arc::new(Health(self.database.clone()))
    }
}
