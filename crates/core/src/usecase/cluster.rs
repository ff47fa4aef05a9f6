//! What clients can do with cluster actions.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Attempt, until_swapped};
use crate::access::{ClusterPass, cluster_permission as may};
use crate::cluster::{
    ActionDefinition, ActionEvent, ActionKey, ActionName, Catalog, ClusterAction, TaskId,
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

impl ClusterActions {
    /// All configured actions that are in progress or have a last run.
    ///
    /// What is stored of any other is not shown: the runner ends it when it is in progress still, and
    /// its status is there again when it is configured again.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list(&self, _pass: &ClusterPass<may::View>) -> Result<Vec<ClusterAction>> {
        let mut actions = self.repository.list()?;
        actions.retain(|action| self.catalog.get(&action.key.name).is_some());
        Ok(actions)
    }

    /// One action.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not configured, or neither in progress nor has a last run.
    pub fn show(&self, _pass: &ClusterPass<may::View>, name: &str) -> Result<ClusterAction> {
        let key = ActionKey::cluster(self.known(name)?.name.clone());
        self.repository.find(&key)?.ok_or_else(|| unknown(name))
    }

    /// Accepts an action: it is queued, and the result of its last run is gone.
    ///
    /// # Errors
    /// [`Error::UnknownAction`], [`Error::Invalid`] for parameters that its schema does not allow,
    /// [`Error::Conflict`] while it or one that it conflicts with is in progress.
    pub fn start(
        &self,
        pass: &ClusterPass<may::Start>,
        name: &str,
        parameters: Map<String, Value>,
    ) -> Result<(ClusterAction, &ActionDefinition)> {
        let definition =
            self.definition(name).ok_or_else(|| Error::UnknownAction { name: shown(name) })?;
        if let Some(schema) = &definition.parameters {
            schema.check(&parameters)?;
        }
        let key = ActionKey::cluster(definition.name.clone());
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
                "action '{name}', or one that it conflicts with, is already in progress"
            ))),
        }
    }

    /// Cancels an action in progress, when possible; removes the result of one that has ended.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it is not configured, there is nothing to cancel or remove, or its
    /// work cannot be interrupted.
    pub fn cancel(&self, _pass: &ClusterPass<may::Cancel>, name: &str) -> Result<()> {
        let definition = self.known(name)?;
        let key = ActionKey::cluster(definition.name.clone());
        until_swapped(|| {
            let mut action = self.repository.find(&key)?.ok_or_else(|| unknown(name))?;
            if action.status.is_terminal() {
                return Ok(Attempt::from_swap(self.repository.remove(&action)?, ()));
            }
            if action.status.is_owned() && !definition.cancellable {
                return Err(Error::not_found(format!(
                    "action '{name}' is {} and cannot be interrupted; wait until it has ended",
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

    fn definition(&self, name: &str) -> Option<&ActionDefinition> {
        ActionName::parse(name).ok().and_then(|name| self.catalog.get(&name))
    }

    fn known(&self, name: &str) -> Result<&ActionDefinition> {
        self.definition(name).ok_or_else(|| unknown(name))
    }
}

fn unknown(name: &str) -> Error {
    let name = shown(name);
    let name = name.escape_debug();
    Error::not_found(format!(
        "action '{name}' is not in progress, and there is no status of a last run"
    ))
}
