//! `[[cluster.nodes]]`: the nodes that actions can be done to.

use std::collections::BTreeMap;

use actiond_core::cluster::{Node, NodeUid};
use serde::{Deserialize, Serialize};

use super::{ConfigError, Origin};

/// One of `[[cluster.nodes]]`
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct NodeConfig {
    /// What clients call it.
    pub uid: String,
    /// Where it is.
    pub address: String,
    /// What else its actions need to know of it.
    pub attributes: BTreeMap<String, String>,
}

impl NodeConfig {
    /// The node as the domain knows it.
    pub(super) fn node(&self, origin: &Origin) -> Result<Node, ConfigError> {
        let (uid, attributes) = (NodeUid::new(self.uid.clone()), self.attributes.clone());
        Node::new(uid, self.address.clone(), attributes).map_err(|error| {
            ConfigError::of(origin, &format!("cluster.nodes[{}]", self.uid), error)
        })
    }
}
