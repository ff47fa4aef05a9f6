//! What keeps users and tokens.

use super::MakeUsers;
use super::sample::{project, token, user};
use crate::identity::{TokenDigest, TokenRecord, User};
use crate::ports::{Inserted, Swapped, UserRemoval};

/// Tests a repository of users.
pub fn users(make: MakeUsers<'_>) {
    a_user_is_found_as_it_was_stored(make);
    a_name_is_taken_once(make);
    another_password_ends_the_users_tokens(make);
    a_removed_user_leaves_nothing(make);
    the_last_admin_stays(make);
    of_admins_who_go_at_once_one_stays(make);
    a_project_exists_by_its_members(make);
}

/// Tests a repository of tokens.
pub fn tokens(make: MakeUsers<'_>) {
    a_token_is_found_by_its_digest(make);
    expired_tokens_go_when_one_comes(make);
}

fn a_user_is_found_as_it_was_stored(make: MakeUsers<'_>) {
    let (users, _) = make();
    let (bob, alice) = (user("id1", "bob"), user("id2", "alice"));
    let plain = User { cluster_roles: vec![], grants: vec![], ..user("id3", "é zoë") };
    for user in [&bob, &alice, &plain] {
        assert_eq!(users.insert(user).unwrap(), Inserted::Stored);
    }
    assert_eq!(users.find_by_name("bob").unwrap().as_ref(), Some(&bob));
    assert_eq!(users.find_by_id("id3").unwrap().as_ref(), Some(&plain));
    assert_eq!(users.find_by_name("Bob").unwrap(), None);
    assert_eq!(users.find_by_id("bob").unwrap(), None);
    assert_eq!(users.list().unwrap(), [alice, bob, plain]);
}

fn a_name_is_taken_once(make: MakeUsers<'_>) {
    let (users, _) = make();
    assert_eq!(users.insert(&user("id1", "bob")).unwrap(), Inserted::Stored);
    assert_eq!(users.insert(&user("id2", "bob")).unwrap(), Inserted::Taken);
    assert_eq!(users.list().unwrap(), [user("id1", "bob")]);
}

fn another_password_ends_the_users_tokens(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    users.insert(&user("id1", "bob")).unwrap();
    let (his, other) = (token("a", "id1", 0, 9), token("b", "id2", 0, 9));
    tokens.insert(&his).unwrap();
    tokens.insert(&other).unwrap();
    assert_eq!(users.set_password("bob", "new").unwrap(), Swapped::Updated);
    assert_eq!(users.find_by_name("bob").unwrap().unwrap().password_hash, "new");
    assert_eq!(tokens.find(&his.digest).unwrap(), None);
    assert_eq!(tokens.find(&other.digest).unwrap(), Some(other));
    assert_eq!(users.set_password("nobody", "new").unwrap(), Swapped::Gone);
}

fn a_removed_user_leaves_nothing(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let plain = User { cluster_roles: vec![], ..user("id1", "bob") };
    users.insert(&plain).unwrap();
    tokens.insert(&token("a", "id1", 0, 9)).unwrap();
    assert_eq!(users.remove("bob").unwrap(), UserRemoval::Removed);
    assert_eq!(users.remove("bob").unwrap(), UserRemoval::Unknown);
    assert_eq!(users.find_by_id("id1").unwrap(), None);
    assert_eq!(tokens.find(&TokenDigest::of("a")).unwrap(), None);
    assert!(!users.project_exists(&project("p1")).unwrap());
    assert_eq!(users.insert(&user("id2", "bob")).unwrap(), Inserted::Stored);
}

fn the_last_admin_stays(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let plain = User { cluster_roles: vec![], ..user("id0", "ann") };
    for user in [&plain, &user("id1", "bob"), &user("id2", "carl")] {
        users.insert(user).unwrap();
    }
    let his = token("a", "id2", 0, 9);
    tokens.insert(&his).unwrap();
    assert_eq!(users.remove("bob").unwrap(), UserRemoval::Removed);
    assert_eq!(users.remove("carl").unwrap(), UserRemoval::LastAdmin);
    assert_eq!(tokens.find(&his.digest).unwrap(), Some(his));
    assert_eq!(users.remove("nobody").unwrap(), UserRemoval::Unknown);
    assert_eq!(users.remove("ann").unwrap(), UserRemoval::Removed);
}

fn of_admins_who_go_at_once_one_stays(make: MakeUsers<'_>) {
    let (users, _) = make();
    let names: Vec<String> = (0..8).map(|n| format!("admin{n}")).collect();
    for name in &names {
        users.insert(&user(name, name)).unwrap();
    }
    std::thread::scope(|scope| {
        for name in &names {
            scope.spawn(|| users.remove(name).unwrap());
        }
    });
    assert_eq!(users.list().unwrap().len(), 1);
}

fn a_project_exists_by_its_members(make: MakeUsers<'_>) {
    let (users, _) = make();
    users.insert(&user("id1", "bob")).unwrap();
    assert!(users.project_exists(&project("p1")).unwrap());
    assert!(users.project_exists(&project("p2")).unwrap());
    assert!(!users.project_exists(&project("P1")).unwrap());
}

fn a_token_is_found_by_its_digest(make: MakeUsers<'_>) {
    let (_, tokens) = make();
    let scoped = token("a", "id1", 0, 9);
    let unscoped = TokenRecord { project: None, ..token("b", "id1", 0, 9) };
    tokens.insert(&scoped).unwrap();
    tokens.insert(&unscoped).unwrap();
    assert_eq!(tokens.find(&scoped.digest).unwrap().as_ref(), Some(&scoped));
    assert_eq!(tokens.find(&unscoped.digest).unwrap().as_ref(), Some(&unscoped));
    assert_eq!(tokens.find(&TokenDigest::of("c")).unwrap(), None);
}

fn expired_tokens_go_when_one_comes(make: MakeUsers<'_>) {
    let (_, tokens) = make();
    let (early, late) = (token("a", "id1", 0, 5), token("b", "id1", 0, 6));
    tokens.insert(&early).unwrap();
    tokens.insert(&late).unwrap();
    assert_eq!(tokens.find(&early.digest).unwrap().as_ref(), Some(&early), "expired or not");
    tokens.insert(&token("c", "id1", 5, 9)).unwrap();
    assert_eq!(tokens.find(&early.digest).unwrap(), None);
    assert_eq!(tokens.find(&late.digest).unwrap(), Some(late));
}
