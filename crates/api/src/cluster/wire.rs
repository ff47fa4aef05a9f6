//! What this face sends.

use actiond_core::cluster::{ActionDefinition, ClusterAction};
use serde::Serialize;

/// An action as clients see it.
#[derive(Serialize)]
pub(super) struct Action {
    name: String,
    status: &'static str,
    progress: f64,
    task_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_message: Option<String>,
}

impl From<ClusterAction> for Action {
    fn from(action: ClusterAction) -> Self {
        let (error_code, error_message) =
            action.failure.map(|failure| (failure.code, failure.message)).unzip();
        Self {
            name: action.key.name.as_str().to_owned(),
            status: action.status.as_str(),
            progress: action.progress.percent(),
            task_id: action.task_id.to_string(),
            error_code,
            error_message,
        }
    }
}

/// All actions.
#[derive(Serialize)]
pub(super) struct Actions {
    pub(super) actions: Vec<Action>,
}

/// An action that has just been accepted.
#[derive(Serialize)]
pub(super) struct Accepted {
    #[serde(flatten)]
    action: Action,
    action_uid: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    description: String,
}

impl Accepted {
    pub(super) fn new(action: ClusterAction, definition: &ActionDefinition) -> Self {
        Self {
            action_uid: action.task_id.to_string(),
            action: action.into(),
            description: definition.description.clone(),
        }
    }
}
