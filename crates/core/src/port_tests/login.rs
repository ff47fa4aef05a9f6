//! Failed logins and signing keys.

use std::thread;
use std::time::Duration;

use super::sample::at;
use super::{MakeLoginFailures, MakeSigningKeys};
use crate::identity::{AccountKey, LockoutPolicy, LoginFailures, SigningKey};
use crate::ports::Inserted;

const POLICY: LockoutPolicy = LockoutPolicy {
    max_failures: 5,
    window: Duration::from_secs(60),
    lock_for: Duration::from_secs(600),
};

/// Tests a repository of failed logins.
pub fn login_failures(make: MakeLoginFailures<'_>) {
    failures_add_up_to_a_lock(make);
    of_failures_at_once_none_is_lost(make);
    what_counts_no_more_goes(make);
    what_is_forgotten_begins_anew(make);
}

/// Tests a repository of signing keys.
pub fn signing_keys(make: MakeSigningKeys<'_>) {
    keys_come_newest_first(make);
    a_key_ends_those_before_it(make);
    nothing_lives_longer_by_another_rotation(make);
    one_key_follows_another(make);
    of_first_keys_at_once_one_is_kept(make);
}

fn failures_add_up_to_a_lock(make: MakeLoginFailures<'_>) {
    let failures = make();
    let (ann, bob) = (AccountKey::of("ann"), AccountKey::of("bob"));
    assert!(failures.find(&[ann, bob]).unwrap().is_empty());
    for second in 1..5 {
        let known = failures.note(&ann, at(second), &POLICY).unwrap();
        let expected: Vec<_> = (1..=second).map(at).collect();
        assert_eq!(known, LoginFailures { recent: expected, locked_until: None });
    }
    failures.note(&bob, at(4), &POLICY).unwrap();
    let locked = failures.note(&ann, at(5), &POLICY).unwrap();
    assert_eq!(locked, LoginFailures { recent: vec![], locked_until: Some(at(605)) });
    let found = failures.find(&[bob, ann, AccountKey::of("carl")]).unwrap();
    assert_eq!((found.len(), &found[&ann]), (2, &locked));
    assert_eq!(found[&bob].recent, [at(4)]);
    assert_eq!(failures.note(&ann, at(6), &POLICY).unwrap(), locked);
}

fn of_failures_at_once_none_is_lost(make: MakeLoginFailures<'_>) {
    let failures = make();
    let ann = AccountKey::of("ann");
    thread::scope(|threads| {
        for _ in 0..5 {
            threads.spawn(|| failures.note(&ann, at(0), &POLICY).unwrap());
        }
    });
    assert!(failures.find(&[ann]).unwrap()[&ann].is_locked(at(1)));
}

fn what_counts_no_more_goes(make: MakeLoginFailures<'_>) {
    let failures = make();
    let (ann, bob) = (AccountKey::of("ann"), AccountKey::of("bob"));
    failures.note(&ann, at(0), &POLICY).unwrap();
    failures.note(&bob, at(59), &POLICY).unwrap();
    assert_eq!(failures.find(&[ann, bob]).unwrap().len(), 2);
    failures.note(&bob, at(60), &POLICY).unwrap();
    assert_eq!(failures.find(&[ann, bob]).unwrap().len(), 1);
}

fn what_is_forgotten_begins_anew(make: MakeLoginFailures<'_>) {
    let failures = make();
    let (ann, bob) = (AccountKey::of("ann"), AccountKey::of("bob"));
    for account in [ann, bob] {
        failures.note(&account, at(0), &POLICY).unwrap();
    }
    failures.forget(&ann).unwrap();
    failures.forget(&ann).unwrap();
    assert_eq!(failures.find(&[ann, bob]).unwrap().keys().collect::<Vec<_>>(), [&bob]);
    let again = failures.note(&ann, at(1), &POLICY).unwrap();
    assert_eq!(again.recent, [at(1)]);
}

fn key(id: &str, made: i64) -> SigningKey {
    let secret = vec![0, 255, made as u8];
    SigningKey { id: id.to_owned(), secret, made_at: at(made), good_until: None }
}

fn keys_come_newest_first(make: MakeSigningKeys<'_>) {
    let keys = make();
    assert_eq!(keys.list().unwrap(), []);
    keys.rotate(&key("a", 0), at(50)).unwrap();
    assert_eq!(keys.list().unwrap(), [key("a", 0)]);
    keys.rotate(&key("b", 10), at(50)).unwrap();
    let before = SigningKey { good_until: Some(at(50)), ..key("a", 0) };
    assert_eq!(keys.list().unwrap(), [key("b", 10), before]);
}

fn a_key_ends_those_before_it(make: MakeSigningKeys<'_>) {
    let keys = make();
    keys.rotate(&key("a", 0), at(0)).unwrap();
    keys.rotate(&key("b", 10), at(50)).unwrap();
    keys.rotate(&key("c", 50), at(90)).unwrap();
    let before = SigningKey { good_until: Some(at(90)), ..key("b", 10) };
    assert_eq!(keys.list().unwrap(), [key("c", 50), before], "the time of a is over");
    keys.rotate(&key("d", 60), at(60)).unwrap();
    assert_eq!(keys.list().unwrap(), [key("d", 60)], "there is no overlap");
}

fn nothing_lives_longer_by_another_rotation(make: MakeSigningKeys<'_>) {
    let keys = make();
    keys.rotate(&key("a", 0), at(0)).unwrap();
    keys.rotate(&key("b", 10), at(50)).unwrap();
    keys.rotate(&key("c", 20), at(60)).unwrap();
    let until = |id: &str, made, until| SigningKey { good_until: Some(at(until)), ..key(id, made) };
    assert_eq!(keys.list().unwrap(), [key("c", 20), until("b", 10, 60), until("a", 0, 50)]);
}

fn one_key_follows_another(make: MakeSigningKeys<'_>) {
    let keys = make();
    let after =
        |last: Option<&str>, new: &SigningKey| keys.rotate_after(last, new, at(50)).unwrap();
    assert_eq!(after(Some("a"), &key("b", 0)), Inserted::Taken, "there is none");
    assert_eq!(after(None, &key("a", 0)), Inserted::Stored);
    assert_eq!(after(None, &key("b", 0)), Inserted::Taken, "there is one");
    assert_eq!(keys.list().unwrap(), [key("a", 0)]);
    assert_eq!(after(Some("a"), &key("b", 0)), Inserted::Stored);
    assert_eq!(after(Some("a"), &key("c", 0)), Inserted::Taken, "it signs no more");
    let before = SigningKey { good_until: Some(at(50)), ..key("a", 0) };
    assert_eq!(keys.list().unwrap(), [key("b", 0), before], "of the same moment, by their ids");
}

fn of_first_keys_at_once_one_is_kept(make: MakeSigningKeys<'_>) {
    let keys = make();
    thread::scope(|threads| {
        for id in ["a", "b", "c", "d", "e"] {
            let keys = &keys;
            threads.spawn(move || keys.rotate_after(None, &key(id, 0), at(50)).unwrap());
        }
    });
    assert_eq!(keys.list().unwrap().len(), 1);
}
