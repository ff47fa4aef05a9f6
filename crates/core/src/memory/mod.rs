//! The ports in memory, for tests and for programs that need no database.
//!
//! They behave as the databases do: the same suite of tests runs on all.

mod cluster;
mod identity;
mod login;
mod project;
mod receipts;
mod time;

pub use cluster::MemoryClusterActions;
pub use identity::{MemoryTokens, MemoryUsers};
pub use login::{MemoryLoginFailures, MemorySigningKeys};
pub use project::MemoryProjectActions;
pub use time::{CountingIds, ManualClock, SilentSignal};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks; a panic of another thread while it held the lock leaves the data as it was, and usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
