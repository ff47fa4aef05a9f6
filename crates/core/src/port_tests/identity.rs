//! What keeps users and tokens.

use super::MakeUsers;
use super::sample::{at, project, token, user};
use crate::access::ClusterRole;
use crate::identity::{Project, ProjectGrant, TokenDigest, TokenRecord, User};
use crate::ports::{Inserted, Swapped, UserChange, UserRemoval};

/// Tests a repository of users.
pub fn users(make: MakeUsers<'_>) {
    a_user_is_found_as_it_was_stored(make);
    a_name_is_taken_once(make);
    another_password_ends_the_users_tokens(make);
    a_removed_user_leaves_nothing(make);
    the_last_admin_stays(make);
    who_has_changed_is_not_removed(make);
    of_admins_who_go_at_once_one_stays(make);
    projects_exist_by_their_members_or_their_names(make);
    a_name_is_of_one_project(make);
    a_user_changes_from_what_was_seen(make);
    names_and_addresses_are_of_one_user(make);
    a_uid_never_comes_back(make);
    the_last_admin_stays_one(make);
}

/// Tests a repository of tokens.
pub fn tokens(make: MakeUsers<'_>) {
    a_token_is_found_by_its_digest(make);
    expired_tokens_go_when_one_comes(make);
    a_removed_token_takes_its_chain_along(make);
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
    assert_eq!(users.set_password("bob", "new", at(7)).unwrap(), Swapped::Updated);
    let bob = users.find_by_name("bob").unwrap().unwrap();
    assert_eq!((bob.password_hash.as_str(), bob.password_issued_at), ("new", at(7)));
    assert_eq!(tokens.find(&his.digest).unwrap(), None);
    assert_eq!(tokens.find(&other.digest).unwrap(), Some(other));
    assert_eq!(users.set_password("nobody", "new", at(7)).unwrap(), Swapped::Gone);
}

fn a_removed_user_leaves_nothing(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let plain = User { cluster_roles: vec![], ..user("id1", "bob") };
    users.insert(&plain).unwrap();
    tokens.insert(&token("a", "id1", 0, 9)).unwrap();
    assert_eq!(users.remove(&plain).unwrap(), UserRemoval::Removed);
    assert_eq!(users.remove(&plain).unwrap(), UserRemoval::Unknown);
    assert_eq!(users.find_by_id("id1").unwrap(), None);
    assert_eq!(tokens.find(&TokenDigest::of("a")).unwrap(), None);
    assert_eq!(users.projects().unwrap(), []);
    assert_eq!(users.insert(&user("id2", "bob")).unwrap(), Inserted::Stored);
}

fn the_last_admin_stays(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let plain = User { cluster_roles: vec![], ..user("id3", "ann") };
    let (bob, carl) = (user("id1", "bob"), user("id2", "carl"));
    for user in [&plain, &bob, &carl] {
        users.insert(user).unwrap();
    }
    let his = token("a", "id2", 0, 9);
    tokens.insert(&his).unwrap();
    assert_eq!(users.remove(&bob).unwrap(), UserRemoval::Removed);
    assert_eq!(users.remove(&carl).unwrap(), UserRemoval::LastAdmin);
    assert_eq!(tokens.find(&his.digest).unwrap(), Some(his));
    assert_eq!(users.remove(&user("id9", "nobody")).unwrap(), UserRemoval::Unknown);
    assert_eq!(users.remove(&plain).unwrap(), UserRemoval::Removed);
}

fn who_has_changed_is_not_removed(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let seen = User { cluster_roles: vec![], grants: vec![], ..user("id1", "bob") };
    users.insert(&user("id2", "ann")).unwrap();
    users.insert(&seen).unwrap();
    let his = token("a", "id1", 0, 9);
    tokens.insert(&his).unwrap();
    let promoted = User { grants: user("id1", "bob").grants, ..seen.clone() };
    assert_eq!(users.update(&seen, &promoted).unwrap(), UserChange::Updated);
    assert_eq!(users.remove(&seen).unwrap(), UserRemoval::Changed);
    assert_eq!(users.find_by_id("id1").unwrap().as_ref(), Some(&promoted));
    assert_eq!(tokens.find(&his.digest).unwrap(), Some(his));
    // Another of the same name is another.
    assert_eq!(users.remove(&promoted).unwrap(), UserRemoval::Removed);
    let other = user("id3", "bob");
    users.insert(&other).unwrap();
    assert_eq!(users.remove(&promoted).unwrap(), UserRemoval::Unknown);
    assert_eq!(users.find_by_name("bob").unwrap(), Some(other));
}

fn of_admins_who_go_at_once_one_stays(make: MakeUsers<'_>) {
    let (users, _) = make();
    let admins: Vec<User> = (1..9).map(|n| user(&format!("id{n}"), &format!("admin{n}"))).collect();
    for admin in &admins {
        users.insert(admin).unwrap();
    }
    std::thread::scope(|scope| {
        for admin in &admins {
            scope.spawn(|| users.remove(admin).unwrap());
        }
    });
    assert_eq!(users.list().unwrap().len(), 1);
}

fn called(id: &str, name: &str) -> Project {
    Project { id: project(id), name: name.to_owned() }
}

fn projects_exist_by_their_members_or_their_names(make: MakeUsers<'_>) {
    let (users, _) = make();
    users.insert(&user("id1", "bob")).unwrap();
    users.insert(&user("id2", "alice")).unwrap();
    assert_eq!(users.projects().unwrap(), [called("p1", "p1"), called("p2", "p2")]);
    for named in [called("p2", "zwei"), called("p3", "drei"), called("p2", "two")] {
        assert_eq!(users.name_project(&named).unwrap(), Inserted::Stored);
    }
    let expected = [called("p1", "p1"), called("p2", "two"), called("p3", "drei")];
    assert_eq!(users.projects().unwrap(), expected);
}

fn a_name_is_of_one_project(make: MakeUsers<'_>) {
    let (users, _) = make();
    assert_eq!(users.name_project(&called("p1", "one")).unwrap(), Inserted::Stored);
    assert_eq!(users.name_project(&called("p2", "one")).unwrap(), Inserted::Taken);
    assert_eq!(users.name_project(&called("p1", "one")).unwrap(), Inserted::Stored);
    assert_eq!(users.name_project(&called("p2", "One")).unwrap(), Inserted::Stored);
    assert_eq!(users.name_project(&called("p2", "one")).unwrap(), Inserted::Taken);
    assert_eq!(users.projects().unwrap(), [called("p1", "one"), called("p2", "One")]);
}

fn a_user_changes_from_what_was_seen(make: MakeUsers<'_>) {
    let (users, tokens) = make();
    let (bob, alice) = (user("id1", "bob"), user("id2", "alice"));
    users.insert(&bob).unwrap();
    users.insert(&alice).unwrap();
    tokens.insert(&token("a", "id1", 0, 9)).unwrap();
    let wanted = User {
        id: "other".into(),
        uid: 77,
        name: "robert".into(),
        email: Some("bob@b.example".into()),
        cluster_roles: vec![ClusterRole::None],
        grants: vec![ProjectGrant { project: project("p9"), role: "member".into() }],
        created_at: at(99),
        ..bob.clone()
    };
    assert_eq!(users.update(&bob, &wanted).unwrap(), UserChange::Updated);
    let expected = User { id: "id1".into(), uid: 1, created_at: bob.created_at, ..wanted.clone() };
    assert_eq!(users.find_by_uid(1).unwrap(), Some(expected.clone()));
    assert_eq!(users.find_by_name("bob").unwrap(), None);
    assert!(tokens.find(&TokenDigest::of("a")).unwrap().is_some(), "the password is the same");
    assert_eq!(users.update(&bob, &wanted).unwrap(), UserChange::Changed);
    assert_eq!(users.update(&user("id9", "nobody"), &wanted).unwrap(), UserChange::Unknown);
    let other = User { password_hash: "new".into(), grants: vec![], ..expected.clone() };
    assert_eq!(users.update(&expected, &other).unwrap(), UserChange::Updated);
    assert_eq!(users.find_by_id("id1").unwrap(), Some(other));
    assert_eq!(tokens.find(&TokenDigest::of("a")).unwrap(), None);
    assert_eq!(users.find_by_name("alice").unwrap(), Some(alice));
}

fn names_and_addresses_are_of_one_user(make: MakeUsers<'_>) {
    let (users, _) = make();
    let with_email =
        |id: &str, name: &str| User { email: Some(format!("{name}@b.example")), ..user(id, name) };
    let (bob, alice) = (with_email("id1", "bob"), with_email("id2", "alice"));
    assert_eq!(users.insert(&bob).unwrap(), Inserted::Stored);
    assert_eq!(users.insert(&alice).unwrap(), Inserted::Stored);
    let same_email = User { email: bob.email.clone(), ..user("id3", "carl") };
    assert_eq!(users.insert(&same_email).unwrap(), Inserted::Taken);
    for wanted in [
        User { name: "bob".into(), ..alice.clone() },
        User { email: bob.email.clone(), ..alice.clone() },
    ] {
        assert_eq!(users.update(&alice, &wanted).unwrap(), UserChange::Taken);
    }
    assert_eq!(users.list().unwrap(), [alice.clone(), bob.clone()]);
    // Those without an address are not in each other's way.
    for (id, name) in [("id4", "dora"), ("id5", "emil")] {
        assert_eq!(users.insert(&user(id, name)).unwrap(), Inserted::Stored);
    }
    assert_eq!(users.find_by_login("bob").unwrap().as_ref(), Some(&bob));
    assert_eq!(users.find_by_login("bob@b.example").unwrap().as_ref(), Some(&bob));
    assert_eq!(users.find_by_login("").unwrap(), None);
    // A name wins over an address.
    let odd = user("id6", "alice@b.example");
    assert_eq!(users.insert(&odd).unwrap(), Inserted::Stored);
    assert_eq!(users.find_by_login("alice@b.example").unwrap(), Some(odd));
}

fn a_uid_never_comes_back(make: MakeUsers<'_>) {
    let (users, _) = make();
    let add = |name: &str| {
        let new = User { id: name.into(), uid: 0, ..user("id1", name) };
        assert_eq!(users.insert(&new).unwrap(), Inserted::Stored);
        users.find_by_name(name).unwrap().unwrap().uid
    };
    assert_eq!([add("a"), add("b"), add("c")], [1, 2, 3]);
    for name in ["c", "a"] {
        let seen = users.find_by_name(name).unwrap().unwrap();
        assert_eq!(users.remove(&seen).unwrap(), UserRemoval::Removed);
    }
    assert_eq!(add("d"), 4);
    assert_eq!(users.find_by_uid(4).unwrap().unwrap().name, "d");
    assert_eq!(users.find_by_uid(3).unwrap(), None);
}

fn the_last_admin_stays_one(make: MakeUsers<'_>) {
    let (users, _) = make();
    let (bob, alice) = (user("id1", "bob"), user("id2", "alice"));
    users.insert(&bob).unwrap();
    users.insert(&alice).unwrap();
    let no_admin = |user: &User| User { cluster_roles: vec![], ..user.clone() };
    assert_eq!(users.update(&bob, &no_admin(&bob)).unwrap(), UserChange::Updated);
    assert_eq!(users.update(&alice, &no_admin(&alice)).unwrap(), UserChange::LastAdmin);
    let other = User { cluster_roles: vec![ClusterRole::Admin], ..alice.clone() };
    assert_eq!(users.update(&alice, &other).unwrap(), UserChange::Updated);
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

fn a_removed_token_takes_its_chain_along(make: MakeUsers<'_>) {
    let (_, tokens) = make();
    let first = token("a", "id1", 0, 9);
    let of_chain =
        |text: &str| TokenRecord { chain: Some(first.digest), ..token(text, "id1", 0, 9) };
    let (second, third, other) = (of_chain("b"), of_chain("c"), token("d", "id1", 0, 9));
    for token in [&first, &second, &third, &other] {
        tokens.insert(token).unwrap();
    }
    assert_eq!(tokens.find(&second.digest).unwrap().as_ref(), Some(&second));
    let left = || {
        let all = [&first, &second, &third, &other];
        all.map(|token| tokens.find(&token.digest).unwrap().is_some())
    };
    tokens.remove(&second.digest).unwrap();
    assert_eq!(left(), [true, false, true, true]);
    tokens.remove(&first.digest).unwrap();
    assert_eq!(left(), [false, false, false, true]);
    tokens.remove(&first.digest).unwrap();
}
