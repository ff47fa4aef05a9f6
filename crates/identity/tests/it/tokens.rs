//! Issuing tokens, and saying whom they stand for.

use std::sync::Arc;

use actiond_core::access::ClusterRole;
use actiond_core::identity::{
    IssuedToken, Project, ProjectRef, Proof, TokenDigest, TokenRecord, TokenRequest, UserRef,
};
use actiond_core::memory::MemoryTokens;
use actiond_core::ports::{IdentityProvider, TokenIssuer, TokenRepository};
use actiond_core::project::ProjectId;
use actiond_core::{Error, Result};
use actiond_identity::{LocalIdentity, LocalSettings};

use crate::house::{ANNS, House, MICROSECOND, SECOND};

fn is_refused<T: std::fmt::Debug>(answer: Result<T>) {
    assert!(matches!(answer, Err(Error::Unauthenticated)), "{answer:?}");
}

#[test]
fn a_token_stands_for_its_user_in_its_project() {
    let house = House::with_ann();
    let issued = house.issue("ann", ANNS, Some("p")).unwrap();
    let caller = house.by_token(&issued.token).unwrap();
    let roles = vec!["member".to_owned(), "reader".to_owned()];
    assert_eq!(caller.name, "ann");
    assert_eq!(caller.user_id, issued.info.user_id);
    assert_eq!((caller.project(), caller.roles()), (Some(&ProjectId::new("p")), &roles[..]));
    let scope = issued.info.scope.clone().unwrap();
    let project = Project { id: ProjectId::new("p"), name: "p".into() };
    assert_eq!((scope.project, scope.roles), (project, roles));
    assert_eq!(issued.info.user_name, "ann");
    assert_eq!(house.identity.describe(&issued.token).unwrap(), issued.info);
}

#[test]
fn users_are_known_by_id_too() {
    let house = House::with_ann();
    let id = house.issue("ann", ANNS, None).unwrap().info.user_id;
    let ask = |id: &str| {
        let user = UserRef::Id(id.into());
        let proof = Proof::Password { user, password: ANNS.into() };
        house.identity.issue(&TokenRequest { proof, project: None })
    };
    assert_eq!(ask(&id).unwrap().info.user_name, "ann");
    is_refused(ask("ann"));
}

#[test]
fn a_token_without_a_project_opens_none() {
    let house = House::with_ann();
    let issued = house.issue("ann", ANNS, None).unwrap();
    assert_eq!(issued.info.scope, None);
    assert_eq!(house.by_token(&issued.token).unwrap().scope, None);
}

#[test]
fn a_project_without_a_role_in_it_is_refused() {
    let house = House::with_ann();
    is_refused(house.issue("ann", ANNS, Some("other")));
    is_refused(house.issue("ann", ANNS, Some("P")));
    is_refused(house.issue("ann", ANNS, Some("")));
}

#[test]
fn a_token_expires_to_the_microsecond() {
    let house = House::with_ann();
    let issued = house.issue("ann", ANNS, Some("p")).unwrap();
    house.clock.advance(3600 * SECOND - MICROSECOND);
    house.by_token(&issued.token).unwrap();
    assert!(house.remembered(&issued.token).is_some());
    house.identity.describe(&issued.token).unwrap();
    house.clock.advance(MICROSECOND);
    assert_eq!(actiond_core::ports::Clock::now(&*house.clock), issued.info.expires_at);
    assert!(house.remembered(&issued.token).is_none());
    is_refused(house.by_token(&issued.token));
    is_refused(house.identity.describe(&issued.token));
}

#[test]
fn tokens_outlive_a_restart() {
    let mut house = House::with_ann();
    let token = house.anns_token();
    house.restart();
    assert!(house.remembered(&token).is_none());
    assert_eq!(house.by_token(&token).unwrap().name, "ann");
}

#[test]
fn other_tokens_stand_for_nobody() {
    let house = House::with_ann();
    let token = house.anns_token();
    let (mut changed, long) = (token.clone(), token.repeat(50_000));
    changed.replace_range(0..1, if token.starts_with('A') { "B" } else { "A" });
    let cut = &token[..token.len() - 1];
    let padded = format!("{token}=");
    let spaced = format!(" {token}");
    let other_case = token.to_uppercase();
    for forged in ["", cut, &changed, &padded, &spaced, &other_case, &long, "\0", "é", "ann"] {
        is_refused(house.by_token(forged));
        is_refused(house.identity.describe(forged));
        assert!(house.remembered(forged).is_none());
    }
    house.by_token(&token).unwrap();
}

#[test]
fn a_wrong_name_costs_as_much_as_a_wrong_password() {
    let house = House::with_ann();
    for (name, password) in [("ann", "wrong"), ("nobody", ANNS), ("", ""), ("ann", "")] {
        let by_password =
            house.verifications(|| is_refused(house.identity.by_password(name, password)));
        let issue = house.verifications(|| is_refused(house.issue(name, password, Some("p"))));
        assert_eq!((by_password, issue), (1, 1), "{name}");
    }
    let right = house.verifications(|| drop(house.identity.by_password("ann", ANNS).unwrap()));
    let again = house.verifications(|| drop(house.identity.by_password("ann", ANNS).unwrap()));
    assert_eq!((right, again), (1, 0));
}

#[test]
fn a_familiar_pair_is_known_without_a_check_until_the_password_changes() {
    let house = House::with_ann();
    let familiar = |password| house.identity.familiar("ann", password).unwrap();
    assert_eq!(familiar(ANNS), None, "it has not fitted yet");
    let caller = house.identity.by_password("ann", ANNS).unwrap();
    is_refused(house.identity.by_password("ann", "wrong"));
    let checks = house.verifications(|| {
        assert_eq!(familiar(ANNS), Some(caller));
        assert_eq!(familiar("wrong"), None);
        assert_eq!(house.identity.familiar("nobody", ANNS).unwrap(), None);
    });
    assert_eq!(checks, 0);
    house.admin.set_password("ann", "another one").unwrap();
    assert_eq!(familiar(ANNS), None);
    house.admin.set_password("ann", ANNS).unwrap();
    house.admin.remove("ann").unwrap();
    assert_eq!(familiar(ANNS), None);
}

#[test]
fn a_password_opens_the_cluster_face_and_no_project() {
    let house = House::with_ann();
    let caller = house.identity.by_password("ann", ANNS).unwrap();
    assert_eq!(caller.cluster_roles, [ClusterRole::ClusterViewer]);
    assert_eq!(caller.scope, None);
    is_refused(house.identity.by_password("Ann", ANNS));
}

#[test]
fn tokens_of_removed_users_are_forgotten() {
    let house = House::with_ann();
    let (seen, unseen) = (house.anns_token(), house.anns_token());
    house.by_token(&seen).unwrap();
    house.admin.remove("ann").unwrap();
    is_refused(house.by_token(&unseen));
    is_refused(house.identity.describe(&seen));
    house.clock.advance(5 * SECOND);
    assert!(house.remembered(&seen).is_none());
    is_refused(house.by_token(&seen));
}

#[test]
fn a_new_user_of_the_same_name_does_not_inherit_tokens() {
    let house = House::with_ann();
    let token = house.anns_token();
    house.admin.remove("ann").unwrap();
    house
        .admin
        .add(actiond_identity::NewUser {
            name: "ann".into(),
            password: ANNS.into(),
            ..Default::default()
        })
        .unwrap();
    is_refused(house.by_token(&token));
}

#[test]
fn a_change_of_password_forgets_the_tokens() {
    let house = House::with_ann();
    let token = house.anns_token();
    house.admin.set_password("ann", "another password").unwrap();
    is_refused(house.by_token(&token));
    is_refused(house.identity.by_password("ann", ANNS));
    is_refused(house.issue("ann", ANNS, Some("p")));
    house.identity.by_password("ann", "another password").unwrap();
}

#[test]
fn no_token_is_given_out_for_a_password_that_is_changed_meanwhile() {
    let house = House::with_ann();
    let admin = house.admin.clone();
    let change = move || admin.set_password("ann", "another password").unwrap();
    *house.passwords.meanwhile.lock().unwrap() = Some(Box::new(change));
    is_refused(house.issue("ann", ANNS, Some("p")));
}

#[test]
fn no_token_is_given_out_for_a_user_that_is_removed_meanwhile() {
    let house = House::with_ann();
    let admin = house.admin.clone();
    let remove = move || admin.remove("ann").unwrap();
    *house.passwords.meanwhile.lock().unwrap() = Some(Box::new(remove));
    is_refused(house.issue("ann", ANNS, Some("p")));
}

#[test]
fn a_familiar_password_is_refused_as_soon_as_it_is_changed() {
    let house = House::with_ann();
    house.identity.by_password("ann", ANNS).unwrap();
    house.admin.set_password("ann", "another password").unwrap();
    is_refused(house.identity.by_password("ann", ANNS));
    house.identity.by_password("ann", "another password").unwrap();
    house.admin.remove("ann").unwrap();
    is_refused(house.identity.by_password("ann", "another password"));
}

/// A token that is got for another.
fn rescoped(house: &House, token: &str, project: Option<&str>) -> Result<IssuedToken> {
    let project = project.map(|name| ProjectRef::Name(name.into()));
    house.identity.issue(&TokenRequest { proof: Proof::Token(token.into()), project })
}

#[track_caller]
fn proves_nothing(asked: Result<IssuedToken>) {
    assert!(matches!(&asked, Err(Error::NotFound { .. })), "{asked:?}");
}

#[test]
fn a_token_is_got_for_another_and_lives_no_longer() {
    let house = House::with_ann();
    let first = house.issue("ann", ANNS, None).unwrap();
    house.clock.advance(600 * SECOND);
    let second = rescoped(&house, &first.token, Some("p")).unwrap();
    let third = rescoped(&house, &second.token, Some("q")).unwrap();
    assert_eq!(house.by_token(&third.token).unwrap().project().unwrap().as_str(), "q");
    for token in [&second, &third] {
        assert_eq!(token.info.expires_at, first.info.expires_at);
        assert_eq!(token.info.chain, Some(TokenDigest::of(&first.token)));
    }
    is_refused(rescoped(&house, &first.token, Some("other")));
    proves_nothing(rescoped(&house, "nonsense", None));
    assert_eq!(house.verifications(|| drop(rescoped(&house, &first.token, None).unwrap())), 0);
    house.clock.advance(3000 * SECOND);
    proves_nothing(rescoped(&house, &first.token, Some("p")));
}

#[test]
fn a_revoked_token_ends_at_once_with_those_that_were_got_for_it() {
    let house = House::with_ann();
    let first = house.issue("ann", ANNS, None).unwrap().token;
    let second = rescoped(&house, &first, Some("p")).unwrap().token;
    let third = rescoped(&house, &first, Some("q")).unwrap().token;
    let other = house.anns_token();
    let good = || [&first, &second, &third, &other].map(|token| house.by_token(token).is_ok());
    assert_eq!(good(), [true; 4]);
    house.identity.revoke(&second).unwrap();
    assert_eq!(good(), [true, false, true, true]);
    house.identity.revoke(&first).unwrap();
    assert_eq!(good(), [false, false, false, true]);
    is_refused(house.identity.describe(&first));
    proves_nothing(rescoped(&house, &first, Some("p")));
}

#[test]
fn a_project_is_named_by_its_id_or_by_its_name() {
    let house = House::with_ann();
    house.admin.name_project("p", "plan").unwrap();
    let by = |project: ProjectRef| {
        let proof = Proof::Password { user: UserRef::Name("ann".into()), password: ANNS.into() };
        house.identity.issue(&TokenRequest { proof, project: Some(project) })
    };
    let expected = Project { id: ProjectId::new("p"), name: "plan".into() };
    for project in [ProjectRef::Id(ProjectId::new("p")), ProjectRef::Name("plan".into())] {
        assert_eq!(by(project).unwrap().info.scope.unwrap().project, expected);
    }
    is_refused(by(ProjectRef::Name("p".into())));
    is_refused(by(ProjectRef::Id(ProjectId::new("plan"))));
    assert_eq!(by(ProjectRef::Name("q".into())).unwrap().info.scope.unwrap().project.name, "q");
}

#[test]
fn no_token_is_given_out_for_one_that_is_revoked_meanwhile() {
    // What was there when it was proved is gone when the new one has been stored.
    struct Vanishing(Arc<MemoryTokens>, TokenDigest);
    impl TokenRepository for Vanishing {
        fn insert(&self, token: &TokenRecord) -> Result<()> {
            self.0.insert(token)?;
            if token.chain.is_some() { self.0.remove(&self.1) } else { Ok(()) }
        }
        fn find(&self, digest: &TokenDigest) -> Result<Option<TokenRecord>> {
            self.0.find(digest)
        }
        fn remove(&self, digest: &TokenDigest) -> Result<()> {
            self.0.remove(digest)
        }
    }
    let house = House::with_ann();
    let first = house.issue("ann", ANNS, None).unwrap().token;
    let tokens = Arc::new(Vanishing(house.tokens.clone(), TokenDigest::of(&first)));
    let identity = LocalIdentity::new(
        house.users.clone(),
        tokens,
        house.failures.clone(),
        house.passwords.clone(),
        house.clock.clone(),
        LocalSettings::default(),
    )
    .unwrap();
    is_refused(identity.issue(&TokenRequest { proof: Proof::Token(first), project: None }));
}
