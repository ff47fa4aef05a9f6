//! What is remembered of tokens, and for how long.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};

use actiond_core::access::Caller;
use actiond_core::identity::{TokenDigest, TokenRecord};
use actiond_core::memory::ManualClock;
use actiond_core::ports::{Clock, TokenRepository};
use actiond_core::{Error, Result, Timestamp};
use actiond_identity::{TokenCache, Validated};

use crate::house::{House, MICROSECOND, SECOND};

/// A cache, and a validator that counts how often it is asked.
struct Fixture {
    clock: Arc<ManualClock>,
    cache: TokenCache<Arc<Caller>>,
    asked: AtomicUsize,
}

impl Fixture {
    fn new(at_most: usize) -> Self {
        let clock = Arc::new(ManualClock::default());
        let cache = TokenCache::new(clock.clone(), 5 * SECOND, at_most);
        Self { clock, cache, asked: AtomicUsize::new(0) }
    }

    fn ask(&self, token: &str, expires_at: Timestamp) -> Result<Arc<Caller>> {
        self.cache.get_or_validate(&TokenDigest::of(token), || {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Ok(Validated { value: caller(token), good_until: expires_at })
        })
    }

    fn knows(&self, token: &str) -> bool {
        self.cache.get(&TokenDigest::of(token)).is_some()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

fn caller(name: &str) -> Arc<Caller> {
    Arc::new(Caller { user_id: name.into(), name: name.into(), ..Caller::default() })
}

#[test]
fn a_token_is_remembered_for_its_time() {
    let fixture = Fixture::new(100);
    let expires_at = fixture.clock.now() + 3600 * SECOND;
    assert!(!fixture.knows("t"));
    fixture.ask("t", expires_at).unwrap();
    fixture.clock.advance(5 * SECOND - MICROSECOND);
    assert!(fixture.knows("t"));
    fixture.ask("t", expires_at).unwrap();
    assert_eq!(fixture.asked(), 1);
    fixture.clock.advance(MICROSECOND);
    assert!(!fixture.knows("t"), "being used does not make it live longer");
    fixture.ask("t", expires_at).unwrap();
    assert_eq!(fixture.asked(), 2);
    assert!(fixture.knows("t"));
}

#[test]
fn a_token_is_not_remembered_past_its_expiry() {
    let fixture = Fixture::new(100);
    fixture.ask("t", fixture.clock.now() + 2 * SECOND).unwrap();
    fixture.clock.advance(2 * SECOND - MICROSECOND);
    assert!(fixture.knows("t"));
    fixture.clock.advance(MICROSECOND);
    assert!(!fixture.knows("t"));
}

#[test]
fn failures_are_not_remembered() {
    let fixture = Fixture::new(100);
    let digest = TokenDigest::of("t");
    for _ in 0..3 {
        let refused = fixture.cache.get_or_validate(&digest, || {
            fixture.asked.fetch_add(1, Ordering::SeqCst);
            Err(Error::Unauthenticated)
        });
        assert!(matches!(refused, Err(Error::Unauthenticated)));
    }
    assert_eq!(fixture.asked(), 3);
    fixture.ask("t", fixture.clock.now() + SECOND).unwrap();
    assert!(fixture.knows("t"));
}

#[test]
fn one_validation_of_a_token_is_under_way_at_a_time() {
    const THREADS: usize = 64;
    let fixture = Fixture::new(100);
    let digest = TokenDigest::of("t");
    let arrived = AtomicUsize::new(0);
    let ask = || {
        arrived.fetch_add(1, Ordering::SeqCst);
        fixture.cache.get_or_validate(&digest, || {
            fixture.asked.fetch_add(1, Ordering::SeqCst);
            // Nobody is answered before everybody has asked.
            while arrived.load(Ordering::SeqCst) < THREADS {
                std::thread::yield_now();
            }
            Ok(Validated { value: caller("ann"), good_until: fixture.clock.now() + 60 * SECOND })
        })
    };
    for round in 1..=3 {
        arrived.store(0, Ordering::SeqCst);
        std::thread::scope(|threads| {
            let answers: Vec<_> = (0..THREADS).map(|_| threads.spawn(ask)).collect();
            for answer in answers {
                assert_eq!(answer.join().unwrap().unwrap().name, "ann");
            }
        });
        assert_eq!(fixture.asked(), round, "once in each round, also over an entry that is old");
        fixture.clock.advance(5 * SECOND);
    }
}

#[test]
fn those_who_wait_for_a_failure_ask_themselves() {
    let fixture = Fixture::new(100);
    let digest = TokenDigest::of("t");
    let barrier = Barrier::new(8);
    std::thread::scope(|threads| {
        for _ in 0..8 {
            threads.spawn(|| {
                barrier.wait();
                let answer = fixture.cache.get_or_validate(&digest, || {
                    fixture.asked.fetch_add(1, Ordering::SeqCst);
                    Err(Error::Unauthenticated)
                });
                assert!(matches!(answer, Err(Error::Unauthenticated)));
            });
        }
    });
    assert_eq!(fixture.asked(), 8);
}

#[test]
fn tokens_do_not_wait_for_each_other() {
    let fixture = Fixture::new(100);
    let expires_at = fixture.clock.now() + SECOND;
    let outer = fixture.cache.get_or_validate(&TokenDigest::of("a"), || {
        fixture.ask("b", expires_at)?;
        Ok(Validated { value: caller("a"), good_until: expires_at })
    });
    assert_eq!(outer.unwrap().name, "a");
    assert!(fixture.knows("a") && fixture.knows("b"));
}

#[test]
fn the_cache_is_bounded() {
    let fixture = Fixture::new(100);
    let expires_at = fixture.clock.now() + SECOND;
    for token in 0..10_000 {
        fixture.ask(&token.to_string(), expires_at).unwrap();
    }
    let known = (0..10_000).filter(|token| fixture.knows(&token.to_string())).count();
    assert!((1..=200).contains(&known), "{known}");
}

#[test]
fn local_tokens_are_remembered_without_the_store() {
    let house = House::with_ann();
    let token = house.anns_token();
    assert!(house.remembered(&token).is_none());
    let caller = house.by_token(&token).unwrap();
    // A token that comes much later takes the expired ones away.
    let (issued_at, digest) = (house.clock.now() + 7200 * SECOND, TokenDigest::of("another"));
    let later = TokenRecord {
        digest,
        user_id: "another".into(),
        project: None,
        chain: None,
        issued_at,
        expires_at: issued_at,
    };
    house.tokens.insert(&later).unwrap();
    let again = house.remembered(&token).unwrap();
    assert!(Arc::ptr_eq(&caller, &again));
    assert!(Arc::ptr_eq(&caller, &house.by_token(&token).unwrap()));
    house.clock.advance(5 * SECOND);
    assert!(matches!(house.by_token(&token), Err(Error::Unauthenticated)));
}
