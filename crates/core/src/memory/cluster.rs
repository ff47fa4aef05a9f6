//! Cluster actions in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use super::lock;
use crate::cluster::{ActionKey, ActionStatus, ClusterAction, ExclusionKey, TaskId};
use crate::error::Result;
use crate::ports::{ClusterActionRepository, Inserted, Swapped};

/// Keeps cluster actions as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryClusterActions(Mutex<Tables>);

#[derive(Debug, Default)]
struct Tables {
    actions: BTreeMap<ActionKey, ClusterAction>,
    exclusions: BTreeMap<ExclusionKey, TaskId>,
}

impl Tables {
    /// The stored action that `action` was read from, if nothing has changed since.
    fn compare(&self, action: &ClusterAction) -> Swapped {
        match self.actions.get(&action.key) {
            Some(stored) if stored.task_id != action.task_id => Swapped::Gone,
            Some(stored) if stored.revision != action.revision => Swapped::Changed,
            Some(_) => Swapped::Updated,
            None => Swapped::Gone,
        }
    }
}

impl ClusterActionRepository for MemoryClusterActions {
    fn list(&self) -> Result<Vec<ClusterAction>> {
        Ok(lock(&self.0).actions.values().cloned().collect())
    }

    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>> {
        Ok(lock(&self.0).actions.get(key).cloned())
    }

    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>> {
        Ok(lock(&self.0).actions.values().find(|action| action.task_id == task).cloned())
    }

    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted> {
        let mut tables = lock(&self.0);
        let is_held = exclusions.iter().any(|key| tables.exclusions.contains_key(key));
        let in_progress = |last: &ClusterAction| !last.status.is_terminal();
        if is_held || tables.actions.get(&action.key).is_some_and(in_progress) {
            return Ok(Inserted::Taken);
        }
        tables.exclusions.extend(exclusions.iter().map(|key| (key.clone(), action.task_id)));
        tables.actions.insert(action.key.clone(), action.clone());
        Ok(Inserted::Stored)
    }

    fn update(&self, action: &ClusterAction) -> Result<Swapped> {
        let mut tables = lock(&self.0);
        let swapped = tables.compare(action);
        if let (Swapped::Updated, Some(stored)) = (swapped, tables.actions.get(&action.key)) {
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
            tables.actions.insert(next.key.clone(), next);
        }
        Ok(swapped)
    }

    fn remove(&self, action: &ClusterAction) -> Result<Swapped> {
        let mut tables = lock(&self.0);
        let swapped = tables.compare(action);
        if swapped == Swapped::Updated {
            tables.actions.remove(&action.key);
        }
        Ok(swapped)
    }

    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>> {
        let mut queued: Vec<_> = self.list()?;
        queued.retain(|action| action.status == ActionStatus::Queued);
        queued.sort_by_key(|action| (action.queued_at, action.task_id));
        queued.truncate(limit as usize);
        Ok(queued)
    }

    fn owned(&self) -> Result<Vec<ClusterAction>> {
        let mut owned = self.list()?;
        owned.retain(|action| action.status.is_owned());
        Ok(owned)
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
