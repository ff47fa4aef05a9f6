//! The entry: a store and its ports.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use actiond_core::Result;
use actiond_core::ports::{
    ClusterActionRepository, LoginFailureRepository, ProjectActionRepository, RunnerSignal,
    SigningKeyRepository, StoreHealth, TokenRepository, UserRepository,
};

use crate::options::StoreOptions;
#[cfg(feature = "postgres")]
use crate::postgres::PostgresStore;
use crate::schema_state::SchemaState;
use crate::sqlite::FileStore;
use crate::transfer::{Batch, Content, Out};
use crate::url::{Kind, StoreUrl};

/// A store. The ports that it hands out keep it open.
pub struct Store {
    backend: Box<dyn Backend>,
    ports: Ports,
}

/// What a store hands out.
pub(crate) struct Ports {
    pub(crate) cluster_actions: Arc<dyn ClusterActionRepository>,
    pub(crate) project_actions: Arc<dyn ProjectActionRepository>,
    pub(crate) users: Arc<dyn UserRepository>,
    pub(crate) tokens: Arc<dyn TokenRepository>,
    pub(crate) login_failures: Arc<dyn LoginFailureRepository>,
    pub(crate) signing_keys: Arc<dyn SigningKeyRepository>,
    pub(crate) health: Arc<dyn StoreHealth>,
}

/// What a database does as a whole.
pub(crate) trait Backend: Send + Sync {
    fn is_shared(&self) -> bool;
    fn take_alone(&self) -> Result<()>;
    fn keep_schema(&self) -> Result<()>;
    fn schema(&self) -> Result<SchemaState>;
    fn migrate(&self) -> Result<()>;
    fn watch(&self, signal: Arc<dyn RunnerSignal>) -> Result<Watch>;
    /// How many rows there are.
    fn count(&self) -> Result<u64>;
    /// Hands out all rows of one moment.
    fn export(&self, out: Out<'_>) -> Result<Content>;
    /// Takes all rows, in one transaction, if there are none yet; else false.
    fn import(&self, batches: Receiver<Batch>) -> Result<bool>;
}

/// Rings as long as it lives.
#[must_use = "it rings as long as it lives"]
pub struct Watch {
    _keeper: Option<Box<dyn Send + Sync>>,
}

impl Watch {
    pub(crate) fn nothing() -> Self {
        Self { _keeper: None }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn kept_by(keeper: impl Send + Sync + 'static) -> Self {
        Self { _keeper: Some(Box::new(keeper)) }
    }
}

impl Store {
    /// Opens the store at `url`: `sqlite:PATH`, whose folder and file are made when there are none,
    /// or `postgres://…`, a database that is there. Its schema is what it was: see
    /// [`Store::migrate`].
    ///
    /// # Errors
    /// [`Error::Invalid`](actiond_core::Error::Invalid) for a URL that names no store;
    /// [`Error::Unavailable`](actiond_core::Error::Unavailable) when it cannot be used.
    pub fn open(url: &str, options: StoreOptions) -> Result<Self> {
        let (backend, ports): (Box<dyn Backend>, _) = match StoreUrl::parse(url)?.0 {
            Kind::Sqlite { path, .. } => {
                let (store, ports) = FileStore::open(&path, &options)?;
                (Box::new(store), ports)
            }
            #[cfg(feature = "postgres")]
            Kind::Postgres(place) => {
                let (store, ports) = PostgresStore::open(place, &options)?;
                (Box::new(store), ports)
            }
        };
        Ok(Self { backend, ports })
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    /// Whether several servers may use the store at the same time.
    pub fn is_shared(&self) -> bool {
        self.backend.is_shared()
    }

    /// Keeps every other server off a store that is not shared, until this one and its ports are
    /// dropped. Tools that take no such lock can use the store meanwhile.
    ///
    /// # Errors
    /// [`Error::Conflict`](actiond_core::Error::Conflict) when another server has it.
    pub fn take_alone(&self) -> Result<()> {
        self.backend.take_alone()
    }

    /// Keeps everybody from migrating a shared store as long as this server is at work on it: until the
    /// store and its [`Watch`] are dropped.
    ///
    /// # Errors
    /// [`Error::Conflict`](actiond_core::Error::Conflict) when its schema is not that of this program.
    pub fn keep_schema(&self) -> Result<()> {
        self.backend.keep_schema()
    }

    /// How far the store's schema is.
    ///
    /// # Errors
    /// Those of the store.
    pub fn schema(&self) -> Result<SchemaState> {
        self.backend.schema()
    }

    /// The names of the migrations that the store lacks.
    ///
    /// # Errors
    /// [`Error::Conflict`](actiond_core::Error::Conflict) for a store that a newer program wrote.
    pub fn pending_migrations(&self) -> Result<Vec<String>> {
        let state = self.schema()?;
        state.check_known()?;
        Ok(state.pending)
    }

    /// Applies what is pending, and answers what that was when it began. Of several that do so at
    /// once, one does it and the others wait.
    ///
    /// # Errors
    /// As [`Store::pending_migrations`], and [`Error::Conflict`](actiond_core::Error::Conflict) while
    /// a server is at work on a shared store, see [`Store::keep_schema`].
    pub fn migrate(&self) -> Result<Vec<String>> {
        let pending = self.pending_migrations()?;
        if !pending.is_empty() {
            self.backend.migrate()?;
        }
        Ok(pending)
    }

    /// Rings `signal` whenever something is queued or a cancel is asked for, by any server of a
    /// shared store, as long as the answer lives. It may ring late after the connection was lost, and
    /// now and then without a reason. On a store that is not shared it never rings.
    ///
    /// # Errors
    /// [`Error::Internal`](actiond_core::Error::Internal) when the system gives no thread for it.
    pub fn watch(&self, signal: Arc<dyn RunnerSignal>) -> Result<Watch> {
        self.backend.watch(signal)
    }

    /// The cluster actions.
    pub fn cluster_actions(&self) -> Arc<dyn ClusterActionRepository> {
        self.ports.cluster_actions.clone()
    }

    /// The project actions.
    pub fn project_actions(&self) -> Arc<dyn ProjectActionRepository> {
        self.ports.project_actions.clone()
    }

    /// The users.
    pub fn users(&self) -> Arc<dyn UserRepository> {
        self.ports.users.clone()
    }

    /// The tokens.
    pub fn tokens(&self) -> Arc<dyn TokenRepository> {
        self.ports.tokens.clone()
    }

    /// The failed logins.
    pub fn login_failures(&self) -> Arc<dyn LoginFailureRepository> {
        self.ports.login_failures.clone()
    }

    /// The keys that tokens are signed with.
    pub fn signing_keys(&self) -> Arc<dyn SigningKeyRepository> {
        self.ports.signing_keys.clone()
    }

    /// Whether the store answers.
    pub fn health(&self) -> Arc<dyn StoreHealth> {
        self.ports.health.clone()
    }
}
