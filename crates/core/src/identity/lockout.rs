//! How often a password may be wrong before its account is locked.

use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::Timestamp;

/// When an account is locked, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LockoutPolicy {
    /// So many failures lock the account; 0 never does.
    pub max_failures: u32,
    /// How long a failure counts.
    pub window: Duration,
    /// How long the account stays locked.
    pub lock_for: Duration,
}

impl Default for LockoutPolicy {
    /// Five failures within 15 minutes lock for 30.
    fn default() -> Self {
        let minutes = |n: u64| Duration::from_secs(n * 60);
        Self { max_failures: 5, window: minutes(15), lock_for: minutes(30) }
    }
}

/// Names an account, whether there is such a one or not: a digest, since what people type for a name is
/// now and then a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(pub [u8; 32]);

impl AccountKey {
    /// The account of this name.
    pub fn of(name: &str) -> Self {
        Self(Sha256::digest(name.as_bytes()).into())
    }
}

/// What is known of an account's failed logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoginFailures {
    /// When there were some, the oldest first.
    pub recent: Vec<Timestamp>,
    /// Until when the account is locked, or was.
    pub locked_until: Option<Timestamp>,
}

impl LoginFailures {
    /// Whether no password is good.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked_until.is_some_and(|until| now < until)
    }

    /// Whether there is something that a good login ends.
    pub fn is_something(&self) -> bool {
        *self != Self::default()
    }

    /// With one more. While the account is locked, more of them change nothing.
    #[must_use]
    pub fn and_another(self, now: Timestamp, policy: &LockoutPolicy) -> Self {
        if self.is_locked(now) {
            return self;
        }
        let counts = |at: &Timestamp| now < *at + policy.window;
        let mut recent: Vec<_> = self.recent.into_iter().filter(counts).collect();
        recent.push(now);
        if policy.max_failures > 0 && recent.len() >= policy.max_failures as usize {
            return Self { recent: vec![], locked_until: Some(now + policy.lock_for) };
        }
        Self { recent, locked_until: None }
    }

    /// From when on nothing of it counts any more.
    pub fn over_at(&self, policy: &LockoutPolicy) -> Timestamp {
        let last = self.recent.last().map(|last| *last + policy.window);
        last.max(self.locked_until).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: LockoutPolicy = LockoutPolicy {
        max_failures: 3,
        window: Duration::from_secs(10),
        lock_for: Duration::from_secs(100),
    };

    fn at(second: u64) -> Timestamp {
        Timestamp::UNIX_EPOCH + Duration::from_secs(second)
    }

    /// Fails at some seconds; answers from which second on the account is locked, if it is.
    fn locked_from(seconds: &[u64]) -> Option<u64> {
        let mut failures = LoginFailures::default();
        for second in seconds {
            failures = failures.and_another(at(*second), &POLICY);
            if failures.is_locked(at(*second)) {
                assert_eq!(failures.locked_until, Some(at(second + 100)));
                return Some(*second);
            }
        }
        None
    }

    #[test]
    fn so_many_within_the_window_lock() {
        assert_eq!(locked_from(&[0, 1]), None);
        assert_eq!(locked_from(&[0, 1, 2]), Some(2));
        assert_eq!(locked_from(&[0, 5, 9]), Some(9));
        assert_eq!(locked_from(&[0, 5, 10, 15, 20]), None, "each is out of the window by then");
        assert_eq!(locked_from(&[0, 9, 11, 12]), Some(12), "the window moves along");
    }

    #[test]
    fn a_lock_ends_by_itself_and_the_count_begins_anew() {
        let failures = LoginFailures { recent: vec![], locked_until: Some(at(100)) };
        assert!(failures.is_locked(at(99)) && !failures.is_locked(at(100)));
        assert_eq!(failures.clone().and_another(at(99), &POLICY), failures);
        let one = LoginFailures { recent: vec![at(100)], locked_until: None };
        assert_eq!(failures.and_another(at(100), &POLICY), one);
    }

    #[test]
    fn zero_never_locks() {
        let never = LockoutPolicy { max_failures: 0, ..POLICY };
        let failures = (0..9).fold(LoginFailures::default(), |f, n| f.and_another(at(n), &never));
        assert!(!failures.is_locked(at(9)));
    }

    #[test]
    fn it_is_known_when_nothing_counts_any_more() {
        let failures = LoginFailures { recent: vec![at(1), at(4)], locked_until: None };
        assert_eq!(failures.over_at(&POLICY), at(14));
        let locked = LoginFailures { recent: vec![], locked_until: Some(at(50)) };
        assert_eq!(locked.over_at(&POLICY), at(50));
    }
}
