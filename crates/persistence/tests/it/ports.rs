//! The suite that every implementation of the ports passes, and the comparison with the memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actiond_core::memory::{ManualClock, MemoryClusterActions, MemoryProjectActions};
use actiond_core::port_tests;
use actiond_core::ports::{
    ClusterActionRepository, ProjectActionRepository, TokenRepository, UserRepository,
};
use actiond_persistence::{Store, StoreOptions};

use crate::support::{Database, databases};

/// Makes empty stores; what they are in goes with the maker.
struct Stores {
    database: Database,
    /// The index of every other store takes up changes at once.
    at_once: AtomicBool,
}

impl Stores {
    fn new(database: Database) -> Self {
        Self { database, at_once: AtomicBool::default() }
    }

    fn make(&self, clock: Arc<ManualClock>) -> Store {
        let mut options = StoreOptions::new(clock);
        if self.at_once.fetch_not(Ordering::Relaxed) {
            options.quiet = Duration::ZERO;
        }
        let store = Store::open(&self.database.empty(), options).unwrap();
        store.migrate().unwrap();
        store
    }

    fn cluster_actions(&self) -> Arc<dyn ClusterActionRepository> {
        self.make(Arc::default()).cluster_actions()
    }

    fn project_actions(&self, clock: Arc<ManualClock>) -> Arc<dyn ProjectActionRepository> {
        self.make(clock).project_actions()
    }

    fn users(&self) -> (Arc<dyn UserRepository>, Arc<dyn TokenRepository>) {
        let store = self.make(Arc::default());
        (store.users(), store.tokens())
    }
}

databases! {
    fn cluster_actions(database) {
        let stores = Stores::new(database);
        port_tests::cluster_actions(&|| stores.cluster_actions());
    }

    fn project_actions(database) {
        let stores = Stores::new(database);
        port_tests::project_actions(&|clock| stores.project_actions(clock));
    }

    fn users_and_tokens(database) {
        let stores = Stores::new(database);
        port_tests::users(&|| stores.users());
        port_tests::tokens(&|| stores.users());
    }

    fn failed_logins_and_signing_keys(database) {
        let stores = Stores::new(database);
        port_tests::login_failures(&|| stores.make(Arc::default()).login_failures());
        port_tests::signing_keys(&|| stores.make(Arc::default()).signing_keys());
    }

    fn cluster_actions_agree_with_the_memory(database) {
        let stores = Stores::new(database);
        port_tests::cluster_actions_agree(
            &|| stores.cluster_actions(),
            &|| Arc::new(MemoryClusterActions::default()),
            32,
        );
    }

    fn project_actions_agree_with_the_memory(database) {
        let stores = Stores::new(database);
        port_tests::project_actions_agree(
            &|clock| stores.project_actions(clock),
            &|clock| Arc::new(MemoryProjectActions::new(clock)),
            16,
        );
    }
}
