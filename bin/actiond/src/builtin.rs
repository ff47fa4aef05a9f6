//! The cluster actions that are there when the configuration names none.

use serde_json::json;

use crate::config::{ActionConfig, Config};

/// The built-in actions, carried out by this very program.
pub fn actions(config: &Config) -> Vec<ActionConfig> {
    let program = own_path();
    let task = |arguments: &[&str]| {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        [program.clone(), "task".to_owned()].into_iter().chain(arguments).collect()
    };
    // A copy reads one state of the store; the slower it is, the longer the log of changes grows.
    let pace = json!({"type": "number", "minimum": 0.1});
    let mut actions = vec![
        ActionConfig {
            name: "verify_tree".to_owned(),
            description: "Verify the files of a folder against its SHA256SUMS".to_owned(),
            command: task(&["verify-tree", "--root", "."]),
            parameters: Some(json!({
                "type": "object",
                "required": ["path"],
                "properties": {"path": {"type": "string"}, "max_mib_per_second": pace},
                "additionalProperties": false,
            })),
            ..ActionConfig::default()
        },
        ActionConfig {
            name: "copy_store".to_owned(),
            description: "Make a consistent copy of the server's own database".to_owned(),
            command: task(&["copy-store", "--into", "data/copies"]),
            // Arguments are for everybody on this host to see; a URL may hold a password.
            environment: [("ACTIOND_STORE_URL".to_owned(), config.store.url.clone())].into(),
            parameters: Some(json!({
                "type": "object",
                "properties": {"name": {"type": "string", "pattern": "^[A-Za-z0-9_-][A-Za-z0-9._-]*$"}, "max_mib_per_second": pace},
                "additionalProperties": false,
            })),
            ..ActionConfig::default()
        },
    ];
    // A database on a server is copied with that server's own tools.
    if config.store_url().is_ok_and(|url| url.is_shared()) {
        actions.truncate(1);
    }
    actions
}

/// Where this program is; by its name alone if the system does not say.
fn own_path() -> String {
    let path = std::env::current_exe().ok().and_then(|path| path.to_str().map(str::to_owned));
    path.unwrap_or_else(|| env!("CARGO_BIN_NAME").to_owned())
}
