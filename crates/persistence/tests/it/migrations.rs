//! The schema: made, and never newer than the program.

use actiond_core::Error;
use actiond_persistence::Store;
use diesel::connection::SimpleConnection as _;

use crate::support::{Home, has, insert, options};

#[test]
fn a_new_store_lacks_everything_and_then_nothing() {
    let home = Home::new();
    let store = Store::open(&home.url(), options()).unwrap();
    let pending = store.pending_migrations().unwrap();
    assert!(!pending.is_empty());
    assert_eq!(store.migrate().unwrap(), pending);
    assert_eq!(store.migrate().unwrap(), [""; 0]);
    assert_eq!(store.pending_migrations().unwrap(), [""; 0]);
}

#[test]
fn stores_are_migrated_by_several_at_once() {
    let home = Home::new();
    let stores: Vec<_> = (0..4).map(|_| Store::open(&home.url(), patient()).unwrap()).collect();
    std::thread::scope(|scope| {
        for store in &stores {
            scope.spawn(|| store.migrate().unwrap());
        }
    });
    insert(&*stores[0].project_actions(), "a").unwrap();
    assert!(has(&*stores[3].project_actions(), "a"));
}

fn patient() -> actiond_persistence::StoreOptions {
    actiond_persistence::StoreOptions::new(options().clock)
}

#[test]
fn a_newer_schema_is_refused() {
    let home = Home::new();
    let store = home.open();
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    home.connect().batch_execute(newer).unwrap();
    let refused = store.migrate().unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
    assert!(refused.to_string().contains("9999"), "{refused}");
    assert!(store.pending_migrations().is_err());
}
