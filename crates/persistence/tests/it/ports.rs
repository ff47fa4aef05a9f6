//! The suite that every implementation of the ports passes, and the comparison with the memory.

use std::cell::RefCell;
use std::sync::Arc;

use actiond_core::memory::{ManualClock, MemoryClusterActions, MemoryProjectActions};
use actiond_core::port_tests;
use actiond_core::ports::{
    ClusterActionRepository, ProjectActionRepository, TokenRepository, UserRepository,
};
use actiond_persistence::{Store, StoreOptions};

use crate::support::Home;

/// Makes empty stores, each in a folder that stays until the maker goes.
#[derive(Default)]
struct Stores(RefCell<Vec<Home>>);

impl Stores {
    fn make(&self, clock: Arc<ManualClock>) -> Store {
        let home = Home::new();
        let store = Store::open(&home.url(), StoreOptions::new(clock)).unwrap();
        store.migrate().unwrap();
        self.0.borrow_mut().push(home);
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

#[test]
fn cluster_actions() {
    let stores = Stores::default();
    port_tests::cluster_actions(&|| stores.cluster_actions());
}

#[test]
fn project_actions() {
    let stores = Stores::default();
    port_tests::project_actions(&|clock| stores.project_actions(clock));
}

#[test]
fn users_and_tokens() {
    let stores = Stores::default();
    port_tests::users(&|| stores.users());
    port_tests::tokens(&|| stores.users());
}

#[test]
fn cluster_actions_agree_with_the_memory() {
    let stores = Stores::default();
    port_tests::cluster_actions_agree(
        &|| stores.cluster_actions(),
        &|| Arc::new(MemoryClusterActions::default()),
        32,
    );
}

#[test]
fn project_actions_agree_with_the_memory() {
    let stores = Stores::default();
    port_tests::project_actions_agree(
        &|clock| stores.project_actions(clock),
        &|clock| Arc::new(MemoryProjectActions::new(clock)),
        16,
    );
}
