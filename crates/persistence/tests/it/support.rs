//! Stores to test with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actiond_core::memory::ManualClock;
use actiond_core::ports::{Inserted, ProjectActionRepository};
use actiond_core::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};
use actiond_persistence::{Store, StoreOptions};
use diesel::SqliteConnection;
use diesel::prelude::*;
use serde_json::json;
use tempfile::TempDir;

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
        SqliteConnection::establish(self.path().to_str().unwrap()).unwrap()
    }
}

/// Options with little patience.
pub(crate) fn options() -> StoreOptions {
    let mut options = StoreOptions::new(Arc::new(ManualClock::default()));
    options.read_wait = Duration::from_millis(200);
    options.lock_wait = Duration::from_millis(200);
    options
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
    let body = json!({"freezer_action": {"action": "backup", "backup_name": name}});
    let body = ProjectActionBody::new(body).unwrap();
    let action = ProjectAction::create(project(), id.clone(), "u".into(), body).unwrap();
    let inserted = store.insert(&project(), &id, &action.indexed()).wait()?;
    assert_eq!(inserted, Inserted::Stored, "{id}");
    Ok(())
}

pub(crate) fn has(store: &dyn ProjectActionRepository, id: &str) -> bool {
    store.find(&project(), &ActionId::parse(id).unwrap()).unwrap().is_some()
}
