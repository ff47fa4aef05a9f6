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

/// What a reader of TOML says of a key, without the line and the value that it does not like where those
/// may hold a secret.
pub(super) fn without_secrets(key: &str, said: &str) -> String {
    let hidden = may_be_secret(key);
    let lines =
        said.lines().map(|line| match (line.split_once(" | "), line.split_once(", expected ")) {
            (Some((number, shown)), _) if hidden || may_be_secret(shown) => {
                format!("{number} | {SET}")
            }
            (_, Some((_, expected))) if hidden => format!("expected {expected}"),
            _ => line.to_owned(),
        });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a key or a line has in it that may set something secret, spelt well or not: what a command is
/// given may be.
const WORDS: [&str; 7] = ["pas", "pw", "secret", "_token", "_key", "command", "environment"];

fn may_be_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    WORDS.iter().any(|word| text.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(toml: &str, secret: &str) {
        check_at("", toml, secret);
    }

    fn check_at(key: &str, toml: &str, secret: &str) {
        let said = toml::from_str::<toml::Table>(toml).map(drop).unwrap_err().to_string();
        assert!(said.contains(secret), "{said}");
        let shown = without_secrets(key, &said);
        assert!(!shown.contains(secret) && shown.contains(SET), "{shown}");
    }

    #[test]
    fn a_line_with_a_secret_is_not_shown() {
        check("[identity.keystone]\npassword = hunter2\n", "hunter2");
        check("Secret = \"hunter2", "hunter2");
        check("identity = { keystone = { password = hunter2 } }", "hunter2");
        check("command = [\"sh\", hunter2]", "hunter2");
        check_at("cluster.actions[0].environment.DB", "DB = hunter2", "hunter2");
        let said = "1 | command = \"sh hunter2\"\ninvalid type: string \"sh hunter2\", expected a sequence";
        assert_eq!(
            without_secrets("cluster.actions[0].command", said),
            "1 | …\nexpected a sequence"
        );
    }

    #[test]
    fn other_lines_are() {
        let said = toml::from_str::<toml::Table>("listen = 90a90").unwrap_err().to_string();
        assert_eq!(without_secrets("server.listen", &said), said.trim_end());
    }
}
