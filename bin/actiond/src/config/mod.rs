//! Settings: built-in defaults, then the file, then the environment and the flags.

mod actions;
mod duration;
mod error;
mod origin;
mod show;

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use actions::{ActionConfig, ClusterConfig};
pub use error::ConfigError;
pub use origin::Origin;

use crate::builtin;
use crate::cli::{Global, LogFormat};

/// The file that is read when no other is named.
const DEFAULT_FILE: &str = "actiond.toml";

/// Every setting.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: ServerConfig,
    pub store: StoreConfig,
    pub identity: IdentityConfig,
    pub runner: RunnerConfig,
    pub log: LogConfig,
    pub cluster: ClusterConfig,
    /// Where the settings come from.
    #[serde(skip)]
    pub origin: Origin,
}

/// `[server]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// Host and port; port 0 picks a free one.
    pub listen: String,
    /// Threads that answer requests; 0 means one a core.
    pub workers: usize,
    /// Largest request body, in bytes.
    pub max_body: usize,
    /// How long a stopping server waits for requests and actions that are under way.
    #[serde(deserialize_with = "duration::deserialize")]
    pub shutdown_grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9090".to_owned(),
            workers: 0,
            max_body: 1024 * 1024,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// `[store]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:PATH`
    pub url: String,
    /// Connections for reading.
    pub read_connections: u32,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { url: "sqlite:data/actiond.db".to_owned(), read_connections: 8 }
    }
}

/// `[identity]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// Who says who is calling.
    pub provider: Provider,
    /// How long a project token is good.
    #[serde(deserialize_with = "duration::deserialize")]
    pub token_lifetime: Duration,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        Self { provider: Provider::Local, token_lifetime: Duration::from_secs(60 * 60) }
    }
}

/// An identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Users of the service's own store.
    Local,
}

/// `[runner]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RunnerConfig {
    /// How many actions run at once.
    pub max_concurrent: usize,
    /// How long an action stays a runner's without a sign of life.
    #[serde(deserialize_with = "duration::deserialize")]
    pub lease: Duration,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        Self { max_concurrent: 16, lease: Duration::from_secs(30) }
    }
}

/// `[log]`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// What is logged.
    pub filter: String,
    /// How.
    pub format: LogFormat,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

impl Config {
    /// Gathers the settings of all sources and checks them.
    pub fn load(global: &Global, listen: Option<&str>) -> Result<Self, ConfigError> {
        let mut config = match Self::file(global.config.as_deref()) {
            Some(file) => Self::read(&file)?,
            None => Self::default(),
        };
        for (key, setting, given, from) in [
            ("server.listen", &mut config.server.listen, listen, "--listen or ACTIOND_LISTEN"),
            (
                "store.url",
                &mut config.store.url,
                global.store.as_deref(),
                "--store or ACTIOND_STORE_URL",
            ),
            ("log.filter", &mut config.log.filter, global.log.as_deref(), "--log or ACTIOND_LOG"),
        ] {
            if let Some(given) = given {
                given.clone_into(setting);
                config.origin.overlay(key, from);
            }
        }
        config.log.format = global.log_format.unwrap_or(config.log.format);
        if config.cluster.actions.is_empty() {
            config.cluster.actions = builtin::actions(&config);
        }
        config.check()?;
        Ok(config)
    }

    fn file(named: Option<&Path>) -> Option<PathBuf> {
        let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
        named.map(Path::to_owned).or_else(default)
    }

    fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), error })?;
        let config: Self = toml::from_str(&text)
            .map_err(|error| ConfigError::Malformed { file: file.to_owned(), error })?;
        Ok(Self { origin: Origin::file(file), ..config })
    }

    fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &str, value: String, allowed: &str| {
            Err(ConfigError::wrong(&self.origin, key, value, allowed))
        };
        let port = self.server.listen.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            return wrong(
                "server.listen",
                self.server.listen.clone(),
                "HOST:PORT, such as 127.0.0.1:9090",
            );
        }
        if self.store.url.strip_prefix("sqlite:").is_none_or(str::is_empty) {
            return wrong(
                "store.url",
                self.store.url.clone(),
                "sqlite:PATH, such as sqlite:data/actiond.db",
            );
        }
        for (key, value, least) in [
            ("server.max_body", self.server.max_body, 1024),
            ("store.read_connections", self.store.read_connections as usize, 1),
            ("runner.max_concurrent", self.runner.max_concurrent, 1),
        ] {
            if value < least {
                return wrong(key, value.to_string(), &format!("a number of {least} or more"));
            }
        }
        for (key, value) in [
            ("identity.token_lifetime", self.identity.token_lifetime),
            ("runner.lease", self.runner.lease),
        ] {
            if value.is_zero() {
                return wrong(
                    key,
                    "0s".to_owned(),
                    "a duration of more than nothing, such as 30s or 1h",
                );
            }
        }
        tracing_subscriber::EnvFilter::try_new(&self.log.filter).map(drop).or_else(|_| {
            wrong(
                "log.filter",
                self.log.filter.clone(),
                "error, warn, info, debug, trace, or TARGET=LEVEL pairs",
            )
        })?;
        self.cluster.catalog(&self.origin).map(drop)
    }
}
