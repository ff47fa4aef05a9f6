//! A setting that is never shown.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What stands for a secret that is set.
const SET: &str = "…";

/// A secret, or nothing.
#[derive(Clone, Debug, Default)]
pub struct Hidden(SecretString);

impl Hidden {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.expose_secret().is_empty()
    }

    /// The secret.
    pub fn secret(&self) -> SecretString {
        self.0.clone()
    }
}

impl From<String> for Hidden {
    fn from(secret: String) -> Self {
        Self(secret.into())
    }
}

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Hidden {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if self.is_empty() { "" } else { SET })
    }
}

/// What a reader of TOML says, without the line that it does not like where that may hold a secret.
pub(super) fn without_secrets(said: &str) -> String {
    let lines = said.lines().map(|line| match line.split_once(" | ") {
        Some((number, shown)) if may_be_secret(shown) => format!("{number} | {SET}"),
        _ => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Whether a line sets something that is secret, spelt well or not.
fn may_be_secret(line: &str) -> bool {
    let line = line.to_lowercase();
    line.contains('=') && ["pas", "pw", "secret"].iter().any(|word| line.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str, secret: &str) {
        let said = toml::from_str::<toml::Table>(toml).map(drop).unwrap_err().to_string();
        assert!(said.contains(secret), "{said}");
        let shown = without_secrets(&said);
        assert!(!shown.contains(secret) && shown.contains(SET), "{shown}");
    }

    #[test]
    fn a_line_with_a_secret_is_not_shown() {
        check("[identity.keystone]\npassword = hunter2\n", "hunter2");
        check("Secret = \"hunter2", "hunter2");
        check("identity = { keystone = { password = hunter2 } }", "hunter2");
    }

    #[test]
    fn other_lines_are() {
        let said = toml::from_str::<toml::Table>("listen = 90a90").unwrap_err().to_string();
        assert_eq!(without_secrets(&said), said.trim_end());
    }
}
