//! Remembers for a short while what a token was found to say.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::identity::TokenDigest;
use actiond_core::ports::Clock;
use actiond_core::{Error, Result, Timestamp};
use anyhow::anyhow;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

/// How long a request waits for another one that is validating the same token.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a provider found out about a token.
#[derive(Clone, Debug)]
pub struct Validated<V> {
    /// What it says.
    pub value: V,
    /// Until when that is so.
    pub good_until: Timestamp,
}

/// What tokens say, by their digest, for any provider.
///
/// An entry is good for a fixed time from the moment that its validation began, and never past the
/// time that the provider says. The cache is bounded; what is used least goes first.
pub struct TokenCache<V> {
    entries: Cache<TokenDigest, Entry<V>>,
    clock: Arc<dyn Clock>,
    keep: Duration,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    from: Timestamp,
    until: Timestamp,
}

impl<V> Entry<V> {
    /// Not before it was made either: a clock that was set back makes nothing live longer.
    fn is_good(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
    }
}

impl<V: Clone> TokenCache<V> {
    /// Holds up to about `at_most` entries, each for `keep`.
    pub fn new(clock: Arc<dyn Clock>, keep: Duration, at_most: usize) -> Self {
        Self { entries: Cache::new(at_most), clock, keep }
    }

    /// What the token says, if it is remembered: one look-up, without waiting for anybody.
    pub fn get(&self, token: &TokenDigest) -> Option<V> {
        let entry = self.entries.get(token)?;
        entry.is_good(self.clock.now()).then_some(entry.value)
    }

    /// Forgets everything. What is being validated is remembered all the same.
    pub fn clear(&self) {
        self.entries.clear();
    }

    /// What the token says, remembered or as `validate` finds out. One validation of a token is under
    /// way at a time; whoever comes meanwhile waits for it, and for another only when it fails.
    ///
    /// # Errors
    /// Those of `validate`, which are not remembered; [`Error::Unavailable`] when the wait for
    /// another's validation takes too long.
    pub fn get_or_validate(
        &self,
        token: &TokenDigest,
        validate: impl FnOnce() -> Result<Validated<V>>,
    ) -> Result<V> {
        let found = self.entries.entry(token, Some(PATIENCE), |_, entry| {
            if entry.is_good(self.clock.now()) {
                EntryAction::Retain(entry.value.clone())
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        let place = match found {
            EntryResult::Retained(value) => return Ok(value),
            EntryResult::Vacant(place) | EntryResult::Replaced(place, _) => place,
            EntryResult::Timeout | EntryResult::Removed(..) => return Err(out_of_patience()),
        };
        let from = self.clock.now();
        let Validated { value, good_until } = validate()?;
        let until = good_until.min(from + self.keep);
        // It fails when the entry was pushed out meanwhile, which only costs the next a validation.
        let _ = place.insert(Entry { value: value.clone(), from, until });
        Ok(value)
    }
}

fn out_of_patience() -> Error {
    Error::Unavailable {
        reason: "the identity provider takes too long to answer",
        cause: anyhow!("waited {PATIENCE:?} for another request's validation of the same token"),
    }
}
