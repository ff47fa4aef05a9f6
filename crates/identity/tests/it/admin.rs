//! What an operator does with users.

use actiond_core::access::ClusterRole;
use actiond_core::ports::{IdentityProvider, UserRepository};
use actiond_core::{Error, Result};
use actiond_identity::{FirstAdmin, NewUser, Roles, parse_grant};
use secrecy::ExposeSecret;

use crate::house::{ANNS, House};

fn new_user(name: &str, roles: &[ClusterRole]) -> NewUser {
    NewUser {
        name: name.into(),
        email: None,
        password: "long enough".into(),
        cluster_roles: roles.into(),
        grants: vec![],
    }
}

#[track_caller]
fn fails_with<T: std::fmt::Debug>(answer: Result<T>, words: &str) {
    let error = answer.unwrap_err().to_string();
    assert!(error.contains(words), "{error}");
}

#[test]
fn a_user_has_each_role_once() {
    let house = House::empty();
    let user = house
        .admin
        .add(NewUser {
            grants: ["b:member", "a:reader", "b:MEMBER"].map(|g| parse_grant(g).unwrap()).into(),
            ..new_user("bob", &[ClusterRole::DbViewer, ClusterRole::Admin, ClusterRole::DbViewer])
        })
        .unwrap();
    assert_eq!(user.cluster_roles, [ClusterRole::Admin, ClusterRole::DbViewer]);
    assert_eq!(user.grants, ["a:reader", "b:member"].map(|g| parse_grant(g).unwrap()));
    assert!(user.id.len() == 32 && user.id.bytes().all(|b| b.is_ascii_hexdigit()), "{}", user.id);
    assert_eq!(house.admin.list().unwrap(), [user]);
}

#[test]
fn names_and_passwords_obey_rules() {
    let house = House::with_ann();
    let long = "ö".repeat(129);
    for bad in ["", "a:b", "a\nb", "\0", "\u{85}", &long] {
        fails_with(house.admin.add(new_user(bad, &[])), "name: must be 1 to 128 characters");
    }
    for good in ["a", "Zoë Ömer", "a@b.example", &long[..256]] {
        house.admin.add(new_user(good, &[])).unwrap();
    }
    let short = NewUser { password: "short".into(), ..new_user("carl", &[]) };
    fails_with(house.admin.add(short), "password: is 5 characters long; at least 8");
    fails_with(house.admin.set_password("ann", "short"), "password: is 5 characters long");
    house.identity.by_password("ann", ANNS).unwrap();
    fails_with(house.admin.add(new_user("ann", &[])), "there is a user 'ann' already");
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let house = House::with_ann();
    fails_with(house.admin.set_password("bob", "long enough"), "there is no user 'bob'");
    fails_with(house.admin.remove("bob"), "there is no user 'bob'");
}

#[test]
fn who_was_changed_since_it_was_seen_stays() {
    let house = House::with_ann();
    let ann = || house.users.find_by_name("ann").unwrap().unwrap();
    let seen = ann();
    house.admin.grant("ann", &roles(&[], &["r:member"])).unwrap();
    fails_with(house.admin.remove_seen(&seen), "user 'ann' was changed meanwhile: try again");
    house.admin.remove_seen(&ann()).unwrap();
}

#[test]
fn the_last_admin_stays() {
    let house = House::with_ann();
    house.admin.add(new_user("root", &[ClusterRole::Admin])).unwrap();
    fails_with(house.admin.remove("root"), "last user with cluster role admin");
    assert!(house.users.find_by_name("root").unwrap().is_some());
    house.admin.add(new_user("other", &[ClusterRole::DbViewer, ClusterRole::Admin])).unwrap();
    house.admin.remove("root").unwrap();
    fails_with(house.admin.remove("other"), "last user with cluster role admin");
    house.admin.remove("ann").unwrap();
}

#[test]
fn without_users_an_admin_is_made_once() {
    let house = House::empty();
    let FirstAdmin::Made { name, generated: Some(password) } =
        house.admin.ensure_first_admin(None).unwrap()
    else {
        panic!("nobody was made");
    };
    assert!(password.expose_secret().len() >= 24);
    assert!(password.expose_secret().bytes().all(|b| b.is_ascii_alphanumeric()));
    let caller = house.identity.by_password(&name, password.expose_secret()).unwrap();
    assert_eq!((&*name, &*caller.cluster_roles), ("admin", &[ClusterRole::Admin][..]));
    let issued = house.issue("admin", password.expose_secret(), Some("default")).unwrap();
    assert_eq!(issued.info.scope.unwrap().roles, ["admin", "member"]);

    let again = house.admin.ensure_first_admin(Some("something else")).unwrap();
    assert!(matches!(again, FirstAdmin::Existing));
    assert!(house.identity.by_password("admin", "something else").is_err());
}

#[test]
fn the_first_admin_takes_the_password_that_is_given() {
    let house = House::empty();
    fails_with(house.admin.ensure_first_admin(Some("")), "password: is empty");
    fails_with(house.admin.ensure_first_admin(Some("short")), "password: is 5 characters");
    assert!(house.admin.list().unwrap().is_empty());
    let made = house.admin.ensure_first_admin(Some("from the environment")).unwrap();
    assert!(matches!(made, FirstAdmin::Made { generated: None, .. }), "{made:?}");
    house.identity.by_password("admin", "from the environment").unwrap();
}

#[test]
fn no_first_admin_where_there_are_users() {
    let house = House::with_ann();
    assert!(matches!(house.admin.ensure_first_admin(None).unwrap(), FirstAdmin::Existing));
    assert!(matches!(house.identity.by_password("admin", "anything"), Err(Error::Unauthenticated)));
}

/// Roles as the command line names them.
fn roles(cluster: &[ClusterRole], grants: &[&str]) -> Roles {
    let grants = grants.iter().map(|grant| parse_grant(grant).unwrap()).collect();
    Roles { cluster: cluster.into(), grants }
}

#[test]
fn roles_come_and_go() {
    let house = House::with_ann();
    let ann = || house.users.find_by_name("ann").unwrap().unwrap();
    let token = house.anns_token();
    let more = roles(&[ClusterRole::Admin], &["r:member", "p:member"]);
    house.admin.grant("ann", &more).unwrap();
    assert_eq!(ann().cluster_roles, [ClusterRole::Admin, ClusterRole::ClusterViewer]);
    let grants = |of: &[&str]| of.iter().map(|g| parse_grant(g).unwrap()).collect::<Vec<_>>();
    assert_eq!(ann().grants, grants(&["p:member", "p:reader", "q:member", "r:member"]));
    house.admin.revoke("ann", &roles(&[ClusterRole::ClusterViewer], &["p:member"])).unwrap();
    assert_eq!(ann().cluster_roles, [ClusterRole::Admin]);
    assert_eq!(house.by_token(&token).unwrap().scope.as_ref().unwrap().roles, ["reader"]);
    fails_with(house.admin.revoke("ann", &more), "user 'ann' has no role p:member");
    fails_with(house.admin.revoke("ann", &roles(&[ClusterRole::None], &[])), "has no role none");
    fails_with(house.admin.grant("nobody", &more), "no user 'nobody'");
    let last = roles(&[ClusterRole::Admin], &[]);
    fails_with(house.admin.revoke("ann", &last), "is the last user with cluster role admin");
}

#[test]
fn projects_have_names_that_are_their_own() {
    let house = House::with_ann();
    let named = |id: &str, name: &str| house.admin.name_project(id, name);
    named("p", "plan").unwrap();
    named("p", "Plan B").unwrap_err();
    named("new", "plan-b").unwrap();
    named("p", "plan").unwrap();
    fails_with(named("new", "plan"), "another project is called 'plan'");
    fails_with(named("p", "q"), "another project is called 'q'");
    fails_with(named("", "x"), "id: must be 1 to 128 bytes");
    let shown: Vec<_> = house.admin.projects().unwrap();
    let shown: Vec<_> = shown.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
    assert_eq!(shown, [("new", "plan-b"), ("p", "plan"), ("q", "q")]);
    // Roles are given by the name, and kept by the id.
    house.admin.grant("ann", &roles(&[], &["plan-b:member"])).unwrap();
    let ann = house.users.find_by_name("ann").unwrap().unwrap();
    assert!(ann.grants.contains(&parse_grant("new:member").unwrap()));
    let bob = NewUser { grants: vec![parse_grant("plan:admin").unwrap()], ..new_user("bob", &[]) };
    assert_eq!(house.admin.add(bob).unwrap().grants, [parse_grant("p:admin").unwrap()]);
}
