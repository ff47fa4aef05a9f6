//! Settings: built-in defaults, then the file, then the environment and the flags.

mod actions;
mod duration;
mod error;
mod hidden;
mod keystone;
mod listeners;
mod nodes;
mod number;
mod origin;
mod seconds;
mod sections;
mod show;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use actiond_persistence::StoreUrl;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

pub use actions::{ActionConfig, ClusterConfig};
pub use error::ConfigError;
pub use keystone::KeystoneConfig;
pub use listeners::{ListenerConfig, Place, TlsConfig, TlsFiles};
pub use origin::Origin;
pub use sections::{
    IdentityConfig, LogConfig, PolicyConfig, Provider, RunnerConfig, ServerConfig, StoreConfig,
};

use crate::builtin;
use crate::cli::{Global, Listen, LogFormat};

/// Where the server listens.
const LISTEN: &str = "server.listen";

/// Whether it may be without TLS where others can read what is sent.
const PLAIN_HTTP: &str = "server.allow_plain_http";

/// The file that is read when no other is named.
const DEFAULT_FILE: &str = "actiond.toml";

/// Every setting.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    pub server: ServerConfig,
    pub store: StoreConfig,
    pub identity: IdentityConfig,
    pub policy: PolicyConfig,
    pub runner: RunnerConfig,
    pub log: LogConfig,
    pub cluster: ClusterConfig,
    /// Where the settings come from.
    #[serde(skip)]
    pub origin: Origin,
}

impl Config {
    /// Gathers the settings of all sources and checks them.
    pub fn load(global: &Global, listen: Option<&Listen>) -> Result<Self, ConfigError> {
        let mut config = match file(global.config.as_deref()) {
            Some(file) => Self::read(&file)?,
            None => Self::default(),
        };
        config.overlay(global, listen)?;
        if config.cluster.actions.is_empty() {
            config.cluster.actions = builtin::actions(&config);
        }
        config.check()?;
        Ok(config)
    }

    fn read(file: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(file)
            .map_err(|error| ConfigError::Unreadable { file: file.to_owned(), error })?;
        let malformed = |at, error| ConfigError::Malformed {
            file: file.to_owned(),
            at,
            error: Box::new(error),
        };
        let deserializer =
            toml::Deserializer::parse(&text).map_err(|error| malformed(String::new(), error))?;
        let config: Self = serde_path_to_error::deserialize(deserializer)
            .map_err(|error| malformed(format!("{}: ", error.path()), error.into_inner()))?;
        let content = toml::from_str(&text).map_err(|error| malformed(String::new(), error))?;
        Ok(Self { origin: Origin::file(file, &content), ..config })
    }

    /// Puts what the environment and the flags say over what the file says.
    fn overlay(&mut self, global: &Global, listen: Option<&Listen>) -> Result<(), ConfigError> {
        let origin = &mut self.origin;
        self.identity.keystone.overlay(origin);
        let texts = [
            (
                LISTEN,
                &mut self.server.listen,
                listen.and_then(|listen| listen.listen.as_deref()),
                "--listen or ACTIOND_LISTEN",
            ),
            (
                "store.url",
                &mut self.store.url,
                global.store.as_deref(),
                "--store or ACTIOND_STORE_URL",
            ),
            ("log.filter", &mut self.log.filter, global.log.as_deref(), "--log or ACTIOND_LOG"),
        ];
        for (key, setting, given, from) in texts {
            if let Some(given) = given {
                given.clone_into(setting);
                origin.overlay(key, from);
            }
        }
        if let Some(allow) = listen.and_then(|listen| listen.allow_plain_http.as_deref()) {
            origin.overlay(PLAIN_HTTP, "--allow-plain-http or ACTIOND_ALLOW_PLAIN_HTTP");
            self.server.allow_plain_http = allow
                .parse()
                .map_err(|_| ConfigError::wrong(origin, PLAIN_HTTP, allow, "true or false"))?;
        }
        if let Some(format) = &global.log_format {
            origin.overlay("log.format", "--log-format or ACTIOND_LOG_FORMAT");
            self.log.format = LogFormat::from_str(format, false)
                .map_err(|_| ConfigError::wrong(origin, "log.format", format, "text or json"))?;
        }
        Ok(())
    }

    /// The policy file, if there is to be one.
    pub fn policy_file(&self) -> Option<PathBuf> {
        let file = Some(&self.policy.file).filter(|file| !file.is_empty())?;
        Some(self.origin.folder().join(file))
    }

    fn check(&self) -> Result<(), ConfigError> {
        self.check_listeners()?;
        self.store_url()?;
        if EnvFilter::try_new(&self.log.filter).is_err() {
            let allowed = "error, warn, info, debug, trace, or TARGET=LEVEL pairs";
            return self.wrong("log.filter", &self.log.filter, allowed);
        }
        self.domain("identity", self.identity.settings().check())?;
        if self.identity.provider == Provider::Keystone {
            self.domain("identity.keystone", self.identity.keystone.settings().map(drop))?;
        }
        self.domain("runner", self.runner.settings("server").check())?;
        self.cluster.catalog(&self.origin).map(drop)
    }

    /// Where the store is.
    pub fn store_url(&self) -> Result<StoreUrl, ConfigError> {
        let url = &self.store.url;
        StoreUrl::parse(url).map_err(|_| {
            let shown = without_credentials(url);
            ConfigError::wrong(&self.origin, "store.url", shown, StoreUrl::ALLOWED)
        })
    }

    /// What the domain says of a section, with the value that it does not name.
    fn domain(&self, section: &str, checked: actiond_core::Result<()>) -> Result<(), ConfigError> {
        let Err(actiond_core::Error::Invalid { field, reason }) = checked else { return Ok(()) };
        let key = format!("{section}.{field}");
        let value = self.settings().into_iter().find(|(of, _)| *of == key);
        let reason = format!("{:?} {reason}", without_credentials(&value.unwrap_or_default().1));
        Err(ConfigError::Refused { place: self.origin.of(&key), key, reason })
    }

    fn wrong(&self, key: &str, value: &str, allowed: &str) -> Result<(), ConfigError> {
        Err(ConfigError::wrong(&self.origin, key, value, allowed))
    }
}

/// The file to read: the one that is named, or the default one when it is there.
fn file(named: Option<&Path>) -> Option<PathBuf> {
    let default = || Some(PathBuf::from(DEFAULT_FILE)).filter(|file| file.exists());
    named.map(Path::to_owned).or_else(default)
}

/// A URL as it may be shown: without a name and a password before the host.
fn without_credentials(url: &str) -> String {
    match url.split_once("://").zip(url.rsplit_once('@')) {
        Some(((scheme, _), (_, host))) => format!("{scheme}://…@{host}"),
        None => url.to_owned(),
    }
}
