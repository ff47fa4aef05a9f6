//! What is wrong with a setting: where it stands, what it says, and what it may say.

use std::fmt;
use std::path::PathBuf;

use super::Origin;

/// A setting that the server cannot start with.
#[derive(Debug)]
pub enum ConfigError {
    /// The file cannot be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not TOML, or a key or its type is unknown.
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where, and what is expected there.
        error: toml::de::Error,
    },
    /// A value is not allowed.
    Wrong {
        /// The file, the flag or the variable that sets it.
        source: String,
        /// The key, with its section.
        key: String,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
}

impl ConfigError {
    /// A value that is not allowed.
    pub fn wrong(
        origin: &Origin,
        key: impl Into<String>,
        value: impl Into<String>,
        allowed: &str,
    ) -> Self {
        let key = key.into();
        Self::Wrong {
            source: origin.of(&key),
            key,
            value: value.into(),
            allowed: allowed.to_owned(),
        }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, error } => {
                write!(f, "{}: the configuration file cannot be read: {error}", file.display())
            }
            Self::Malformed { file, error } => {
                write!(f, "{}: {error}", file.display())
            }
            Self::Wrong { source, key, value, allowed } => {
                write!(f, "{source}: {key} is {value:?}; allowed is {allowed}")
            }
        }
    }
}

impl std::error::Error for ConfigError {}
