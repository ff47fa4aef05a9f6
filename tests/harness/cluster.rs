//! Cluster actions, configured and called.

use serde_json::{Value, json};

use super::{Answer, Client, until_some};

/// An action that runs a script, as TOML, with more settings of its own.
///
/// The script runs in the server's folder.
pub fn sh(name: &str, script: &str, more: &str) -> String {
    // A JSON string is a TOML string too.
    let script = json!(script);
    format!(
        "[[cluster.actions]]\nname = \"{name}\"\ncommand = [\"/bin/sh\", \"-c\", {script}]\n{more}\n"
    )
}

/// A script that says how far it is, waits until there is a file, and then does what is left.
pub fn gate(file: &str, then: &str) -> String {
    format!("echo '{{\"progress\": 10}}'; until [ -e {file} ]; do sleep 0.02; done; {then}")
}

/// Where an action is.
pub fn path_of(action: &str) -> String {
    format!("/v1/cluster/actions/{action}")
}

impl Client {
    /// Starts an action that must be accepted.
    #[track_caller]
    pub fn start(&self, action: &str) -> Value {
        self.post(&path_of(action), &json!({})).expect(200).json()
    }

    /// Asks for the cancel of an action, which must be there.
    #[track_caller]
    pub fn cancel(&self, action: &str) -> Answer {
        self.delete(&path_of(action)).expect(200)
    }

    /// An action that must be there.
    #[track_caller]
    pub fn show(&self, action: &str) -> Value {
        self.get(&path_of(action)).expect(200).json()
    }

    /// Waits until an action has a status, and answers it.
    #[track_caller]
    pub fn until_status(&self, action: &str, status: &str) -> Value {
        let mut last = Value::Null;
        until_some(&format!("{action} is {status}"), || {
            last = self.show(action);
            let has_ended = ["completed", "failed", "aborted", "cancelled"]
                .iter()
                .any(|end| last["status"] == *end);
            assert!(!has_ended || last["status"] == status, "{last}");
            (last["status"] == status).then(|| last.clone())
        })
    }

    /// Waits until an action that says its progress is at work.
    #[track_caller]
    pub fn until_at_work(&self, action: &str) -> Value {
        until_some(&format!("{action} is at work"), || {
            let shown = self.show(action);
            (shown["status"] == "running" && shown["progress"] != 0.0).then_some(shown)
        })
    }

    /// The names of all actions that are shown, with their status.
    pub fn statuses(&self) -> Vec<(String, String)> {
        let listed = self.get("/v1/cluster/actions").expect(200).json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let actions = listed["actions"].as_array().expect("a list").iter();
        actions.map(|action| (text(&action["name"]), text(&action["status"]))).collect()
    }
}
