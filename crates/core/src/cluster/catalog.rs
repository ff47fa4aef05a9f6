//! The actions that the operator has configured.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{ActionKey, ActionName, Node, NodeUid, ParameterSchema, Target, TargetKind};
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
    /// What it is done to.
    pub target: TargetKind,
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
    /// Actions that must not be in progress together with it. Holds in both directions, for two
    /// actions of nodes on the same node, and between an action of the cluster and one of any node. An
    /// action of nodes that names itself is in progress on one node at a time.
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
            target: TargetKind::Cluster,
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
        Self(format!("{}/{}", key.target, key.name))
    }

    fn shared(target: &Target, a: &ActionName, b: &ActionName) -> Self {
        let (first, second) = if a < b { (a, b) } else { (b, a) };
        Self(format!("{target}/{first}+{second}"))
    }
}

/// All configured actions, and the nodes that there are.
#[derive(Debug, Default)]
pub struct Catalog {
    actions: BTreeMap<ActionName, ActionDefinition>,
    nodes: BTreeMap<NodeUid, Node>,
    queue_length: u32,
}

impl Catalog {
    /// Gathers definitions; there are no nodes, and no run waits for another.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a name stands twice, or a conflict names an unknown action, or an action
    /// of the cluster itself.
    pub fn new(definitions: impl IntoIterator<Item = ActionDefinition>) -> Result<Self> {
        let mut actions = BTreeMap::new();
        for definition in definitions {
            let name = definition.name.clone();
            if actions.insert(name.clone(), definition).is_some() {
                return Err(Error::invalid("name", format!("action '{name}' is defined twice")));
            }
        }
        for definition in actions.values() {
            let is_itself = |other: &ActionName| {
                *other == definition.name && definition.target == TargetKind::Cluster
            };
            let is_bad = |other: &&ActionName| is_itself(other) || !actions.contains_key(*other);
            if let Some(bad) = definition.conflicts_with.iter().find(is_bad) {
                let reason = format!("'{bad}' is not another action of this configuration");
                return Err(Error::invalid(format!("{}.conflicts_with", definition.name), reason));
            }
        }
        Ok(Self { actions, ..Self::default() })
    }

    /// The same with these nodes.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a uid stands twice.
    pub fn with_nodes(self, nodes: impl IntoIterator<Item = Node>) -> Result<Self> {
        let mut all = BTreeMap::new();
        for node in nodes {
            let uid = node.uid().clone();
            if all.insert(uid.clone(), node).is_some() {
                return Err(Error::invalid("uid", format!("there are two nodes '{uid}'")));
            }
        }
        Ok(Self { nodes: all, ..self })
    }

    /// The same with room for so many runs of each action on each target that wait for their turn.
    #[must_use]
    pub fn with_queue_length(self, runs: u32) -> Self {
        Self { queue_length: runs, ..self }
    }

    /// How many runs of an action may wait for their turn, on each target.
    pub fn queue_length(&self) -> u32 {
        self.queue_length
    }

    /// The definition of `name`, if there is one.
    pub fn get(&self, name: &ActionName) -> Option<&ActionDefinition> {
        self.actions.get(name)
    }

    /// The definition of the action that `key` names, if it is for targets of that kind, and there is
    /// that target.
    pub fn find(&self, key: &ActionKey) -> Option<&ActionDefinition> {
        let definition = self.get(&key.name)?;
        let is_there = key.target.node_uid().is_none_or(|uid| self.node(uid).is_some());
        (is_there && definition.target == key.target.kind()).then_some(definition)
    }

    /// The node of this uid, if there is one.
    pub fn node(&self, uid: &NodeUid) -> Option<&Node> {
        self.nodes.get(uid)
    }

    /// All definitions, by name.
    pub fn iter(&self) -> impl Iterator<Item = &ActionDefinition> {
        self.actions.values()
    }

    /// What an action must hold alone while it is in progress: its own key, and those that it shares
    /// with each action that it conflicts with, whichever of the two names the other.
    pub fn exclusions(&self, key: &ActionKey) -> Vec<ExclusionKey> {
        let mut keys = vec![ExclusionKey::own(key)];
        for other in self.iter().filter(|other| self.conflict(&key.name, &other.name)) {
            let shared = |target: &Target| ExclusionKey::shared(target, &key.name, &other.name);
            match (&key.target, other.target) {
                // One node at a time.
                (Target::Node(_), _) if other.name == key.name => {
                    keys.push(shared(&Target::Cluster));
                }
                // An action of the cluster meets one of a node on that node: so two nodes do not
                // keep each other from theirs.
                (Target::Cluster, TargetKind::Node) => {
                    keys.extend(self.nodes.keys().cloned().map(Target::Node).map(|t| shared(&t)));
                }
                (target, _) => keys.push(shared(target)),
            }
        }
        keys
    }

    /// Whether one of the two names the other.
    fn conflict(&self, a: &ActionName, b: &ActionName) -> bool {
        let names = |a, b| self.get(a).is_some_and(|action| action.conflicts_with.contains(b));
        names(a, b) || names(b, a)
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

    fn of_node(name: &str, conflicts: &[&str]) -> ActionDefinition {
        ActionDefinition { target: TargetKind::Node, ..definition(name, conflicts) }
    }

    fn node(uid: &str) -> Node {
        Node::new(NodeUid::new(uid), "127.0.0.1", BTreeMap::new()).unwrap()
    }

    #[test]
    fn conflicts_of_nodes_hold_on_a_node_and_cross_to_the_cluster() {
        let definitions = [
            definition("check", &["remove"]),
            of_node("remove", &["restart"]),
            of_node("restart", &[]),
            of_node("upgrade", &["upgrade"]),
        ];
        let catalog = Catalog::new(definitions).unwrap();
        let catalog = catalog.with_nodes([node("1"), node("2")]).unwrap();
        let on = |target: Target, name: &str| {
            let key = ActionKey { target, name: ActionName::parse(name).unwrap() };
            let keys = catalog.exclusions(&key);
            keys.iter().map(|key| key.as_str().to_owned()).collect::<Vec<_>>()
        };
        let whole = on(Target::Cluster, "check");
        assert_eq!(whole, ["cluster/check", "node:1/check+remove", "node:2/check+remove"]);
        let one = on(Target::node("1"), "remove");
        assert_eq!(one, ["node:1/remove", "node:1/check+remove", "node:1/remove+restart"]);
        let other = on(Target::node("2"), "remove");
        assert!(one.iter().all(|key| !other.contains(key)), "two nodes do not meet");
        assert_eq!(on(Target::node("1"), "restart"), ["node:1/restart", "node:1/remove+restart"]);
        let [first, second] = ["1", "2"].map(|uid| on(Target::node(uid), "upgrade"));
        assert_eq!(first, ["node:1/upgrade", "cluster/upgrade+upgrade"]);
        assert_eq!(second[1..], first[1..], "one node at a time");
    }

    #[test]
    fn an_action_is_found_on_its_kind_of_target_alone() {
        let catalog = Catalog::new([definition("check", &[]), of_node("remove", &[])]).unwrap();
        let catalog = catalog.with_nodes([node("1")]).unwrap();
        let finds = |target: Target, name: &str| {
            catalog.find(&ActionKey { target, name: ActionName::parse(name).unwrap() }).is_some()
        };
        assert!(finds(Target::Cluster, "check") && finds(Target::node("1"), "remove"));
        assert!(!finds(Target::node("1"), "check") && !finds(Target::Cluster, "remove"));
        assert!(!finds(Target::node("2"), "remove") && !finds(Target::Cluster, "other"));
    }

    #[test]
    fn a_node_stands_once() {
        let error = Catalog::default().with_nodes([node("1"), node("1")]).unwrap_err();
        assert_eq!(error.to_string(), "uid: there are two nodes '1'");
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
