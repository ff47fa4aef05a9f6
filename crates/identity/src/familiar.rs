//! Remembers which passwords fitted, so that a client that sends its password with every request
//! pays for argon2 once.

use std::sync::Arc;

use actiond_core::Result;
use quick_cache::sync::{Cache, GuardResult};
use sha2::{Digest, Sha256};

use crate::{Passwords, random};

/// Passwords that verify at once what has fitted before.
///
/// That a password fits a hash stays true for ever, so nothing here grows old: who has another
/// password, or is removed, has another hash, or none. What did not fit is not remembered, and costs
/// the same every time. What is remembered is a digest under a key that this process alone has, and
/// not for longer than it lives.
pub(crate) struct FamiliarPasswords {
    inner: Arc<dyn Passwords>,
    fitted: Cache<[u8; 32], ()>,
    key: [u8; 32],
}

impl FamiliarPasswords {
    pub(crate) fn new(inner: Arc<dyn Passwords>, at_most: usize) -> Result<Self> {
        Ok(Self { inner, fitted: Cache::new(at_most), key: random::bytes()? })
    }

    pub(crate) fn hash(&self, password: &str) -> Result<String> {
        self.inner.hash(password)
    }

    /// Whether they fit. The same pair is verified by one thread at a time.
    pub(crate) fn verify(&self, hash: &str, password: &str) -> bool {
        let pair = self.digest(hash, password);
        let place = match self.fitted.get_value_or_guard(&pair, None) {
            GuardResult::Value(()) => return true,
            GuardResult::Guard(place) => Some(place),
            GuardResult::Timeout => None,
        };
        let fits = self.inner.verify(hash, password);
        if let Some(place) = place.filter(|_| fits) {
            // It fails when the entry was pushed out meanwhile, which costs one verification more.
            let _ = place.insert(());
        }
        fits
    }

    /// Whether they are known to fit, without a verification.
    pub(crate) fn knows(&self, hash: &str, password: &str) -> bool {
        self.fitted.get(&self.digest(hash, password)).is_some()
    }

    fn digest(&self, hash: &str, password: &str) -> [u8; 32] {
        let mut digest = Sha256::new_with_prefix(self.key);
        digest.update((hash.len() as u64).to_le_bytes());
        digest.update(hash);
        digest.update(password);
        digest.finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

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

    fn check(pairs: &[(&str, &str)], verified: usize) {
        let inner = Arc::new(Counting::default());
        let passwords = FamiliarPasswords::new(inner.clone(), 100).unwrap();
        for (hash, password) in pairs {
            assert_eq!(passwords.verify(hash, password), hash == password);
            assert_eq!(passwords.knows(hash, password), hash == password);
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
    fn a_burst_of_the_same_login_is_verified_once() {
        let inner = Arc::new(Counting::default());
        let passwords = FamiliarPasswords::new(inner.clone(), 100).unwrap();
        std::thread::scope(|threads| {
            for _ in 0..64 {
                threads.spawn(|| assert!(passwords.verify("a", "a")));
            }
        });
        assert_eq!(inner.0.load(Ordering::SeqCst), 1);
    }
}
