//! What clients can do with cluster actions.

use std::sync::Arc;

use super::{Attempt, StartRequest, Started, until_swapped};
use crate::access::{ClusterPass, cluster_permission as may};
use crate::cluster::{
    ActionDefinition, ActionEvent, ActionKey, ActionName, Catalog, ClusterAction, ExclusionKey,
    Target, TargetKind, TaskId, Turn,
};
use crate::error::{Error, Result, shown};
use crate::once::{Receipt, Request, once};
use crate::ports::{
    Clock, ClusterActionRepository, Enqueued, Ids, Inserted, RunnerSignal, Swapped,
};

/// The use cases of cluster actions.
#[derive(Clone)]
pub struct ClusterActions {
    /// Where they are kept.
    pub repository: Arc<dyn ClusterActionRepository>,
    /// Which there are.
    pub catalog: Arc<Catalog>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New task ids.
    pub ids: Arc<dyn Ids>,
    /// Wakes the runner.
    pub signal: Arc<dyn RunnerSignal>,
}

/// An action, and what is configured of it.
pub type Described<'a> = (ClusterAction, &'a ActionDefinition);

impl ClusterActions {
    /// The configured actions of the pass's target that are in progress, wait, or have a last run.
    ///
    /// What is stored of any other is not shown: the only server of a store ends it when it is in progress
    /// still; where several share one, another may know it, and it stays queued. Its status is there
    /// again when it is configured again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a node that is not configured.
    pub fn list(&self, pass: &ClusterPass<may::View>) -> Result<Vec<Described<'_>>> {
        self.check(pass.target())?;
        self.shown(|action| action.key.target == *pass.target() && action.turn != Turn::Over)
    }

    /// The same for all nodes at once.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list_of_nodes(
        &self,
        _pass: &ClusterPass<may::ViewAllNodes>,
    ) -> Result<Vec<Described<'_>>> {
        self.shown(|action| {
            action.key.target.kind() == TargetKind::Node && action.turn != Turn::Over
        })
    }

    /// The same whatever they are done to, and those whose turn is over.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list_all(&self, _pass: &ClusterPass<may::ViewAll>) -> Result<Vec<Described<'_>>> {
        let kept_since = Turn::kept_since(self.clock.now());
        self.shown(|action| !action.is_forgotten(kept_since))
    }

    /// One action: the run whose turn it is, or when it is nobody's the first that waits.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it or its node is not configured, or it is neither in progress nor has
    /// a last run.
    pub fn show(&self, pass: &ClusterPass<may::View>, name: &str) -> Result<Described<'_>> {
        let (key, definition) = self.known(pass.target(), name)?;
        Ok((self.current(&key, name)?, definition))
    }

    /// The action of this task id, whatever it is done to.
    ///
    /// # Errors
    /// [`Error::NotFound`] when none has that id, or it is not configured.
    pub fn show_task(&self, _pass: &ClusterPass<may::ViewAll>, uid: &str) -> Result<Described<'_>> {
        let found = match uid.parse() {
            Ok(task) => self.repository.find_task(TaskId(task))?,
            Err(_) => None,
        };
        let kept_since = Turn::kept_since(self.clock.now());
        let found = found.filter(|action| !action.is_forgotten(kept_since));
        found.and_then(|action| self.describe(action)).ok_or_else(|| {
            let uid = shown(uid);
            Error::not_found(format!("there is no action of the uid '{}'", uid.escape_debug()))
        })
    }

    /// Accepts an action: it is queued, and the result of its last run is gone. One that waits for
    /// its turn is queued too, and the last run is what clients see under its name until then.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a node that is not configured, [`Error::UnknownAction`],
    /// [`Error::Invalid`] for parameters that its schema does not allow, [`Error::Conflict`] while it
    /// or one that it conflicts with is in progress or waits for its turn; for a request that waits,
    /// when as many wait already as may; [`Error::KeyReused`].
    pub fn start(
        &self,
        pass: &ClusterPass<may::Start>,
        name: &str,
        request: impl Into<StartRequest>,
    ) -> Result<Started<'_>> {
        let StartRequest { parameters, waits, key: sent } = request.into();
        self.check(pass.target())?;
        let known = self.find(pass.target(), name);
        let (key, definition) = known.ok_or_else(|| Error::UnknownAction { name: shown(name) })?;
        if let Some(schema) = &definition.parameters {
            schema.check(&parameters)?;
        }
        let user = pass.caller();
        let asked = [&*key.target.to_string(), name, if waits { "wait" } else { "" }];
        let sent = sent.map(|sent| sent.request(&["cluster", &user.user_id], &asked));
        let run = |task| {
            let (key, parameters, by) = (key.clone(), parameters.clone(), user.name.clone());
            ClusterAction {
                max_attempts: definition.on_lost.max_attempts(),
                ..ClusterAction::queued(task, key, parameters, by, self.clock.now())
            }
        };
        let recall = || {
            let receipt = sent.map_or(Ok(None), |sent| self.recall(&sent))?;
            let task = receipt.and_then(|receipt| receipt.subject.parse().ok()).map(TaskId);
            Ok(task.map(|task| Started { action: run(task), definition, is_replay: true }))
        };
        let act = || {
            let action = run(TaskId(self.ids.uuid()));
            let receipt =
                sent.map(|sent| sent.receipt(action.task_id.to_string(), 0, action.queued_at));
            self.accept(&action, waits, receipt.as_ref())?;
            self.signal.ring();
            Ok(Started { action, definition, is_replay: false })
        };
        once(recall, act)
    }

    /// The receipt of the same request, if it was done.
    fn recall(&self, request: &Request) -> Result<Option<Receipt>> {
        request.judge(self.repository.recall(&request.name)?, self.clock.now())
    }

    /// Stores a run, with its receipt if there is one.
    fn accept(&self, action: &ClusterAction, waits: bool, receipt: Option<&Receipt>) -> Result<()> {
        let exclusions = self.catalog.exclusions(&action.key);
        let insert = || match receipt {
            Some(receipt) => self.repository.insert_once(action, &exclusions, receipt),
            None => self.repository.insert(action, &exclusions),
        };
        if !self.has_others_before(&exclusions)? && insert()? == Inserted::Stored {
            return Ok(());
        }
        if waits {
            return self.enqueue(action, receipt);
        }
        Err(Error::conflict(format!(
            "{}, or one that it conflicts with, is already in progress",
            action.key
        )))
    }

    /// Whether one waits that this would overtake. It is fairness that asks so, and no more: what may
    /// be in progress at once is decided when it is stored.
    fn has_others_before(&self, exclusions: &[ExclusionKey]) -> Result<bool> {
        if self.catalog.queue_length() == 0 {
            return Ok(false);
        }
        let meets = |other: &ClusterAction| {
            self.catalog.exclusions(&other.key).iter().any(|key| exclusions.contains(key))
        };
        Ok(self.repository.waiting()?.iter().any(meets))
    }

    fn enqueue(&self, action: &ClusterAction, receipt: Option<&Receipt>) -> Result<()> {
        let limit = self.catalog.queue_length();
        let refused = |why: &str| {
            let busy = "or one that it conflicts with, is already in progress";
            Err(Error::conflict(format!("{}, {busy}, and {why}", action.key)))
        };
        until_swapped(|| {
            let enqueued = match receipt {
                Some(receipt) => self.repository.enqueue_once(action, limit, receipt)?,
                None => self.repository.enqueue(action, limit)?,
            };
            match enqueued {
                Enqueued::Waits => Ok(Attempt::Done(())),
                Enqueued::Full => {
                    refused(&format!("no more than {limit} may wait for it; try again later"))
                }
                Enqueued::Again => match receipt {
                    Some(receipt) if self.repository.recall(&receipt.name)?.is_some() => {
                        refused("the same request has just been accepted")
                    }
                    _ => Ok(Attempt::Again),
                },
            }
        })
    }

    /// Cancels an action in progress, when possible; removes the result of one that has ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it or its node is not configured, there is nothing to cancel or remove,
    /// or its work cannot be interrupted.
    pub fn cancel(&self, pass: &ClusterPass<may::Cancel>, name: &str) -> Result<()> {
        let (key, definition) = self.known(pass.target(), name)?;
        until_swapped(|| {
            let mut action = self.current(&key, name)?;
            if action.status.is_terminal() {
                return Ok(Attempt::from_swap(self.repository.remove(&action)?, ()));
            }
            if action.status.is_owned() && !definition.cancellable {
                return Err(Error::not_found(format!(
                    "{key} is {} and cannot be interrupted; wait until it has ended",
                    action.status
                )));
            }
            if action.cancel_requested {
                return Ok(Attempt::Done(()));
            }
            action.apply(ActionEvent::Cancel, self.clock.now());
            let swapped = Attempt::from_swap(self.repository.update(&action)?, ());
            self.signal.ring();
            Ok(swapped)
        })
    }

    /// Cancels all runs of an action that wait for their turn.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it or its node is not configured, or none waits.
    pub fn cancel_waiting(&self, pass: &ClusterPass<may::Cancel>, name: &str) -> Result<()> {
        let (key, _) = self.known(pass.target(), name)?;
        let mut waiting = self.waiting(&key)?;
        if waiting.is_empty() {
            return Err(Error::not_found(format!("no run of {key} waits for its turn")));
        }
        // The last come goes first, so that none has its turn meanwhile.
        while let Some(mut action) = waiting.pop() {
            action.apply(ActionEvent::Cancel, self.clock.now());
            if self.repository.update(&action)? == Swapped::Changed {
                // It has its turn, or somebody else cancels it.
                waiting = self.waiting(&key)?;
            }
        }
        self.signal.ring();
        Ok(())
    }

    /// What is configured and kept, and wanted.
    fn shown(&self, wanted: impl Fn(&ClusterAction) -> bool) -> Result<Vec<Described<'_>>> {
        let actions = self.repository.list()?.into_iter().filter(wanted);
        Ok(actions.filter_map(|action| self.describe(action)).collect())
    }

    /// The run that clients see under the name of an action.
    fn current(&self, key: &ActionKey, name: &str) -> Result<ClusterAction> {
        let found = match self.repository.find(key)? {
            None => self.waiting(key)?.into_iter().next(),
            found => found,
        };
        found.ok_or_else(|| unknown(&key.target, name))
    }

    /// The runs of an action that wait for their turn, first come first.
    fn waiting(&self, key: &ActionKey) -> Result<Vec<ClusterAction>> {
        let mut waiting = self.repository.waiting()?;
        waiting.retain(|action| action.key == *key);
        Ok(waiting)
    }

    fn describe(&self, action: ClusterAction) -> Option<Described<'_>> {
        let definition = self.catalog.find(&action.key)?;
        Some((action, definition))
    }

    /// Refuses a node that is not configured.
    fn check(&self, target: &Target) -> Result<()> {
        match target.node_uid().filter(|uid| self.catalog.node(uid).is_none()) {
            Some(uid) => {
                let uid = shown(uid.as_str());
                Err(Error::not_found(format!("there is no node '{}'", uid.escape_debug())))
            }
            None => Ok(()),
        }
    }

    fn find(&self, target: &Target, name: &str) -> Option<(ActionKey, &ActionDefinition)> {
        let name = ActionName::parse(name).ok()?;
        let key = ActionKey { target: target.clone(), name };
        let definition = self.catalog.find(&key)?;
        Some((key, definition))
    }

    fn known(&self, target: &Target, name: &str) -> Result<(ActionKey, &ActionDefinition)> {
        self.check(target)?;
        self.find(target, name).ok_or_else(|| unknown(target, name))
    }
}

fn unknown(target: &Target, name: &str) -> Error {
    let name = shown(name);
    let name = name.escape_debug();
    let of = target.node_uid().map(|uid| format!(" of node '{uid}'")).unwrap_or_default();
    Error::not_found(format!(
        "action '{name}'{of} is not in progress, and there is no status of a last run"
    ))
}
