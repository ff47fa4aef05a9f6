//! Stores to test with.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actiond_core::document::Indexed;
use actiond_core::memory::ManualClock;
use actiond_core::ports::{Inserted, ProjectActionRepository};
use actiond_core::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};
use actiond_persistence::{Store, StoreOptions, StoreUrl};
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use serde_json::json;
use tempfile::TempDir;

use crate::postgres::Postgres;

/// A folder for a store, removed in the end.
pub(crate) struct Home(TempDir);

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("data/store.db")
    }

    pub(crate) fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    /// Opens the store, migrated.
    pub(crate) fn open(&self) -> Store {
        let store = Store::open(&self.url(), options()).unwrap();
        store.migrate().unwrap();
        store
    }

    /// Opens the file as another process would.
    pub(crate) fn connect(&self) -> SqliteConnection {
        connect(&self.path())
    }
}

/// A kind of database to test with.
pub(crate) enum Database {
    /// Files in a folder that stays until this goes.
    Sqlite(TempDir, AtomicU32),
    /// Databases on the server that all tests share.
    Postgres,
}

impl Database {
    pub(crate) fn sqlite() -> Self {
        Self::Sqlite(tempfile::tempdir().unwrap(), AtomicU32::default())
    }

    /// The URL of a new store without a schema.
    pub(crate) fn new_url(&self) -> String {
        match self {
            Self::Sqlite(folder, number) => {
                let number = number.fetch_add(1, Ordering::Relaxed);
                format!("sqlite:{}/{number}.db", folder.path().display())
            }
            Self::Postgres => Postgres::shared().database(),
        }
    }

    /// The URL of a new store of the schema of this version.
    pub(crate) fn empty(&self) -> String {
        match self {
            Self::Sqlite(..) => {
                let url = self.new_url();
                Store::open(&url, options()).unwrap().migrate().unwrap();
                url
            }
            Self::Postgres => Postgres::shared().copy_of(migrated()),
        }
    }
}

/// The name of a database that has the schema of this version: to copy it takes less time than to
/// make it.
fn migrated() -> &'static str {
    static MIGRATED: OnceLock<String> = OnceLock::new();
    MIGRATED.get_or_init(|| {
        let url = Postgres::shared().database();
        Store::open(&url, options()).unwrap().migrate().unwrap();
        Postgres::name_of(&url).to_owned()
    })
}

/// Makes a test for each database of each function.
macro_rules! databases {
    ($($(#[$about:meta])* fn $name:ident($database:ident) $body:block)*) => {
        mod on_sqlite {
            $($(#[$about])* #[test] fn $name() { super::$name($crate::support::Database::sqlite()) })*
        }
        mod on_postgres {
            $($(#[$about])* #[test] fn $name() { super::$name($crate::support::Database::Postgres) })*
        }
        $(fn $name($database: $crate::support::Database) $body)*
    };
}
pub(crate) use databases;

/// Options with little patience.
pub(crate) fn options() -> StoreOptions {
    let mut options = StoreOptions::new(Arc::new(ManualClock::default()));
    options.read_wait = Duration::from_millis(200);
    options.lock_wait = Duration::from_millis(200);
    options
}

/// A connection of somebody else, who waits while the store is written to.
fn connect(file: &Path) -> SqliteConnection {
    let mut connection = SqliteConnection::establish(file.to_str().unwrap()).unwrap();
    connection.batch_execute("PRAGMA busy_timeout = 60000").unwrap();
    connection
}

/// Runs a statement beside the store.
pub(crate) fn run(url: &str, sql: &str) {
    match StoreUrl::parse(url).unwrap().file() {
        Some(file) => {
            connect(file).batch_execute(sql).unwrap();
        }
        None => drop(Postgres::shared().sql(Postgres::name_of(url), sql)),
    }
}

pub(crate) fn project() -> ProjectId {
    ProjectId::new("p")
}

/// Stores an action, and answers what became of it.
pub(crate) fn insert(store: &dyn ProjectActionRepository, id: &str) -> actiond_core::Result<()> {
    insert_named(store, id, "nightly")
}

/// Stores an action with this `backup_name`.
pub(crate) fn insert_named(
    store: &dyn ProjectActionRepository,
    id: &str,
    name: &str,
) -> actiond_core::Result<()> {
    let id = ActionId::parse(id).unwrap();
    let inserted = store.insert(&project(), &id, &named(&id, 1, name)).wait()?;
    assert_eq!(inserted, Inserted::Stored, "{id}");
    Ok(())
}

/// An action with this `backup_name`, at this version.
pub(crate) fn named(id: &ActionId, version: u64, name: &str) -> Indexed {
    let body = json!({"freezer_action": {"action": "backup", "backup_name": name}});
    let body = ProjectActionBody::new(body).unwrap();
    let action = ProjectAction::create(project(), id.clone(), "u".into(), body).unwrap();
    Indexed::new(&project(), version, &action.into_listed())
}

pub(crate) fn has(store: &dyn ProjectActionRepository, id: &str) -> bool {
    store.find(&project(), &ActionId::parse(id).unwrap()).wait().unwrap().is_some()
}
