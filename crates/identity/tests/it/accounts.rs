//! Users, managed over the cluster face.

use std::sync::Arc;

use actiond_core::access::cluster_permission::Permission;
use actiond_core::access::{Caller, ClusterPass, ClusterRole};
use actiond_core::identity::{Account, AccountChange, NewAccount};
use actiond_core::ports::{Accounts, IdentityProvider};
use actiond_core::{Error, Result};
use actiond_identity::{Roles, UserAccounts};

use crate::house::{ANNS, House, SECOND};

fn pass<P: Permission>(role: ClusterRole) -> ClusterPass<P> {
    let caller = Caller { cluster_roles: vec![role], ..Caller::default() };
    ClusterPass::grant(Arc::new(caller)).unwrap()
}

const ADMIN: ClusterRole = ClusterRole::Admin;
const MANAGER: ClusterRole = ClusterRole::UserManager;

fn accounts(house: &House) -> UserAccounts {
    UserAccounts { admin: house.admin.clone() }
}

fn new(name: &str, role: ClusterRole) -> NewAccount {
    NewAccount { name: Some(name.into()), email: None, password: "long enough".into(), role }
}

#[track_caller]
fn conflict<T>(outcome: Result<T>, words: &str) {
    let error = outcome.map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::Conflict { .. }), "{error:?}");
    assert!(error.to_string().contains(words), "{error}");
}

#[test]
fn a_user_is_made_shown_changed_and_removed() {
    let house = House::with_ann();
    let accounts = accounts(&house);
    let wanted = NewAccount { name: None, email: Some("bob@b.example".into()), ..new("", MANAGER) };
    let made = accounts.create(&pass(ADMIN), wanted).unwrap();
    assert_eq!((made.user.uid, made.user.name.as_str()), (2, "bob@b.example"));
    assert_eq!(accounts.show(&pass(ADMIN), 2).unwrap(), made);
    assert_eq!(accounts.list(&pass(ADMIN)).unwrap().len(), 2);
    house.clock.advance(SECOND);
    let change = AccountChange {
        name: Some("bob".into()),
        role: Some(ClusterRole::DbViewer),
        ..AccountChange::default()
    };
    let changed = accounts.change(&pass(ADMIN), 2, change).unwrap().user;
    assert_eq!((changed.name.as_str(), changed.main_role()), ("bob", ClusterRole::DbViewer));
    assert_eq!(changed.email, made.user.email);
    assert_eq!(changed.password_issued_at, made.user.password_issued_at);
    house.identity.by_password("bob@b.example", "long enough").unwrap();
    accounts.remove(&pass(ADMIN), 2).unwrap();
    assert!(matches!(accounts.show(&pass(ADMIN), 2), Err(Error::NotFound { .. })));
    assert!(matches!(accounts.remove(&pass(ADMIN), 2), Err(Error::NotFound { .. })));
}

#[test]
fn another_password_counts_at_once_ends_tokens_and_unlocks() {
    let house = House::with_ann();
    let token = house.anns_token();
    for _ in 0..5 {
        house.identity.by_password("ann", "wrong").unwrap_err();
    }
    let accounts = accounts(&house);
    let is_locked = |account: Account| account.is_locked;
    assert!(is_locked(accounts.show(&pass(ADMIN), 1).unwrap()));
    house.clock.advance(SECOND * 6);
    let password = Some("another password".to_owned());
    let change = AccountChange { password, ..AccountChange::default() };
    let changed = accounts.change(&pass(ADMIN), 1, change).unwrap();
    assert_eq!((changed.is_locked, changed.user.password_issued_at), (false, house.now()));
    house.identity.by_password("ann", "another password").unwrap();
    house.identity.by_password("ann", ANNS).unwrap_err();
    house.by_token(&token).unwrap_err();
}

#[test]
fn a_lock_can_be_ended() {
    let house = House::with_ann();
    for _ in 0..5 {
        house.identity.by_password("ann", "wrong").unwrap_err();
    }
    let change = AccountChange { unlock: true, ..AccountChange::default() };
    assert!(!accounts(&house).change(&pass(ADMIN), 1, change).unwrap().is_locked);
    house.identity.by_password("ann", ANNS).unwrap();
}

#[test]
fn who_manages_users_makes_no_admins_and_touches_none() {
    let house = House::with_ann();
    let accounts = accounts(&house);
    let forbidden = |outcome: Result<()>| {
        assert!(matches!(outcome, Err(Error::Forbidden { permission: "manage_admins" })));
    };
    forbidden(accounts.create(&pass(MANAGER), new("root", ADMIN)).map(drop));
    let root = accounts.create(&pass(ADMIN), new("root", ADMIN)).unwrap().user.uid;
    let to_admin = AccountChange { role: Some(ADMIN), ..AccountChange::default() };
    forbidden(accounts.change(&pass(MANAGER), 1, to_admin.clone()).map(drop));
    let password = Some("my own password".to_owned());
    let takeover = AccountChange { password, ..AccountChange::default() };
    forbidden(accounts.change(&pass(MANAGER), root, takeover).map(drop));
    forbidden(accounts.remove(&pass(MANAGER), root));
    accounts.create(&pass(MANAGER), new("bob", MANAGER)).unwrap();
    accounts.change(&pass(ADMIN), 1, to_admin).unwrap();
}

#[test]
fn the_role_that_was_shown_takes_no_others_away() {
    let house = House::with_ann();
    let roles = Roles { cluster: vec![ClusterRole::DbViewer], grants: vec![] };
    house.admin.grant("ann", &roles).unwrap();
    let set = |role| {
        let change = AccountChange { role: Some(role), ..AccountChange::default() };
        accounts(&house).change(&pass(ADMIN), 1, change).unwrap().user.cluster_roles
    };
    let both = [ClusterRole::ClusterViewer, ClusterRole::DbViewer];
    assert_eq!(set(ClusterRole::ClusterViewer), both);
    assert_eq!(set(ClusterRole::DbViewer), [ClusterRole::DbViewer]);
}

#[test]
fn the_last_admin_stays_one() {
    let house = House::with_ann();
    let accounts = accounts(&house);
    let root = accounts.create(&pass(ADMIN), new("root", ADMIN)).unwrap().user.uid;
    let change = AccountChange { role: Some(MANAGER), ..AccountChange::default() };
    conflict(accounts.change(&pass(ADMIN), root, change), "the last user with cluster role admin");
    conflict(accounts.remove(&pass(ADMIN), root), "the last user with cluster role admin");
}

#[test]
fn names_and_addresses_lead_to_one_user() {
    let house = House::with_ann();
    let accounts = accounts(&house);
    let with_email =
        |name: &str, email: &str| NewAccount { email: Some(email.into()), ..new(name, MANAGER) };
    conflict(accounts.create(&pass(ADMIN), new("ann", MANAGER)), "'ann' already");
    conflict(accounts.create(&pass(ADMIN), new("ann@a.example", MANAGER)), "'ann@a.example'");
    let taken = with_email("bob", "ann@a.example");
    conflict(accounts.create(&pass(ADMIN), taken), "'ann@a.example'");
    let bob = accounts.create(&pass(ADMIN), with_email("bob", "bob@b.example")).unwrap().user.uid;
    for change in [
        AccountChange { name: Some("ann".into()), ..AccountChange::default() },
        AccountChange { email: Some("ann@a.example".into()), ..AccountChange::default() },
    ] {
        conflict(accounts.change(&pass(ADMIN), bob, change), "already");
    }
    for (field, change) in [
        ("name", AccountChange { name: Some("a:b".into()), ..AccountChange::default() }),
        ("email", AccountChange { email: Some("nowhere".into()), ..AccountChange::default() }),
        ("password", AccountChange { password: Some("short".into()), ..AccountChange::default() }),
    ] {
        let error = accounts.change(&pass(ADMIN), bob, change).unwrap_err().to_string();
        assert!(error.starts_with(&format!("{field}: ")), "{error}");
    }
    let none = AccountChange { email: Some(String::new()), ..AccountChange::default() };
    assert_eq!(accounts.change(&pass(ADMIN), bob, none).unwrap().user.email, None);
}
