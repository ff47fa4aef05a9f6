//! What clients can do with cluster actions.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Attempt, until_swapped};
use crate::access::{ClusterPass, cluster_permission as may};
use crate::cluster::{
    ActionDefinition, ActionEvent, ActionKey, ActionName, Catalog, ClusterAction, Target,
    TargetKind, TaskId,
};
use crate::error::{Error, Result, shown};
use crate::ports::{Clock, ClusterActionRepository, Ids, Inserted, RunnerSignal};

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
    /// The configured actions of the pass's target that are in progress or have a last run.
    ///
    /// What is stored of any other is not shown: the runner ends it when it is in progress still, and
    /// its status is there again when it is configured again.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a node that is not configured.
    pub fn list(&self, pass: &ClusterPass<may::View>) -> Result<Vec<Described<'_>>> {
        self.check(pass.target())?;
        self.shown(|target| target == pass.target())
    }

    /// The same for all nodes at once.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list_of_nodes(
        &self,
        _pass: &ClusterPass<may::ViewAllNodes>,
    ) -> Result<Vec<Described<'_>>> {
        self.shown(|target| target.kind() == TargetKind::Node)
    }

    /// The same whatever they are done to.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list_all(&self, _pass: &ClusterPass<may::ViewAll>) -> Result<Vec<Described<'_>>> {
        self.shown(|_| true)
    }

    /// One action.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it or its node is not configured, or it is neither in progress nor has
    /// a last run.
    pub fn show(&self, pass: &ClusterPass<may::View>, name: &str) -> Result<Described<'_>> {
        let (key, definition) = self.known(pass.target(), name)?;
        let found = self.repository.find(&key)?;
        Ok((found.ok_or_else(|| unknown(&key.target, name))?, definition))
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
        found.and_then(|action| self.describe(action)).ok_or_else(|| {
            let uid = shown(uid);
            Error::not_found(format!("there is no action of the uid '{}'", uid.escape_debug()))
        })
    }

    /// Accepts an action: it is queued, and the result of its last run is gone.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a node that is not configured, [`Error::UnknownAction`],
    /// [`Error::Invalid`] for parameters that its schema does not allow, [`Error::Conflict`] while it
    /// or one that it conflicts with is in progress.
    pub fn start(
        &self,
        pass: &ClusterPass<may::Start>,
        name: &str,
        parameters: Map<String, Value>,
    ) -> Result<Described<'_>> {
        self.check(pass.target())?;
        let known = self.find(pass.target(), name);
        let (key, definition) = known.ok_or_else(|| Error::UnknownAction { name: shown(name) })?;
        if let Some(schema) = &definition.parameters {
            schema.check(&parameters)?;
        }
        let exclusions = self.catalog.exclusions(&key);
        let (task, by) = (TaskId(self.ids.uuid()), pass.caller().name.clone());
        let action = ClusterAction {
            max_attempts: definition.on_lost.max_attempts(),
            ..ClusterAction::queued(task, key, parameters, by, self.clock.now())
        };
        match self.repository.insert(&action, &exclusions)? {
            Inserted::Stored => {
                self.signal.ring();
                Ok((action, definition))
            }
            Inserted::Taken => Err(Error::conflict(format!(
                "{}, or one that it conflicts with, is already in progress",
                action.key
            ))),
        }
    }

    /// Cancels an action in progress, when possible; removes the result of one that has ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it or its node is not configured, there is nothing to cancel or remove,
    /// or its work cannot be interrupted.
    pub fn cancel(&self, pass: &ClusterPass<may::Cancel>, name: &str) -> Result<()> {
        let (key, definition) = self.known(pass.target(), name)?;
        until_swapped(|| {
            let found = self.repository.find(&key)?;
            let mut action = found.ok_or_else(|| unknown(&key.target, name))?;
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

    /// What is configured and kept of these targets.
    fn shown(&self, wanted: impl Fn(&Target) -> bool) -> Result<Vec<Described<'_>>> {
        let actions = self.repository.list()?.into_iter();
        let wanted = actions.filter(|action| wanted(&action.key.target));
        Ok(wanted.filter_map(|action| self.describe(action)).collect())
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
