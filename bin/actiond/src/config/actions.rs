//! `[[cluster.actions]]`: which cluster actions there are, and what carries them out.

use std::collections::BTreeMap;
use std::time::Duration;

use actiond_core::cluster::{ActionDefinition, ActionName, Catalog, ParameterSchema};
use actiond_runner::{CommandLine, Work};
use anyhow::{Context, Result};
use serde::Deserialize;

use super::{ConfigError, Origin, duration};

/// `[cluster]`
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClusterConfig {
    /// The actions; without any, the built-in ones are there.
    pub actions: Vec<ActionConfig>,
}

/// One of `[[cluster.actions]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActionConfig {
    /// What clients call it: `[a-z][a-z0-9_]*`.
    pub name: String,
    /// What it does, for people.
    #[serde(default)]
    pub description: String,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Variables that the program gets beside PATH.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
    /// How long it may take.
    #[serde(default, deserialize_with = "duration::optional")]
    pub timeout: Option<Duration>,
    /// How long it may take to stop.
    #[serde(default, deserialize_with = "duration::optional")]
    pub cancel_grace: Option<Duration>,
    /// Whether it can be interrupted.
    #[serde(default = "yes")]
    pub cancellable: bool,
    /// Actions that must not be in progress together with it.
    #[serde(default)]
    pub conflicts_with: Vec<String>,
    /// A JSON Schema for its parameters.
    pub parameters: Option<serde_json::Value>,
}

impl Default for ActionConfig {
    fn default() -> Self {
        Self {
            name: String::new(),
            description: String::new(),
            command: vec![],
            environment: BTreeMap::new(),
            timeout: None,
            cancel_grace: None,
            cancellable: true,
            conflicts_with: vec![],
            parameters: None,
        }
    }
}

fn yes() -> bool {
    true
}

impl ClusterConfig {
    /// The actions as the domain knows them.
    pub fn catalog(&self, origin: &Origin) -> Result<Catalog, ConfigError> {
        let definitions: Vec<_> = self
            .actions
            .iter()
            .map(|action| action.definition(origin))
            .collect::<Result<_, _>>()?;
        Catalog::new(definitions).map_err(|error| {
            ConfigError::wrong(
                origin,
                "cluster.actions",
                error.to_string(),
                "names of other actions, each once",
            )
        })
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

    fn definition(&self, origin: &Origin) -> Result<ActionDefinition, ConfigError> {
        let key = |key: &str| format!("cluster.actions[{}].{key}", self.name);
        let read = |key: String, text: &str| {
            ActionName::parse(text).map_err(|_| {
                ConfigError::wrong(origin, key, text, "a name of the form [a-z][a-z0-9_]*")
            })
        };
        if self.command.first().is_none_or(String::is_empty) {
            let allowed =
                "a list of a program and its arguments, such as [\"/usr/bin/verify\", \"-v\"]";
            return Err(ConfigError::wrong(
                origin,
                key("command"),
                format!("{:?}", self.command),
                allowed,
            ));
        }
        let conflicts = self.conflicts_with.iter().map(|name| read(key("conflicts_with"), name));
        let parameters = self.parameters.as_ref().map(ParameterSchema::compile).transpose();
        Ok(ActionDefinition {
            name: read("cluster.actions.name".to_owned(), &self.name)?,
            description: self.description.clone(),
            parameters: parameters.map_err(|error| {
                let allowed = format!("a JSON Schema ({error})");
                ConfigError::wrong(origin, key("parameters"), "(see there)", &allowed)
            })?,
            timeout: self.timeout.unwrap_or(ActionDefinition::DEFAULT_TIMEOUT),
            cancel_grace: self.cancel_grace.unwrap_or(ActionDefinition::DEFAULT_CANCEL_GRACE),
            cancellable: self.cancellable,
            conflicts_with: conflicts.collect::<Result<_, _>>()?,
        })
    }
}
