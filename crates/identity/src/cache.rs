//! Remembers for a short while whom a token stands for.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::access::Caller;
use actiond_core::identity::TokenDigest;
use actiond_core::ports::Clock;
use actiond_core::{Error, Result, Timestamp};
use anyhow::anyhow;
use quick_cache::sync::{Cache, EntryAction, EntryResult};

/// How long a request waits for another one that is validating the same token.
const PATIENCE: Duration = Duration::from_secs(15);

/// What a provider found out about a token.
#[derive(Clone, Debug)]
pub struct Validated {
    /// Whom it stands for.
    pub caller: Arc<Caller>,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Callers by the digest of their token, for any provider.
///
/// An entry is good for a fixed time from the moment that its validation began, and never past the
/// token's expiry. The cache is bounded; what is used least goes first.
pub struct CallerCache {
    entries: Cache<TokenDigest, Entry>,
    clock: Arc<dyn Clock>,
    keep: Duration,
}

#[derive(Clone)]
struct Entry {
    caller: Arc<Caller>,
    from: Timestamp,
    until: Timestamp,
}

impl Entry {
    /// Not before it was made either: a clock that was set back makes nothing live longer.
    fn is_good(&self, now: Timestamp) -> bool {
        (self.from..self.until).contains(&now)
    }
}

impl CallerCache {
    /// Holds up to about `at_most` entries, each for `keep`.
    pub fn new(clock: Arc<dyn Clock>, keep: Duration, at_most: usize) -> Self {
        Self { entries: Cache::new(at_most), clock, keep }
    }

    /// The caller, if it is remembered: one look-up, without waiting for anybody.
    pub fn get(&self, token: &TokenDigest) -> Option<Arc<Caller>> {
        let entry = self.entries.get(token)?;
        entry.is_good(self.clock.now()).then_some(entry.caller)
    }

    /// The caller, remembered or as `validate` says. One validation of a token is under way at a
    /// time; whoever comes meanwhile waits for it, and for another only when it fails.
    ///
    /// # Errors
    /// Those of `validate`, which are not remembered; [`Error::Unavailable`] when the wait for
    /// another's validation takes too long.
    pub fn get_or_validate(
        &self,
        token: &TokenDigest,
        validate: impl FnOnce() -> Result<Validated>,
    ) -> Result<Arc<Caller>> {
        let found = self.entries.entry(token, Some(PATIENCE), |_, entry| {
            if entry.is_good(self.clock.now()) {
                EntryAction::Retain(Arc::clone(&entry.caller))
            } else {
                EntryAction::ReplaceWithGuard
            }
        });
        let place = match found {
            EntryResult::Retained(caller) => return Ok(caller),
            EntryResult::Vacant(place) | EntryResult::Replaced(place, _) => place,
            EntryResult::Timeout | EntryResult::Removed(..) => return Err(out_of_patience()),
        };
        let from = self.clock.now();
        let Validated { caller, expires_at } = validate()?;
        let until = expires_at.min(from + self.keep);
        // It fails when the entry was pushed out meanwhile, which only costs the next a validation.
        let _ = place.insert(Entry { caller: Arc::clone(&caller), from, until });
        Ok(caller)
    }
}

fn out_of_patience() -> Error {
    Error::Unavailable {
        reason: "the identity provider takes too long to answer",
        cause: anyhow!("waited {PATIENCE:?} for another request's validation of the same token"),
    }
}
