//! Tokens of the cluster face, and the keys that they are signed with.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;
use crate::error::{Error, Result};

/// A key that tokens are signed with. The newest signs; those before it are good for what they have
/// signed, until their time is over.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// What tokens name it by (`kid`).
    pub id: String,
    /// The key itself. A secret.
    pub secret: Vec<u8>,
    /// When it was made.
    pub made_at: Timestamp,
    /// From when on it is good for nothing; `None` for the one that signs.
    pub good_until: Option<Timestamp>,
}

impl SigningKey {
    /// Whether what it has signed is good.
    pub fn is_good(&self, now: Timestamp) -> bool {
        self.good_until.is_none_or(|until| now < until)
    }
}

impl fmt::Debug for SigningKey {
    /// Leaves the secret out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

/// How long a token is good: a second to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenLife(Duration);

impl TokenLife {
    /// The longest.
    pub const MAX: Self = Self(Duration::from_secs(86_400));

    /// So many seconds.
    ///
    /// # Errors
    /// [`Error::Invalid`] for none, and for more than a day.
    pub fn from_seconds(seconds: u64) -> Result<Self> {
        if (1..=86_400).contains(&seconds) {
            return Ok(Self(Duration::from_secs(seconds)));
        }
        Err(Error::invalid("ttl", "must be a whole number of seconds from 1 to 86400"))
    }

    /// As a duration.
    pub fn duration(self) -> Duration {
        self.0
    }
}

impl Default for TokenLife {
    /// Five minutes.
    fn default() -> Self {
        Self(Duration::from_secs(300))
    }
}

/// A token that has just been signed.
#[derive(Clone)]
pub struct ClusterToken {
    /// The token. A secret.
    pub token: String,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

impl fmt::Debug for ClusterToken {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClusterToken").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_for_a_second_to_a_day() {
        for good in [1, 300, 86_400] {
            let life = TokenLife::from_seconds(good).unwrap();
            assert_eq!(life.duration(), Duration::from_secs(good));
        }
        for bad in [0, 86_401, u64::MAX] {
            let said = TokenLife::from_seconds(bad).unwrap_err().to_string();
            assert_eq!(said, "ttl: must be a whole number of seconds from 1 to 86400");
        }
    }
}
