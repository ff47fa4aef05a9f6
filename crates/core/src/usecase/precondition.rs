//! What a client expects before it changes something (HTTP's `If-Match`, RFC 9110).

use crate::error::{Error, Result};

/// A condition on the stored version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// No condition.
    #[default]
    None,
    /// It exists, in any version.
    Exists,
    /// It exists in one of these versions.
    Versions(Vec<u64>),
}

impl Precondition {
    /// Checks the version that is stored, if any.
    ///
    /// # Errors
    /// [`Error::PreconditionFailed`] when the condition does not hold.
    pub fn check(&self, stored: Option<u64>) -> Result<()> {
        let holds = match self {
            Self::None => true,
            Self::Exists => stored.is_some(),
            Self::Versions(versions) => stored.is_some_and(|version| versions.contains(&version)),
        };
        if holds {
            return Ok(());
        }
        let reason = match stored {
            Some(version) => format!("the action is at version {version} by now"),
            None => "there is no such action".to_owned(),
        };
        Err(Error::PreconditionFailed { reason })
    }
}
