//! The configuration as `actiond config check` shows it.

use std::fmt;

use serde_json::Value;

use super::{Config, Provider};

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration is good. Settings, and where they come from:")?;
        let asks_keystone = self.identity.provider == Provider::Keystone;
        let counts = |key: &str| asks_keystone || !key.starts_with("identity.keystone.");
        for (key, value) in self.settings().into_iter().filter(|(key, _)| counts(key)) {
            writeln!(f, "  {key:<24} {value:<32} ({})", self.origin.of(&key))?;
        }
        for listener in &self.server.listeners {
            writeln!(f, "Listener {}: {}", listener.address, listener.summary())?;
        }
        write!(f, "Cluster actions:")?;
        for action in &self.cluster.actions {
            write!(f, "\n  {:<24} {}", action.name, action.description)?;
        }
        for (number, node) in self.cluster.nodes.iter().enumerate() {
            let head = if number == 0 { "\nNodes:" } else { "" };
            write!(f, "{head}\n  {:<24} {}", node.uid, node.address)?;
        }
        Ok(())
    }
}

impl Config {
    /// Every setting but the cluster's actions and nodes and the listeners, by its key.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let mut all = serde_json::to_value(self).unwrap_or_default();
        let mut settings = Vec::new();
        all["store"]["url"] = self.store.to_string().into();
        flatten("", &all, &mut settings);
        let lists = ["cluster.actions", "cluster.nodes", "server.listeners"];
        settings.retain(|(key, _)| !lists.contains(&&**key));
        settings
    }
}

/// The values of a table and of the tables in it, each with its sections.
fn flatten(key: &str, value: &Value, settings: &mut Vec<(String, String)>) {
    let Some(table) = value.as_object() else {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        return settings.push((key.to_owned(), text));
    };
    let dot = if key.is_empty() { "" } else { "." };
    for (name, value) in table {
        flatten(&format!("{key}{dot}{name}"), value, settings);
    }
}
