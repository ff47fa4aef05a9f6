//! A clock that is set by hand, ids that count, a bell that nobody hears.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use uuid::Uuid;

use super::lock;
use crate::Timestamp;
use crate::ports::{Clock, Ids, RunnerSignal};

/// A clock that stands still until it is told to go on.
#[derive(Debug)]
pub struct ManualClock(Mutex<Timestamp>);

impl ManualClock {
    /// Starts at `now`.
    pub fn at(now: Timestamp) -> Self {
        Self(Mutex::new(now))
    }

    /// Goes on by `step`.
    pub fn advance(&self, step: Duration) {
        *lock(&self.0) += step;
    }
}

impl Default for ManualClock {
    /// Starts at the Unix epoch.
    fn default() -> Self {
        Self::at(Timestamp::UNIX_EPOCH)
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.0)
    }
}

/// Ids that count from 1.
#[derive(Debug, Default)]
pub struct CountingIds(AtomicU64);

impl Ids for CountingIds {
    fn uuid(&self) -> Uuid {
        Uuid::from_u64_pair(0, self.0.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A bell that nobody hears: for a runner that is stepped by hand.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentSignal;

impl RunnerSignal for SilentSignal {
    fn ring(&self) {}
}
