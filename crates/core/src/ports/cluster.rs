//! What cluster actions need.

use super::{Inserted, Swapped};
use crate::cluster::{ActionKey, ClusterAction, ExclusionKey, TaskId};
use crate::error::Result;

/// Keeps the one known run of each action: in progress, or the last one that ended.
pub trait ClusterActionRepository: Send + Sync {
    /// All that are kept, by target and name.
    fn list(&self) -> Result<Vec<ClusterAction>>;

    /// The run of `key` that is kept.
    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>>;

    /// The run with this id.
    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>>;

    /// Stores a queued action together with what it must hold alone, in one transaction; an ended
    /// run of the same key is removed by it. [`Inserted::Taken`] when any of `exclusions` is held.
    /// A unique index decides.
    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted>;

    /// Stores `action` (all but its id and key, and what was accepted with it: parameters, attempts,
    /// origin) as the revision that follows `action.revision`, if the store still has that one.
    /// What it held alone is released when its status is terminal.
    fn update(&self, action: &ClusterAction) -> Result<Swapped>;

    /// Removes an ended action, if the store still has `action.revision`.
    fn remove(&self, action: &ClusterAction) -> Result<Swapped>;

    /// The queued ones, oldest first, at most `limit`.
    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>>;

    /// The ones that a runner holds.
    fn owned(&self) -> Result<Vec<ClusterAction>>;
}

/// Wakes the runner. A lost ring costs time, never correctness: the runner also looks by itself.
pub trait RunnerSignal: Send + Sync {
    /// Something was queued, or a cancel was asked for.
    fn ring(&self);
}
