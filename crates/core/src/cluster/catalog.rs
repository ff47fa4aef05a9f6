//! The actions that the operator has configured.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{ActionKey, ActionName, ParameterSchema, Target};
use crate::error::{Error, Result};

/// What becomes of an action whose work is lost: its server was stopped, or gives no sign of life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnLost {
    /// It is aborted.
    Abort,
    /// It goes back to the queue, until it was taken up so often: 1 or more times. For work that
    /// can begin anew wherever it broke off.
    Requeue {
        /// The first attempt counts.
        max_attempts: u32,
    },
}

impl OnLost {
    /// How often an action may be taken up.
    pub fn max_attempts(self) -> u32 {
        match self {
            Self::Abort => 1,
            Self::Requeue { max_attempts } => max_attempts,
        }
    }
}

/// What is known of an action before anybody asks for it.
#[derive(Debug)]
pub struct ActionDefinition {
    /// What clients call it.
    pub name: ActionName,
    /// What it does, for people. May be empty.
    pub description: String,
    /// What its parameters must satisfy; without one, any JSON object will do.
    pub parameters: Option<ParameterSchema>,
    /// How long the work may take, each time that it is tried; then it is aborted.
    pub timeout: Duration,
    /// How long the work may take to stop once it was asked to; then it is killed.
    pub cancel_grace: Duration,
    /// Whether its work can be interrupted. A queued action can always be cancelled.
    pub cancellable: bool,
    /// What becomes of it when its work is lost.
    pub on_lost: OnLost,
    /// Actions that must not be in progress together with it. Holds in both directions.
    pub conflicts_with: BTreeSet<ActionName>,
}

impl ActionDefinition {
    /// The time limit of an action that names none.
    pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(60 * 60);
    /// The cancel grace of an action that names none.
    pub const DEFAULT_CANCEL_GRACE: Duration = Duration::from_secs(10);

    /// An action with every default.
    pub fn new(name: ActionName) -> Self {
        Self {
            name,
            description: String::new(),
            parameters: None,
            timeout: Self::DEFAULT_TIMEOUT,
            cancel_grace: Self::DEFAULT_CANCEL_GRACE,
            cancellable: true,
            on_lost: OnLost::Abort,
            conflicts_with: BTreeSet::new(),
        }
    }
}

/// A name that only one action in progress can hold. Conflicting actions share one.
///
/// The store keeps them under a unique index, which is what decides who wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExclusionKey(String);

impl ExclusionKey {
    /// The key as stored text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn own(key: &ActionKey) -> Self {
        Self(format!("{}/{}", key.target.as_str(), key.name))
    }

    fn shared(target: &Target, a: &ActionName, b: &ActionName) -> Self {
        let (first, second) = if a < b { (a, b) } else { (b, a) };
        Self(format!("{}/{first}+{second}", target.as_str()))
    }
}

/// All configured actions.
#[derive(Debug, Default)]
pub struct Catalog(BTreeMap<ActionName, ActionDefinition>);

impl Catalog {
    /// Gathers definitions.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a name stands twice, or a conflict names an unknown action or itself.
    pub fn new(definitions: impl IntoIterator<Item = ActionDefinition>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for definition in definitions {
            let name = definition.name.clone();
            if all.insert(name.clone(), definition).is_some() {
                return Err(Error::invalid("name", format!("action '{name}' is defined twice")));
            }
        }
        for definition in all.values() {
            if let Some(bad) = definition
                .conflicts_with
                .iter()
                .find(|other| **other == definition.name || !all.contains_key(*other))
            {
                let reason = format!("'{bad}' is not another action of this configuration");
                return Err(Error::invalid(format!("{}.conflicts_with", definition.name), reason));
            }
        }
        Ok(Self(all))
    }

    /// The definition of `name`, if there is one.
    pub fn get(&self, name: &ActionName) -> Option<&ActionDefinition> {
        self.0.get(name)
    }

    /// All definitions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ActionDefinition> {
        self.0.values()
    }

    /// What an action must hold alone while it is in progress: its own key, and one shared with
    /// each action that it conflicts with, whichever of the two names the other.
    pub fn exclusions(&self, key: &ActionKey) -> Vec<ExclusionKey> {
        let conflicts = |other: &&ActionDefinition| {
            other.conflicts_with.contains(&key.name)
                || self.get(&key.name).is_some_and(|own| own.conflicts_with.contains(&other.name))
        };
        let shared = self.iter().filter(conflicts);
        std::iter::once(ExclusionKey::own(key))
            .chain(shared.map(|other| ExclusionKey::shared(&key.target, &key.name, &other.name)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(name: &str, conflicts: &[&str]) -> ActionDefinition {
        let mut definition = ActionDefinition::new(ActionName::parse(name).unwrap());
        definition.conflicts_with =
            conflicts.iter().map(|n| ActionName::parse(n).unwrap()).collect();
        definition
    }

    fn keys(catalog: &Catalog, name: &str) -> Vec<String> {
        let key = ActionKey::cluster(ActionName::parse(name).unwrap());
        catalog.exclusions(&key).iter().map(|k| k.as_str().to_owned()).collect()
    }

    #[test]
    fn a_conflict_holds_in_both_directions() {
        let catalog =
            Catalog::new([definition("b", &["a"]), definition("a", &[]), definition("c", &[])])
                .unwrap();
        assert_eq!(keys(&catalog, "a"), ["cluster/a", "cluster/a+b"]);
        assert_eq!(keys(&catalog, "b"), ["cluster/b", "cluster/a+b"]);
        assert_eq!(keys(&catalog, "c"), ["cluster/c"]);
    }

    #[test]
    fn refuses_what_cannot_be_meant() {
        for (definitions, word) in [
            (vec![definition("a", &[]), definition("a", &[])], "twice"),
            (vec![definition("a", &["a"])], "another"),
            (vec![definition("a", &["zz"])], "zz"),
        ] {
            let error = Catalog::new(definitions).unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
    }
}
