//! What is wrong with a setting: where it stands, what it says, and what it may say.

use std::path::PathBuf;

use super::Origin;
use super::hidden::without_secrets;

/// A setting that the server cannot start with.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{}: the configuration file cannot be read: {error}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// The file is not TOML, or a key or its type is unknown.
    #[error("{}: {at}{}", file.display(), without_secrets(at, &error.to_string()))]
    Malformed {
        /// The file.
        file: PathBuf,
        /// The key, with its section, and a colon; nothing for a file that is not TOML.
        at: String,
        /// The line, and what is expected there.
        error: Box<toml::de::Error>,
    },
    /// A value is not allowed.
    #[error("{place}: {key} is {value:?}; allowed is {allowed}")]
    Wrong {
        /// The file, the flag or the variable that sets it.
        place: String,
        /// The key, with its section.
        key: String,
        /// Its value.
        value: String,
        /// What is allowed.
        allowed: String,
    },
    /// The domain does not take a value.
    #[error("{place}: {key}: {reason}")]
    Refused {
        /// The file, the flag or the variable that sets it.
        place: String,
        /// The key, with its section.
        key: String,
        /// The value and the rule that it breaks.
        reason: String,
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
        let (place, value, allowed) = (origin.of(&key), value.into(), allowed.to_owned());
        Self::Wrong { place, key, value, allowed }
    }

    /// A value of a section that the domain does not take, in its words.
    pub fn of(origin: &Origin, section: &str, error: actiond_core::Error) -> Self {
        match error {
            actiond_core::Error::Invalid { field, reason } => {
                let key = format!("{section}.{field}");
                Self::Refused { place: origin.of(&key), key, reason }
            }
            other => Self::refused(origin, section, other),
        }
    }

    /// A value that the domain does not take, in its words.
    pub fn refused(origin: &Origin, key: impl Into<String>, error: actiond_core::Error) -> Self {
        let key = key.into();
        Self::Refused { place: origin.of(&key), key, reason: error.to_string() }
    }
}
