//! The configuration as `actiond config check` shows it.

use std::fmt;

use super::Config;

impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "The configuration is good. Settings, and where they come from:")?;
        let lifetime = humantime::format_duration(self.identity.token_lifetime).to_string();
        let settings = [
            ("server.listen", self.server.listen.clone()),
            ("server.max_body", format!("{} bytes", self.server.max_body)),
            (
                "server.shutdown_grace",
                humantime::format_duration(self.server.shutdown_grace).to_string(),
            ),
            ("store.url", self.store.url.clone()),
            ("identity.provider", format!("{:?}", self.identity.provider).to_lowercase()),
            ("identity.token_lifetime", lifetime),
            ("runner.max_concurrent", self.runner.max_concurrent.to_string()),
            ("runner.lease", humantime::format_duration(self.runner.lease).to_string()),
            ("log.filter", self.log.filter.clone()),
        ];
        for (key, value) in settings {
            writeln!(f, "  {key:<24} {value:<32} ({})", self.origin.of(key))?;
        }
        writeln!(f, "Cluster actions:")?;
        for action in &self.cluster.actions {
            writeln!(f, "  {:<24} {}", action.name, action.description)?;
        }
        Ok(())
    }
}
