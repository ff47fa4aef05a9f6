//! How each action is carried out.

use std::collections::BTreeMap;

use actiond_core::cluster::{ActionName, Catalog, Failure};
use actiond_core::{Error, Result};

use crate::command::CommandLine;
use crate::handler::{Context, Handler};

/// How an action is carried out.
#[derive(Clone, Debug)]
pub enum Work {
    /// By a command.
    Command(CommandLine),
    /// By a function of this program.
    Handler(Handler),
}

impl Work {
    /// Work that is done by a function. See [`Handler`] for what is asked of it.
    pub fn handler(
        function: impl Fn(Context) -> Result<(), Failure> + Send + Sync + 'static,
    ) -> Self {
        Self::Handler(Handler::new(function))
    }
}

/// The work behind each action's name.
#[derive(Clone, Debug, Default)]
pub struct Registry(BTreeMap<ActionName, Work>);

impl Registry {
    /// No work yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the work of an action.
    #[must_use]
    pub fn with(mut self, name: ActionName, work: Work) -> Self {
        self.0.insert(name, work);
        self
    }

    /// The work of `name`.
    pub(crate) fn get(&self, name: &ActionName) -> Option<&Work> {
        self.0.get(name)
    }

    /// Refuses actions without work, and work without an action.
    pub(crate) fn check(&self, catalog: &Catalog) -> Result<()> {
        for definition in catalog.iter() {
            if !self.0.contains_key(&definition.name) {
                let reason = "no work is registered for this action";
                return Err(Error::invalid(definition.name.as_str(), reason));
            }
        }
        match self.0.keys().find(|name| catalog.get(name).is_none()) {
            Some(name) => Err(Error::invalid(name.as_str(), "work for an action that is unknown")),
            None => Ok(()),
        }
    }
}

impl FromIterator<(ActionName, Work)> for Registry {
    fn from_iter<T: IntoIterator<Item = (ActionName, Work)>>(works: T) -> Self {
        Self(works.into_iter().collect())
    }
}
