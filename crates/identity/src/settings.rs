//! What an operator can set about local identity.

use std::ops::RangeInclusive;
use std::time::Duration;

use actiond_core::identity::LockoutPolicy;
use actiond_core::{Error, Result};

/// Shortest and longest life of a token: a second and a year.
const TOKEN_LIFETIME: RangeInclusive<u64> = 1..=365 * 24 * 60 * 60;
/// Longest time that a token is remembered, in seconds.
const MAX_REMEMBER_FOR: u64 = 300;

/// The settings of [`LocalIdentity`](crate::LocalIdentity).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalSettings {
    /// How long a token is good for.
    pub token_lifetime: Duration,
    /// How long a validated token is believed without asking the store. The removal of a user and a
    /// change of its password reach its tokens within this time; zero asks the store every time.
    pub remember_for: Duration,
    /// How many tokens are remembered at most, and how many passwords that fitted.
    pub remember_at_most: usize,
    /// How long it is remembered that a password fits. Another password counts at once all the same.
    pub remember_passwords_for: Duration,
    /// When wrong passwords lock an account.
    pub lockout: LockoutPolicy,
}

impl Default for LocalSettings {
    /// Tokens live for an hour; ten thousand are remembered for five seconds, and as many passwords
    /// for five minutes.
    fn default() -> Self {
        Self {
            token_lifetime: Duration::from_secs(60 * 60),
            remember_for: Duration::from_secs(5),
            remember_at_most: 10_000,
            remember_passwords_for: Duration::from_secs(5 * 60),
            lockout: LockoutPolicy::default(),
        }
    }
}

impl LocalSettings {
    /// Refuses what cannot be meant.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting that is out of bounds.
    pub fn check(&self) -> Result<()> {
        if !TOKEN_LIFETIME.contains(&self.token_lifetime.as_secs()) {
            return Err(Error::invalid("token_lifetime", "must be from one second to 365 days"));
        }
        let lockout = &self.lockout;
        for (field, time) in
            [("lockout_window", lockout.window), ("lockout_time", lockout.lock_for)]
        {
            if !TOKEN_LIFETIME.contains(&time.as_secs()) {
                return Err(Error::invalid(field, "must be from one second to 365 days"));
            }
        }
        if self.remember_for > Duration::from_secs(MAX_REMEMBER_FOR) {
            let reason = format!("must be at most {MAX_REMEMBER_FOR} seconds");
            return Err(Error::invalid("remember_for", reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_cannot_be_meant() {
        let default = LocalSettings::default();
        default.check().unwrap();
        for (settings, field) in [
            (LocalSettings { token_lifetime: Duration::ZERO, ..default }, "token_lifetime"),
            (LocalSettings { token_lifetime: Duration::MAX, ..default }, "token_lifetime"),
            (LocalSettings { remember_for: Duration::from_secs(301), ..default }, "remember_for"),
        ] {
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
    }
}
