//! The configuration as `actiond config check` shows it.

use std::fmt;

use super::Config;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration is good. Settings, and where they come from:")?;
        for (key, value) in self.settings() {
            writeln!(f, "  {key:<24} {value:<32} ({})", self.origin.of(&key))?;
        }
        write!(f, "Cluster actions:")?;
        for action in &self.cluster.actions {
            write!(f, "\n  {:<24} {}", action.name, action.description)?;
        }
        Ok(())
    }
}

impl Config {
    /// Every setting but the cluster actions, by its key.
    pub(super) fn settings(&self) -> Vec<(String, String)> {
        let all = serde_json::to_value(self).unwrap_or_default();
        let mut settings = Vec::new();
        for (section, keys) in all.as_object().into_iter().flatten() {
            for (key, value) in keys.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let text = if key == "url" { self.store.to_string() } else { text };
                if !value.is_array() {
                    settings.push((format!("{section}.{key}"), text));
                }
            }
        }
        settings
    }
}
