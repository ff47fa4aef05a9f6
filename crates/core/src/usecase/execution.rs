//! What a runner can do: claim, report, finish, and take away what others have lost.

use std::sync::Arc;
use std::time::Duration;

use super::{Attempt, until_swapped};
use crate::cluster::{
    ActionKey, ActionStatus, Catalog, ClusterAction, ExclusionKey, Lease, Outcome, Progress,
    TaskId, Turn,
};
use crate::error::{Error, Result};
use crate::ports::{Clock, ClusterActionRepository, Inserted, Swapped};

/// A runner's hold on an action: the run, and the fencing token of the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grip {
    /// The run.
    pub task: TaskId,
    /// The claim's fencing token.
    pub fencing: u64,
}

/// How many queued actions a claim chooses from: more than are ever queued, since of each one run is
/// on each target at a time.
const QUEUE: u32 = 1000;

impl Grip {
    /// The hold of whoever has claimed `action`.
    pub fn of(action: &ClusterAction) -> Self {
        Self { task: action.task_id, fencing: action.fencing }
    }
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
    /// Takes up the oldest queued action that this runner `knows`, if there is one.
    ///
    /// # Errors
    /// Those of the store.
    pub fn claim(
        &self,
        owner: &str,
        lease: Duration,
        knows: impl Fn(&ActionKey) -> bool,
    ) -> Result<Option<ClusterAction>> {
        until_swapped(|| {
            let queued = self.repository.queued(QUEUE)?;
            let Some(mut action) = queued.into_iter().find(|action| knows(&action.key)) else {
                return Ok(Attempt::Done(None));
            };
            let now = self.clock.now();
            action.claim(Lease::new(owner, lease, now), now);
            let swapped = self.repository.update(&action)?;
            action.revision += 1;
            Ok(Attempt::from_swap(swapped, Some(action)))
        })
    }

    /// Makes it the turn of those that wait and that this runner `knows`, first come first, as far as
    /// what each must hold alone is free. Nobody overtakes another that it conflicts with. Answers how
    /// many have their turn now.
    ///
    /// # Errors
    /// Those of the store.
    pub fn admit(&self, catalog: &Catalog, knows: impl Fn(&ActionKey) -> bool) -> Result<usize> {
        let (mut admitted, mut held_back) = (0, vec![]);
        for action in self.repository.waiting()? {
            let exclusions = catalog.exclusions(&action.key);
            let is_free = knows(&action.key)
                && !exclusions.iter().any(|key| held_back.contains(key))
                && self.turn(&action, &exclusions)?;
            match is_free {
                true => admitted += 1,
                false => held_back.extend(exclusions),
            }
        }
        Ok(admitted)
    }

    fn turn(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<bool> {
        let kept_since = Turn::kept_since(self.clock.now());
        let admitted = self.repository.admit(action, exclusions, kept_since)?;
        Ok(admitted == Inserted::Stored)
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
            let now = self.clock.now();
            action.lease.as_mut().map(|held| held.renew(lease, now)).is_some()
        })
    }

    /// The action as it is now: has a cancel been asked for?
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn look(&self, grip: Grip) -> Result<ClusterAction> {
        self.change(grip, |_| false)
    }

    /// The work has ended. What was lost may be queued again.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] for an old token.
    pub fn finish(&self, grip: Grip, outcome: &Outcome) -> Result<ClusterAction> {
        self.change(grip, |action| action.finish(outcome.clone(), self.clock.now()))
    }

    /// The actions that any runner holds. A [`Lookout`](super::Lookout) tells which are lost.
    ///
    /// # Errors
    /// Those of the store.
    pub fn owned(&self) -> Result<Vec<ClusterAction>> {
        self.repository.owned()
    }

    /// Takes an action from a runner that is lost: it is queued again when it may be tried again,
    /// else aborted for this reason, or cancelled when a client asked for that. Answers which;
    /// `None`, and it changes nothing, when it has changed since it was read: then its runner lives
    /// after all, or somebody else was faster.
    ///
    /// # Errors
    /// Those of the store.
    pub fn end_lost(
        &self,
        mut action: ClusterAction,
        reason: &str,
    ) -> Result<Option<ActionStatus>> {
        action.finish(Outcome::Lost(reason.to_owned()), self.clock.now());
        let swapped = self.repository.update(&action)?;
        Ok((swapped == Swapped::Updated).then_some(action.status))
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
