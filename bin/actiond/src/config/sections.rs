//! The sections of the configuration, with their defaults.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actiond_core::identity::LockoutPolicy;
use actiond_identity::LocalSettings;
use actiond_persistence::{StoreOptions, StoreUrl};
use actiond_runner::{RunnerSettings, SystemClock};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use super::{KeystoneConfig, ListenerConfig, TlsConfig, duration, number::within};
use crate::cli::LogFormat;

/// `[server]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct ServerConfig {
    /// Host and port; port 0 picks a free one.
    pub listen: String,
    /// Whether it may be HTTP without TLS on an address that others reach.
    pub allow_plain_http: bool,
    /// The certificate.
    pub tls: TlsConfig,
    /// Places to listen at, each with what it serves, instead of `listen`.
    pub listeners: Vec<ListenerConfig>,
    /// Scheme and authority under which clients reach the server; empty means what `Host` says.
    #[serde(deserialize_with = "public_url")]
    pub public_url: String,
    /// Threads that answer requests; 0 means one a core.
    #[serde(deserialize_with = "within::<0, 1024, _, _>")]
    pub workers: usize,
    /// Largest request body, in bytes.
    #[serde(deserialize_with = "within::<1024, 1_073_741_824, _, _>")]
    pub max_body: usize,
    /// How long a stopping server waits for requests and actions that are under way.
    #[serde(with = "duration")]
    pub shutdown_grace: Duration,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:9090".to_owned(),
            allow_plain_http: false,
            tls: TlsConfig::default(),
            listeners: vec![],
            public_url: String::new(),
            workers: 0,
            max_body: 1024 * 1024,
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// Reads scheme and authority, or nothing.
fn public_url<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    let host = text.strip_prefix("https://").or(text.strip_prefix("http://"));
    let host = host.map(|host| host.strip_suffix('/').unwrap_or(host));
    let of_form = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    if text.is_empty() || host.is_some_and(|host| !host.is_empty() && host.chars().all(of_form)) {
        return Ok(text);
    }
    let allowed = "http:// or https:// with a host, such as https://backup.example, or nothing";
    Err(D::Error::custom(format!("{text:?} is not {allowed}")))
}

/// `[store]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct StoreConfig {
    /// `sqlite:PATH` or `postgres://…`
    pub url: String,
    /// A file with the password for the database; empty means none.
    pub password_file: String,
    /// Connections for searches, and for lists that are not short.
    #[serde(deserialize_with = "within::<1, 1024, _, _>")]
    pub read_connections: u32,
    /// Connections for reads by key, and in a file for short lists.
    #[serde(deserialize_with = "within::<1, 1024, _, _>")]
    pub point_read_connections: u32,
    /// Connections for changes of cluster actions, users and tokens on PostgreSQL.
    #[serde(deserialize_with = "within::<1, 1024, _, _>")]
    pub change_connections: u32,
    /// Within which time a database answers, or the request is 503.
    #[serde(with = "duration")]
    pub answer_time: Duration,
}

impl StoreConfig {
    /// How to open the store.
    pub fn options(&self) -> StoreOptions {
        StoreOptions {
            readers: self.read_connections,
            point_readers: self.point_read_connections,
            changers: self.change_connections,
            answer_time: self.answer_time,
            password_file: Some(&self.password_file).filter(|f| !f.is_empty()).map(PathBuf::from),
            ..StoreOptions::new(Arc::new(SystemClock))
        }
    }
}

impl fmt::Display for StoreConfig {
    /// The URL, without its password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        StoreUrl::parse(&self.url).map_or(Ok(()), |url| url.fmt(f))
    }
}

impl Default for StoreConfig {
    fn default() -> Self {
        let options = StoreOptions::new(Arc::new(SystemClock));
        Self {
            url: "sqlite:data/actiond.db".to_owned(),
            password_file: String::new(),
            read_connections: options.readers,
            point_read_connections: options.point_readers,
            change_connections: options.changers,
            answer_time: options.answer_time,
        }
    }
}

/// `[identity]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct IdentityConfig {
    /// Who says who is calling.
    pub provider: Provider,
    /// How long a project token is good.
    #[serde(with = "duration")]
    pub token_lifetime: Duration,
    /// So many wrong passwords lock a user; 0 never does.
    #[serde(deserialize_with = "within::<0, 1000, _, _>")]
    pub lockout_failures: u32,
    /// How long a wrong password counts.
    #[serde(with = "duration")]
    pub lockout_window: Duration,
    /// How long a user stays locked.
    #[serde(with = "duration")]
    pub lockout_time: Duration,
    /// Where Keystone is.
    pub keystone: KeystoneConfig,
}

impl Default for IdentityConfig {
    fn default() -> Self {
        let LocalSettings { token_lifetime, lockout, .. } = LocalSettings::default();
        Self {
            provider: Provider::Local,
            token_lifetime,
            lockout_failures: lockout.max_failures,
            lockout_window: lockout.window,
            lockout_time: lockout.lock_for,
            keystone: KeystoneConfig::default(),
        }
    }
}

impl IdentityConfig {
    /// The settings of the local provider.
    pub fn settings(&self) -> LocalSettings {
        let lockout = LockoutPolicy {
            max_failures: self.lockout_failures,
            window: self.lockout_window,
            lock_for: self.lockout_time,
        };
        let token_lifetime = self.token_lifetime;
        LocalSettings { token_lifetime, lockout, ..LocalSettings::default() }
    }
}

/// An identity provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// Users of the service's own store.
    Local,
    /// OpenStack Keystone, for the project face.
    Keystone,
}

/// `[policy]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct PolicyConfig {
    /// Rules that override the built-in ones; nothing means none. Relative to the folder of the
    /// configuration file.
    pub file: String,
}

/// `[runner]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
pub struct RunnerConfig {
    /// How many actions run at once.
    #[serde(deserialize_with = "within::<1, 1024, _, _>")]
    pub max_concurrent: usize,
    /// How long it takes at most until an action is taken from a server without a sign of life.
    #[serde(with = "duration")]
    pub lease: Duration,
    /// How often the store is looked at when nothing was heard.
    #[serde(with = "duration")]
    pub poll_interval: Duration,
}

impl Default for RunnerConfig {
    fn default() -> Self {
        let (lease, poll_interval) = (Duration::from_secs(30), Duration::from_secs(1));
        Self { max_concurrent: 16, lease, poll_interval }
    }
}

impl RunnerConfig {
    /// The settings of a runner of this name.
    pub fn settings(&self, owner: impl Into<String>) -> RunnerSettings {
        RunnerSettings {
            lease: self.lease,
            poll_interval: self.poll_interval,
            max_concurrent: self.max_concurrent,
            ..RunnerSettings::new(owner)
        }
    }
}

/// `[log]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default, expecting = "a table")]
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
