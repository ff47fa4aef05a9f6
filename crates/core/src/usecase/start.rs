//! How an action is to be started.

use serde_json::{Map, Value};

/// What a client asks for when it starts an action.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StartRequest {
    /// What the work is to know.
    pub parameters: Map<String, Value>,
    /// Whether it waits for its turn where it would be refused because of others.
    pub waits: bool,
}

impl From<Map<String, Value>> for StartRequest {
    /// One that does not wait.
    fn from(parameters: Map<String, Value>) -> Self {
        Self { parameters, ..Self::default() }
    }
}
