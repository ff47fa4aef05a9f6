//! Wrong passwords lock an account.

use std::time::Duration;

use actiond_core::Error;
use actiond_core::identity::AccountKey;
use actiond_core::ports::{IdentityProvider, LoginFailureRepository};

use crate::house::{ANNS, House, SECOND};

const MINUTES: fn(u32) -> Duration = |n| SECOND * 60 * n;

/// Tries a wrong password some times.
fn fail(house: &House, times: usize) {
    for _ in 0..times {
        assert!(is_refused(house, "ann", "wrong"));
    }
}

fn is_refused(house: &House, name: &str, password: &str) -> bool {
    match house.identity.by_password(name, password) {
        Ok(_) => false,
        Err(Error::Unauthenticated) => true,
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn five_failures_lock_for_half_an_hour() {
    let house = House::with_ann();
    fail(&house, 4);
    assert!(!is_refused(&house, "ann", ANNS), "four do not lock");
    fail(&house, 5);
    assert!(is_refused(&house, "ann", ANNS));
    house.clock.advance(MINUTES(30) - SECOND);
    assert!(is_refused(&house, "ann", ANNS));
    house.clock.advance(SECOND);
    assert!(!is_refused(&house, "ann", ANNS));
}

#[test]
fn failures_count_for_a_quarter_of_an_hour_and_until_a_good_login() {
    let house = House::with_ann();
    fail(&house, 4);
    house.clock.advance(MINUTES(15));
    fail(&house, 4);
    assert!(
        !is_refused(&house, "ann", ANNS),
        "the first four are too old, the good login ends four"
    );
    fail(&house, 4);
    assert!(!is_refused(&house, "ann", ANNS));
}

#[test]
fn a_password_that_is_remembered_is_locked_too_and_does_not_show() {
    let house = House::with_ann();
    house.identity.by_password("ann", ANNS).unwrap();
    assert!(house.identity.familiar("ann", ANNS).unwrap().is_some());
    fail(&house, 5);
    assert!(house.identity.familiar("ann", ANNS).unwrap().is_none());
    let verifications =
        |password| house.verifications(|| assert!(is_refused(&house, "ann", password)));
    assert_eq!((verifications(ANNS), verifications("wrong")), (1, 1), "both cost the same");
}

#[test]
fn every_way_to_the_account_counts() {
    let house = House::with_ann();
    let id = house.admin.list().unwrap()[0].id.clone();
    assert!(is_refused(&house, "ann", "wrong"));
    assert!(is_refused(&house, "ann@a.example", "wrong"));
    for _ in 0..2 {
        house.issue("ann", "wrong", None).unwrap_err();
    }
    house.issue_by_id(&id, "wrong").unwrap_err();
    assert!(is_refused(&house, "ann", ANNS) && is_refused(&house, "ann@a.example", ANNS));
    house.issue("ann", ANNS, None).unwrap_err();
    house.issue_by_id(&id, ANNS).unwrap_err();
}

#[test]
fn nobodys_name_is_treated_as_anybodys() {
    let house = House::with_ann();
    let key = AccountKey::of("nobody");
    for number in 1..=5 {
        assert!(is_refused(&house, "nobody", "wrong"));
        let known = house.failures.find(&[key]).unwrap()[&key].clone();
        assert_eq!(known.is_locked(house.now()), number == 5);
    }
    assert!(!is_refused(&house, "ann", ANNS), "others do not feel it");
}

#[test]
fn another_password_and_the_operator_end_a_lock() {
    let house = House::with_ann();
    fail(&house, 5);
    house.admin.set_password("ann", "another password").unwrap();
    assert!(!is_refused(&house, "ann", "another password"));
    fail(&house, 5);
    house.admin.unlock("ann").unwrap();
    assert!(!is_refused(&house, "ann", "another password"));
    assert!(matches!(house.admin.unlock("nobody"), Err(Error::NotFound { .. })));
}

#[test]
fn a_token_that_was_got_before_goes_on() {
    let house = House::with_ann();
    let token = house.anns_token();
    fail(&house, 5);
    house.clock.advance(MINUTES(1));
    house.by_token(&token).unwrap();
}
