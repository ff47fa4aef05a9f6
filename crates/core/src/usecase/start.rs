//! How an action is to be started.

use serde_json::{Map, Value};

use crate::cluster::{ActionDefinition, ClusterAction};
use crate::once::RequestKey;

/// What a client asks for when it starts an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartRequest {
    /// What the work is to know.
    pub parameters: Map<String, Value>,
    /// Whether it waits for its turn where it would be refused because of others.
    pub waits: bool,
    /// Under which key it is sent, if it is to be done once.
    pub key: Option<RequestKey>,
}

/// An action that was accepted.
#[derive(Clone, Debug)]
pub struct Started<'a> {
    /// The run, as it was then.
    pub action: ClusterAction,
    /// What is configured of it.
    pub definition: &'a ActionDefinition,
    /// It was accepted before, under the key of the request.
    pub is_replay: bool,
}

impl From<Map<String, Value>> for StartRequest {
    /// One that does not wait.
    fn from(parameters: Map<String, Value>) -> Self {
        Self { parameters, ..Self::default() }
    }
}
