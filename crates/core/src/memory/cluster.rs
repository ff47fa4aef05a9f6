//! Cluster actions in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::lock;
use super::receipts::Receipts;
use crate::Timestamp;
use crate::cluster::{ActionKey, ActionStatus, ClusterAction, ExclusionKey, TaskId, Turn};
use crate::error::Result;
use crate::once::{Digest, Receipt};
use crate::ports::{ClusterActionRepository, Enqueued, Inserted, Swapped};

/// Keeps cluster actions as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryClusterActions(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    runs: BTreeMap<TaskId, ClusterAction>,
    exclusions: BTreeMap<ExclusionKey, TaskId>,
    receipts: Receipts,
}

impl Tables {
    fn insert(&mut self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Inserted {
        if !self.is_free(&action.key, exclusions) {
            return Inserted::Taken;
        }
        self.sweep(Turn::kept_since(action.queued_at));
        self.runs.retain(|_, run| run.key != action.key || run.turn != Turn::Now);
        self.store(action.clone(), exclusions);
        Inserted::Stored
    }

    fn enqueue(&mut self, action: &ClusterAction, limit: u32) -> Enqueued {
        self.sweep(Turn::kept_since(action.queued_at));
        let waiting = self.runs.values().filter(|run| run.turn.is_waiting());
        if waiting.clone().filter(|run| run.key == action.key).count() >= limit as usize {
            return Enqueued::Full;
        }
        let last = waiting.map(|run| run.turn).max();
        let place = if let Some(Turn::Waiting(last)) = last { last + 1 } else { 1 };
        self.store(ClusterAction { turn: Turn::Waiting(place), ..action.clone() }, &[]);
        Enqueued::Waits
    }

    /// Removes those whose turn is over, and which ended before `kept_since`.
    fn sweep(&mut self, kept_since: Timestamp) {
        self.runs.retain(|_, run| !run.is_forgotten(kept_since));
    }

    /// The stored run that `action` was read from, if nothing has changed since.
    fn compare(&self, action: &ClusterAction) -> Swapped {
        match self.runs.get(&action.task_id) {
            Some(stored) if stored.revision != action.revision => Swapped::Changed,
            Some(_) => Swapped::Updated,
            None => Swapped::Gone,
        }
    }

    /// The run of `key` whose turn it is.
    fn now(&self, key: &ActionKey) -> Option<&ClusterAction> {
        self.runs.values().find(|run| run.key == *key && run.turn == Turn::Now)
    }

    /// Whether a run of `key` may have its turn, and hold these alone.
    fn is_free(&self, key: &ActionKey, exclusions: &[ExclusionKey]) -> bool {
        let is_held = exclusions.iter().any(|key| self.exclusions.contains_key(key));
        !is_held && self.now(key).is_none_or(|last| last.status.is_terminal())
    }

    /// It is the turn of this run.
    fn store(&mut self, action: ClusterAction, exclusions: &[ExclusionKey]) {
        self.exclusions.extend(exclusions.iter().map(|key| (key.clone(), action.task_id)));
        self.runs.insert(action.task_id, action);
    }

    fn sorted<K: Ord>(
        &self,
        wanted: impl Fn(&ClusterAction) -> bool,
        order: impl Fn(&ClusterAction) -> K,
    ) -> Vec<ClusterAction> {
        let mut found: Vec<_> = self.runs.values().filter(|run| wanted(run)).cloned().collect();
        found.sort_by_key(|run| (order(run), run.queued_at, run.task_id));
        found
    }
}

impl ClusterActionRepository for MemoryClusterActions {
    fn list(&self) -> Result<Vec<ClusterAction>> {
        Ok(lock(&self.0).sorted(|_| true, |run| run.key.clone()))
    }

    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>> {
        Ok(lock(&self.0).now(key).cloned())
    }

    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>> {
        Ok(lock(&self.0).runs.get(&task).cloned())
    }

    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted> {
        Ok(lock(&self.0).insert(action, exclusions))
    }

    fn insert_once(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        receipt: &Receipt,
    ) -> Result<Inserted> {
        let mut tables = lock(&self.0);
        if !tables.receipts.has_room(receipt) {
            return Ok(Inserted::Taken);
        }
        let inserted = tables.insert(action, exclusions);
        if inserted == Inserted::Stored {
            tables.receipts.keep(receipt);
        }
        Ok(inserted)
    }

    fn enqueue(&self, action: &ClusterAction, limit: u32) -> Result<Enqueued> {
        Ok(lock(&self.0).enqueue(action, limit))
    }

    fn enqueue_once(
        &self,
        action: &ClusterAction,
        limit: u32,
        receipt: &Receipt,
    ) -> Result<Enqueued> {
        let mut tables = lock(&self.0);
        if !tables.receipts.has_room(receipt) {
            return Ok(Enqueued::Again);
        }
        let enqueued = tables.enqueue(action, limit);
        if enqueued == Enqueued::Waits {
            tables.receipts.keep(receipt);
        }
        Ok(enqueued)
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        Ok(lock(&self.0).receipts.find(name))
    }

    fn waiting(&self) -> Result<Vec<ClusterAction>> {
        Ok(lock(&self.0).sorted(|run| run.turn.is_waiting(), |run| run.turn))
    }

    fn admit(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        kept_since: Timestamp,
    ) -> Result<Inserted> {
        let mut tables = lock(&self.0);
        let stored = tables.runs.get(&action.task_id).filter(|run| run.turn.is_waiting()).cloned();
        let Some(run) = stored.filter(|_| tables.is_free(&action.key, exclusions)) else {
            return Ok(Inserted::Taken);
        };
        tables.sweep(kept_since);
        for run in tables.runs.values_mut() {
            if run.key == action.key && run.turn == Turn::Now {
                run.turn = Turn::Over;
                run.revision += 1;
            }
        }
        let revision = run.revision + 1;
        tables.store(ClusterAction { turn: Turn::Now, revision, ..run }, exclusions);
        Ok(Inserted::Stored)
    }

    fn update(&self, action: &ClusterAction) -> Result<Swapped> {
        let mut tables = lock(&self.0);
        let swapped = tables.compare(action);
        if let (Swapped::Updated, Some(stored)) = (swapped, tables.runs.get(&action.task_id)) {
            let accepted = stored.clone();
            let next = ClusterAction {
                revision: action.revision + 1,
                parameters: accepted.parameters,
                max_attempts: accepted.max_attempts,
                requested_by: accepted.requested_by,
                queued_at: accepted.queued_at,
                ..action.clone()
            };
            if next.status.is_terminal() {
                tables.exclusions.retain(|_, task| *task != next.task_id);
            }
            tables.runs.insert(next.task_id, next);
        }
        Ok(swapped)
    }

    fn remove(&self, action: &ClusterAction) -> Result<Swapped> {
        let mut tables = lock(&self.0);
        let swapped = tables.compare(action);
        if swapped == Swapped::Updated {
            tables.runs.remove(&action.task_id);
        }
        Ok(swapped)
    }

    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>> {
        let is_queued =
            |run: &ClusterAction| run.status == ActionStatus::Queued && run.turn == Turn::Now;
        let mut queued = lock(&self.0).sorted(is_queued, |_| ());
        queued.truncate(limit as usize);
        Ok(queued)
    }

    fn owned(&self) -> Result<Vec<ClusterAction>> {
        Ok(lock(&self.0).sorted(|run| run.status.is_owned(), |run| run.key.clone()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn behaves_as_the_port_says() {
        crate::port_tests::cluster_actions(&|| Arc::new(MemoryClusterActions::default()));
    }
}
