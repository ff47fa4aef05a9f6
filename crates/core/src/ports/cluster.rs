//! What cluster actions need.

use super::{Inserted, Swapped};
use crate::Timestamp;
use crate::cluster::{ActionKey, ClusterAction, ExclusionKey, TaskId};
use crate::error::Result;
use crate::once::{Digest, Receipt};

/// What became of a run that was to wait for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Enqueued {
    /// It waits.
    Waits,
    /// As many wait already as may; nothing was stored.
    Full,
    /// Another came at the same moment; nothing was stored.
    Again,
}

/// Keeps the runs of each action: the one whose turn it is (in progress, or the last that was), those
/// that wait for theirs, and for a while those whose turn is over.
pub trait ClusterActionRepository: Send + Sync {
    /// All that are kept, by target and name, and in the order in which they came.
    fn list(&self) -> Result<Vec<ClusterAction>>;

    /// The run of `key` whose turn it is.
    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>>;

    /// The run with this id.
    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>>;

    /// Stores a queued action together with what it must hold alone, in one transaction; an ended
    /// run of the same key is removed by it, and so are those whose turn is over and which ended more
    /// than [`KEPT`](crate::cluster::Turn::KEPT) before it was queued. [`Inserted::Taken`] when any of
    /// `exclusions` is held. A unique index decides.
    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted>;

    /// As [`ClusterActionRepository::insert`], with a receipt. [`Inserted::Taken`] also when one of its
    /// name is kept that has not expired.
    fn insert_once(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        receipt: &Receipt,
    ) -> Result<Inserted>;

    /// Stores a run at the end of the line, whatever its `turn` says; it holds nothing alone yet. It is
    /// [`Enqueued::Full`] when `limit` of its key wait, of however many that come at once. It removes
    /// what [`ClusterActionRepository::insert`] does of those whose turn is over.
    fn enqueue(&self, action: &ClusterAction, limit: u32) -> Result<Enqueued>;

    /// As [`ClusterActionRepository::enqueue`], with a receipt. [`Enqueued::Again`] also when one of its
    /// name is kept that has not expired.
    fn enqueue_once(
        &self,
        action: &ClusterAction,
        limit: u32,
        receipt: &Receipt,
    ) -> Result<Enqueued>;

    /// The receipt of this name, expired or not.
    fn recall(&self, name: &Digest) -> Result<Option<Receipt>>;

    /// Those that wait for their turn, first come first.
    fn waiting(&self) -> Result<Vec<ClusterAction>>;

    /// Makes it the turn of a run that waits, as [`ClusterActionRepository::insert`] stores a new one:
    /// together with what it must hold alone. The turn of an ended run of the same key is over by it,
    /// and those whose turn is over, and which ended before `kept_since`, are removed. Each of the two
    /// is at its next revision then.
    /// [`Inserted::Taken`] when any of `exclusions` is held, or the run does not wait any more.
    fn admit(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        kept_since: Timestamp,
    ) -> Result<Inserted>;

    /// Stores `action` (all but its id and key, and what was accepted with it: parameters, attempts,
    /// origin) as the revision that follows `action.revision`, if the store still has that one.
    /// What it held alone is released when its status is terminal.
    fn update(&self, action: &ClusterAction) -> Result<Swapped>;

    /// Removes an ended run, if the store still has `action.revision`.
    fn remove(&self, action: &ClusterAction) -> Result<Swapped>;

    /// The queued ones whose turn it is, oldest first, at most `limit`.
    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>>;

    /// The ones that a runner holds.
    fn owned(&self) -> Result<Vec<ClusterAction>>;
}

/// Wakes the runner. A lost ring costs time, never correctness: the runner also looks by itself.
pub trait RunnerSignal: Send + Sync {
    /// Something was queued, or a cancel was asked for.
    fn ring(&self);
}
