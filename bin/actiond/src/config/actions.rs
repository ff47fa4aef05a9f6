//! `[[cluster.actions]]`: which cluster actions there are, and what carries them out.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use actiond_core::cluster::{
    ActionDefinition, ActionName, Catalog, OnLost, ParameterSchema, TargetKind,
};
use actiond_runner::{
    ACTION_VARIABLE, ATTEMPT_VARIABLE, CommandLine, NODE_VARIABLES, TASK_VARIABLE, Work,
};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::nodes::NodeConfig;
use super::{ConfigError, Origin, duration, number::within};

/// `[cluster]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ClusterConfig {
    /// The actions; without any, the built-in ones are there.
    pub actions: Vec<ActionConfig>,
    /// The nodes that actions can be done to.
    pub nodes: Vec<NodeConfig>,
    /// How many runs of an action may wait for their turn, on each target.
    #[serde(deserialize_with = "within::<0, 1000, _, _>")]
    pub queue_length: u32,
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self { actions: vec![], nodes: vec![], queue_length: 8 }
    }
}

/// One of `[[cluster.actions]]`
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ActionConfig {
    /// What clients call it: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// What it does, for people.
    pub description: String,
    /// What it is done to.
    pub target: On,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables that the program gets beside PATH.
    pub environment: BTreeMap<String, String>,
    /// How long it may take, each time that it is tried.
    #[serde(with = "duration")]
    pub timeout: Duration,
    /// How long it may take to stop.
    #[serde(with = "duration")]
    pub cancel_grace: Duration,
    /// Whether it can be interrupted.
    pub cancellable: bool,
    /// What becomes of it when its server is lost.
    pub on_lost: WhenLost,
    /// How often it is tried at most, when it is tried again.
    #[serde(deserialize_with = "within::<1, 1000, _, _>")]
    pub max_attempts: u32,
    /// Actions that must not be in progress together with it.
    pub conflicts_with: Vec<String>,
    /// A JSON Schema for its parameters.
    pub parameters: Option<serde_json::Value>,
}

/// What an action is done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum On {
    /// The whole cluster.
    Cluster,
    /// Any one of the nodes.
    Node,
}

/// What becomes of an action whose server is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenLost {
    /// It is aborted.
    Abort,
    /// It is queued again.
    Requeue,
}

impl Default for ActionConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            target: On::Cluster,
            command: vec![],
            environment: BTreeMap::new(),
            timeout: ActionDefinition::DEFAULT_TIMEOUT,
            cancel_grace: ActionDefinition::DEFAULT_CANCEL_GRACE,
            cancellable: true,
            on_lost: WhenLost::Abort,
            max_attempts: 3,
            conflicts_with: vec![],
            parameters: None,
        }
    }
}

impl ClusterConfig {
    /// Logs which actions could not be carried out now.
    pub fn warn_of_missing_programs(&self) {
        for action in self.actions.iter().filter(|action| !action.has_program()) {
            let (action, program) = (&action.name, action.command.first());
            tracing::warn!(action, program, "the program of an action is not there");
        }
    }

    /// The actions as the domain knows them.
    pub fn catalog(&self, origin: &Origin) -> Result<Catalog, ConfigError> {
        let definitions: Vec<_> = self
            .actions
            .iter()
            .map(|action| action.definition(origin))
            .collect::<Result<_, _>>()?;
        let catalog = Catalog::new(definitions)
            .map_err(|error| ConfigError::refused(origin, "cluster.actions", error))?;
        let nodes: Vec<_> =
            self.nodes.iter().map(|node| node.node(origin)).collect::<Result<_, _>>()?;
        let refused = |error| ConfigError::refused(origin, "cluster.nodes", error);
        let catalog = catalog.with_nodes(nodes).map_err(refused)?;
        Ok(catalog.with_queue_length(self.queue_length))
    }
}

impl ActionConfig {
    /// What carries the action out. Commands run in the folder that the server was started in.
    pub fn work(&self) -> Result<(ActionName, Work)> {
        let (program, arguments) =
            self.command.split_first().context("an action without a command")?;
        let mut line = CommandLine::new(program, arguments);
        line.environment = self.environment.clone();
        line.directory = std::env::current_dir().context("the current folder is gone")?;
        Ok((ActionName::parse(&self.name)?, Work::Command(line)))
    }

    /// Whether its program is there now. It may come later, with a disk or a package.
    fn has_program(&self) -> bool {
        let Some(program) = self.command.first().map(Path::new) else { return false };
        if program.components().count() > 1 {
            return program.is_file();
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    }

    fn definition(&self, origin: &Origin) -> Result<ActionDefinition, ConfigError> {
        let key = |key: &str| format!("cluster.actions[{}].{key}", self.name);
        let wrong = |field: &str, value: String, allowed: &str| {
            Err(ConfigError::wrong(origin, key(field), value, allowed))
        };
        let refused = |field, error| ConfigError::refused(origin, key(field), error);
        if self.command.first().is_none_or(String::is_empty) {
            let allowed = "a program and its arguments, such as [\"/usr/bin/verify\", \"-v\"]";
            return wrong("command", format!("{:?}", self.command), allowed);
        }
        if let Some(place) = self.command.iter().position(|word| word.contains('\0')) {
            return wrong(&format!("command[{place}]"), "…".to_owned(), "a text without NUL");
        }
        let is_name = |name: &str| {
            let is_taken = [TASK_VARIABLE, ATTEMPT_VARIABLE, ACTION_VARIABLE].contains(&name)
                || name.starts_with(NODE_VARIABLES);
            !name.is_empty() && !name.contains(['=', '\0']) && !is_taken
        };
        if let Some(name) = self.environment.keys().find(|name| !is_name(name)) {
            return wrong(
                "environment",
                name.clone(),
                "names that are not empty, without '=' and NUL, other than those that the server \
                 sets: ACTIOND_TASK_ID, ACTIOND_ATTEMPT, ACTIOND_ACTION and ACTIOND_NODE_…",
            );
        }
        if let Some((name, _)) = self.environment.iter().find(|(_, value)| value.contains('\0')) {
            return wrong(&format!("environment.{name}"), "…".to_owned(), "a text without NUL");
        }
        if self.timeout.is_zero() {
            return wrong("timeout", "0s".to_owned(), "a duration of more than nothing");
        }
        let conflicts = self.conflicts_with.iter().map(|name| ActionName::parse(name));
        let parameters = self.parameters.as_ref().map(ParameterSchema::compile);
        Ok(ActionDefinition {
            name: ActionName::parse(&self.name).map_err(|error| refused("name", error))?,
            description: self.description.clone(),
            target: match self.target {
                On::Cluster => TargetKind::Cluster,
                On::Node => TargetKind::Node,
            },
            parameters: parameters.transpose().map_err(|error| refused("parameters", error))?,
            timeout: self.timeout,
            cancel_grace: self.cancel_grace,
            cancellable: self.cancellable,
            on_lost: match self.on_lost {
                WhenLost::Abort => OnLost::Abort,
                WhenLost::Requeue => OnLost::Requeue { max_attempts: self.max_attempts },
            },
            conflicts_with: conflicts
                .collect::<Result<_, _>>()
                .map_err(|error| refused("conflicts_with", error))?,
        })
    }
}
