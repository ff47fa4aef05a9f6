//! Opening a store: where it is, who may have it, and when it cannot be had.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use actiond_core::Error;
use actiond_persistence::Store;
use diesel::connection::SimpleConnection as _;

use crate::support::{Home, has, insert, options};

#[test]
fn the_folder_and_the_file_are_for_their_owner_alone() {
    let home = Home::new();
    let store = home.open();
    insert(&*store.project_actions(), "a").unwrap();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(home.path()), 0o600);
    assert_eq!(mode(home.path().with_extension("db-wal")), 0o600);
    assert_eq!(mode(home.path().parent().unwrap().to_owned()), 0o700);
}

#[test]
fn one_server_has_a_store_and_tools_use_it_meanwhile() {
    let home = Home::new();
    let (server, second) = (home.open(), home.open());
    server.take_alone().unwrap();
    server.take_alone().unwrap();
    let refused = second.take_alone().unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
    insert(&*second.project_actions(), "a").unwrap();
    let port = server.project_actions();
    drop(server);
    assert!(second.take_alone().is_err(), "a port keeps the store");
    assert!(has(&*port, "a"));
    drop(port);
    second.take_alone().unwrap();
}

#[test]
fn a_store_is_one_under_all_its_names() {
    let home = Home::new();
    let server = home.open();
    server.take_alone().unwrap();
    let link = home.path().with_file_name("link.db");
    std::os::unix::fs::symlink(home.path(), &link).unwrap();
    let second = Store::open(&format!("sqlite:{}", link.display()), options()).unwrap();
    let refused = second.take_alone().unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
    drop(server);
    second.take_alone().unwrap();
}

#[test]
fn what_cannot_be_opened_is_unavailable() {
    let home = Home::new();
    fs::create_dir_all(home.path()).unwrap();
    let folder = Store::open(&home.url(), options()).err().unwrap();
    assert!(matches!(folder, Error::Unavailable { .. }), "{folder:?}");
    let unknown = Store::open("mysql://h/d", options()).err().unwrap();
    assert!(matches!(unknown, Error::Invalid { .. }), "{unknown:?}");
}

#[test]
fn what_is_no_store_is_refused() {
    let home = Home::new();
    fs::create_dir_all(home.path().parent().unwrap()).unwrap();
    fs::write(home.path(), "no database at all, but long enough to be one".repeat(100)).unwrap();
    assert!(Store::open(&home.url(), options()).is_err());
}

#[test]
fn a_locked_store_is_unavailable() {
    let home = Home::new();
    drop(home.open());
    let mut other = home.connect();
    other.batch_execute("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE").unwrap();
    let refused = Store::open(&home.url(), options()).err().unwrap();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
}
