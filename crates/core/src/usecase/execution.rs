//! What a runner can do: claim, report, finish, and end what was lost.

use std::sync::Arc;
use std::time::Duration;

use super::{Attempt, until_swapped};
use crate::cluster::{ClusterAction, Lease, Outcome, Progress, TaskId};
use crate::error::{Error, Result};
use crate::ports::{Clock, ClusterActionRepository, Swapped};

/// A runner's hold on an action: the run, and the fencing token of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grip {
    /// The run.
    pub task: TaskId,
    /// The claim's fencing token.
    pub fencing: u64,
}

/// Which leases count as lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LostLease {
    /// Those that have run out.
    RunOut,
    /// Every one: the store belongs to this server alone, and it has only just started.
    Every,
}

/// The use cases of a runner.
///
/// A report with a fencing token that is not the action's any more is refused with
/// [`Error::PreconditionFailed`]: the action was taken away, and may be running elsewhere.
#[derive(Clone)]
pub struct Execution {
    /// Where actions are kept.
    pub repository: Arc<dyn ClusterActionRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Execution {
    /// Takes up the oldest queued action, if there is one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn claim(&self, owner: &str, lease: Duration) -> Result<Option<ClusterAction>> {
        until_swapped(|| {
            let Some(mut action) = self.repository.queued(1)?.pop() else {
                return Ok(Attempt::Done(None));
            };
            let now = self.clock.now();
            action.claim(Lease { owner: owner.to_owned(), until: now + lease }, now);
            let swapped = self.repository.update(&action)?;
            action.revision += 1;
            Ok(Attempt::from_swap(swapped, Some(action)))
        })
    }

    /// The work begins. The answer is `cancelling` when a cancel came first.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn start(&self, grip: Grip) -> Result<ClusterAction> {
        self.change(grip, |action| action.start(self.clock.now()))
    }

    /// The work has come this far. The answer tells whether a cancel was asked for.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn advance(&self, grip: Grip, progress: Progress) -> Result<ClusterAction> {
        self.change(grip, |action| action.advance(progress))
    }

    /// Renews the lease. The answer tells whether a cancel was asked for.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn renew(&self, grip: Grip, lease: Duration) -> Result<ClusterAction> {
        self.change(grip, |action| {
            let until = self.clock.now() + lease;
            action.lease.as_mut().map(|lease| lease.until = until).is_some()
        })
    }

    /// The action as it is now: has a cancel been asked for?
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn look(&self, grip: Grip) -> Result<ClusterAction> {
        self.change(grip, |_| false)
    }

    /// The work has ended.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn finish(&self, grip: Grip, outcome: &Outcome) -> Result<ClusterAction> {
        self.change(grip, |action| action.finish(outcome.clone(), self.clock.now()))
    }

    /// The actions whose runner is lost.
    ///
    /// # Errors
    /// Those of the store.
    pub fn lost(&self, which: LostLease) -> Result<Vec<ClusterAction>> {
        let now = self.clock.now();
        let mut owned = self.repository.owned()?;
        owned.retain(|action| match which {
            LostLease::Every => true,
            LostLease::RunOut => action.lease.as_ref().is_none_or(|lease| lease.until <= now),
        });
        Ok(owned)
    }

    /// Ends an action whose runner is lost, with this reason. Answers false, and changes nothing,
    /// when it has changed since it was read: then its runner lives after all.
    ///
    /// # Errors
    /// Those of the store.
    pub fn abort_lost(&self, mut action: ClusterAction, reason: &str) -> Result<bool> {
        action.finish(Outcome::Aborted(reason.to_owned()), self.clock.now());
        Ok(self.repository.update(&action)? == Swapped::Updated)
    }

    /// Applies `change` to the action that `grip` holds; stores it when it says that it changed
    /// something.
    fn change(
        &self,
        grip: Grip,
        mut change: impl FnMut(&mut ClusterAction) -> bool,
    ) -> Result<ClusterAction> {
        until_swapped(|| {
            let held = self.repository.find_task(grip.task)?;
            let held =
                held.filter(|action| action.fencing == grip.fencing && action.status.is_owned());
            let mut action = held.ok_or_else(|| lost(grip))?;
            if !change(&mut action) {
                return Ok(Attempt::Done(action));
            }
            let swapped = self.repository.update(&action)?;
            action.revision += 1;
            Ok(Attempt::from_swap(swapped, action))
        })
    }
}

fn lost(grip: Grip) -> Error {
    Error::PreconditionFailed {
        reason: format!("claim {} of task {} is not in force any more", grip.fencing, grip.task),
    }
}
