//! Remembers which passwords fitted, so that a client that sends its password with every request
//! pays for argon2 once.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::ports::Clock;
use actiond_core::{Result, Timestamp};
use quick_cache::sync::{Cache, EntryAction, EntryResult};
use sha2::{Digest, Sha256};

use crate::{Passwords, random};

/// Passwords that verify at once what has fitted before.
///
/// That a password fits a hash stays true for ever: who has another password, or is removed, has another
/// hash, or none. It is remembered for a few minutes all the same, so that nobody finds the passwords of
/// a day in the memory of a server. What did not fit is not remembered, and costs the same every time.
/// What is remembered is a digest under a key that this process alone has.
pub(crate) struct FamiliarPasswords {
    inner: Arc<dyn Passwords>,
    /// Since when it is known.
    fitted: Cache<[u8; 32], Timestamp>,
    clock: Arc<dyn Clock>,
    keep: Duration,
    key: [u8; 32],
}

impl FamiliarPasswords {
    /// Remembers `at_most` so many, each for as long as `keep`.
    pub(crate) fn new(
        inner: Arc<dyn Passwords>,
        clock: Arc<dyn Clock>,
        keep: Duration,
        at_most: usize,
    ) -> Result<Self> {
        Ok(Self { inner, fitted: Cache::new(at_most), clock, keep, key: random::bytes()? })
    }

    pub(crate) fn hash(&self, password: &str) -> Result<String> {
        self.inner.hash(password)
    }

    /// Whether they fit. The same pair is verified by one thread at a time, if it comes for the same login:
    /// else it would show by the time which logins nobody has, for those share a hash.
    pub(crate) fn verify(&self, login: &str, hash: &str, password: &str) -> bool {
        let pair = self.digest(login, hash, password);
        let now = self.clock.now();
        let found = self.fitted.entry(&pair, None, |_, since| {
            if self.is_fresh(*since, now) {
                EntryAction::Retain(())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        let place = match found {
            EntryResult::Retained(()) => return true,
            EntryResult::Vacant(place) | EntryResult::Replaced(place, _) => Some(place),
            EntryResult::Timeout | EntryResult::Removed(..) => None,
        };
        let fits = self.inner.verify(hash, password);
        if let Some(place) = place.filter(|_| fits) {
            // It fails when the entry was pushed out meanwhile, which costs one verification more.
            let _ = place.insert(now);
        }
        fits
    }

    /// Whether they are known to fit, without a verification.
    pub(crate) fn knows(&self, login: &str, hash: &str, password: &str) -> bool {
        let since = self.fitted.get(&self.digest(login, hash, password));
        since.is_some_and(|since| self.is_fresh(since, self.clock.now()))
    }

    /// Not before it was known either: a clock that was set back makes nothing live longer.
    fn is_fresh(&self, since: Timestamp, now: Timestamp) -> bool {
        (since..since + self.keep).contains(&now)
    }

    fn digest(&self, login: &str, hash: &str, password: &str) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.key);
        for text in [login, hash] {
            digest.update((text.len() as u64).to_le_bytes());
            digest.update(text);
        }
        digest.update(password);
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use actiond_core::memory::ManualClock;

    use super::*;

    #[derive(Default)]
    struct Counting(AtomicUsize);

    impl Passwords for Counting {
        fn hash(&self, password: &str) -> Result<String> {
            Ok(password.to_owned())
        }

        fn verify(&self, hash: &str, password: &str) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst);
            hash == password
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn remembering(inner: &Arc<Counting>, clock: &Arc<ManualClock>) -> FamiliarPasswords {
        FamiliarPasswords::new(inner.clone(), clock.clone(), MINUTE, 100).unwrap()
    }

    fn check(pairs: &[(&str, &str)], verified: usize) {
        let inner = Arc::new(Counting::default());
        let passwords = remembering(&inner, &Arc::default());
        for (hash, password) in pairs {
            assert_eq!(passwords.verify("ann", hash, password), hash == password);
            assert_eq!(passwords.knows("ann", hash, password), hash == password);
        }
        assert_eq!(inner.0.load(Ordering::SeqCst), verified, "{pairs:?}");
    }

    #[test]
    fn what_fitted_is_not_verified_again_and_what_did_not_is() {
        check(&[("a", "a"), ("a", "a"), ("a", "a")], 1);
        check(&[("a", "b"), ("a", "b"), ("a", "a"), ("a", "b")], 4);
        check(&[("a", "a"), ("b", "b"), ("b", "a"), ("ab", ""), ("", "ab")], 5);
    }

    #[test]
    fn what_fitted_is_forgotten_after_a_while() {
        let (inner, clock) = (Arc::new(Counting::default()), Arc::new(ManualClock::default()));
        let passwords = remembering(&inner, &clock);
        let verified = || inner.0.load(Ordering::SeqCst);
        assert!(passwords.verify("ann", "a", "a"));
        clock.advance(MINUTE - Duration::from_micros(1));
        assert!(
            passwords.knows("ann", "a", "a")
                && passwords.verify("ann", "a", "a")
                && verified() == 1
        );
        clock.advance(Duration::from_micros(1));
        assert!(!passwords.knows("ann", "a", "a"));
        assert!(passwords.verify("ann", "a", "a") && verified() == 2);
        assert!(passwords.knows("ann", "a", "a") && !passwords.knows("bob", "a", "a"));
    }

    #[test]
    fn a_burst_of_the_same_login_is_verified_once() {
        let inner = Arc::new(Counting::default());
        let passwords = remembering(&inner, &Arc::default());
        std::thread::scope(|threads| {
            for _ in 0..64 {
                threads.spawn(|| assert!(passwords.verify("ann", "a", "a")));
            }
        });
        assert_eq!(inner.0.load(Ordering::SeqCst), 1);
    }
}
