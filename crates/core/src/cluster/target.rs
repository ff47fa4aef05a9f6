//! What actions are done to: the whole cluster, or one of its nodes.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, Result};

/// Longest uid of a node, in characters.
const MAX_UID_LENGTH: usize = 64;

/// What an action is done to. One instance of an action at a time, on each target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// The whole cluster.
    Cluster,
    /// One node.
    Node(NodeUid),
}

/// The kind of target that an action is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The whole cluster.
    Cluster,
    /// Any one node.
    Node,
}

/// What comes before the uid in a node's stored text.
const NODE: &str = "node:";

impl Target {
    /// The node of this uid.
    pub fn node(uid: impl Into<String>) -> Self {
        Self::Node(NodeUid::new(uid))
    }

    /// Which kind it is.
    pub fn kind(&self) -> TargetKind {
        match self {
            Self::Cluster => TargetKind::Cluster,
            Self::Node(_) => TargetKind::Node,
        }
    }

    /// The uid, for a node.
    pub fn node_uid(&self) -> Option<&NodeUid> {
        match self {
            Self::Cluster => None,
            Self::Node(uid) => Some(uid),
        }
    }

    /// Reads the text that it is shown and stored as; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix(NODE) {
            Some(uid) => Some(Self::node(uid)),
            None => (text == "cluster").then_some(Self::Cluster),
        }
    }
}

/// The text that stores keep: `cluster`, or `node:` and the uid.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cluster => f.write_str("cluster"),
            Self::Node(uid) => write!(f, "{NODE}{uid}"),
        }
    }
}

/// What clients call a node. Compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeUid(String);

impl NodeUid {
    /// Takes any text: which nodes there are is the catalog's business.
    pub fn new(uid: impl Into<String>) -> Self {
        Self(uid.into())
    }

    /// The uid as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeUid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A node, as the operator has configured it. All of it reaches the work that is done to the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    uid: NodeUid,
    address: String,
    attributes: BTreeMap<String, String>,
}

impl Node {
    /// A node.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a uid other than 1 to 64 letters, digits, `_`, `.` and `-` of ASCII; an
    /// address that is empty; an attribute whose name is not of the form `[a-z][a-z0-9_]*`, or `uid`
    /// or `address`; and NUL anywhere.
    pub fn new(
        uid: NodeUid,
        address: impl Into<String>,
        attributes: BTreeMap<String, String>,
    ) -> Result<Self> {
        let of_form = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        let length = 1..=MAX_UID_LENGTH;
        if !length.contains(&uid.0.len()) || !uid.0.chars().all(of_form) {
            let allowed = "is not 1 to 64 letters, digits, '_', '.' and '-'";
            return Err(Error::invalid("uid", format!("{:?} {allowed}", uid.0)));
        }
        let address = address.into();
        if address.is_empty() || address.contains('\0') {
            return Err(Error::invalid("address", format!("{address:?} is no address")));
        }
        for (name, value) in &attributes {
            check_attribute(name, value)?;
        }
        Ok(Self { uid, address, attributes })
    }

    /// What clients call it.
    pub fn uid(&self) -> &NodeUid {
        &self.uid
    }

    /// Where it is, in whatever form its actions understand.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What else its actions need to know of it.
    pub fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }
}

fn check_attribute(name: &str, value: &str) -> Result<()> {
    let of_form = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let starts_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !starts_well || !name.chars().all(of_form) || ["uid", "address"].contains(&name) {
        let allowed = "a lower-case letter, then lower-case letters, digits and underscores, other \
                       than 'uid' and 'address'";
        return Err(Error::invalid("attributes", format!("the name {name:?} is not {allowed}")));
    }
    if value.contains('\0') {
        return Err(Error::invalid(format!("attributes.{name}"), "a text without NUL is needed"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_reads_back_from_its_text() {
        for target in [Target::Cluster, Target::node("1"), Target::node("cluster")] {
            assert_eq!(Target::parse(&target.to_string()), Some(target));
        }
        assert_eq!(Target::Cluster.to_string(), "cluster", "what stores have held since the first");
        assert_eq!(Target::parse("database"), None);
    }

    #[test]
    fn targets_are_in_the_order_of_their_texts() {
        let targets = [Target::Cluster, Target::node("1"), Target::node("10"), Target::node("2")];
        assert!(targets.is_sorted() && targets.map(|target| target.to_string()).is_sorted());
    }

    #[test]
    fn a_node_that_cannot_be_meant_is_refused_by_the_name_of_its_field() {
        let check = |uid: &str, address: &str, attribute: (&str, &str), expected: &str| {
            let attributes = [(attribute.0.to_owned(), attribute.1.to_owned())].into();
            let node = Node::new(NodeUid::new(uid), address, attributes);
            let said = node.map_or_else(|error| error.to_string(), |_| "good".to_owned());
            assert!(said.starts_with(expected), "{said}");
        };
        let rack = ("rack", "r 1");
        check("7c1-x_y.z", "[::1]:7000", rack, "good");
        check(&"a".repeat(64), "a", rack, "good");
        check(&"a".repeat(65), "a", rack, "uid: ");
        check("", "a", rack, "uid: \"\" is not");
        check("a/b", "a", rack, "uid: ");
        check("é", "a", rack, "uid: ");
        check("1", "", rack, "address: ");
        check("1", "a\0", rack, "address: ");
        check("1", "a", ("Rack", ""), "attributes: the name \"Rack\"");
        check("1", "a", ("", ""), "attributes: ");
        check("1", "a", ("a=b", ""), "attributes: ");
        check("1", "a", ("uid", ""), "attributes: ");
        check("1", "a", ("rack", "\0"), "attributes.rack: ");
    }
}
