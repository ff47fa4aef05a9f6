//! Ids of projects and their actions.

use std::fmt;

use crate::error::{Error, Result};

/// A project's id, as the URL and the identity provider say it. Compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectId(String);

impl ProjectId {
    /// Takes any text: which projects exist is the identity provider's business.
    pub fn new(id: impl Into<String>) -> Self {
        Self(id.into())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Longest [`ActionId`], in characters.
pub const MAX_ID_LENGTH: usize = 64;

/// The id of a project action: letters, digits, `_` and `-` of any script, at most
/// [`MAX_ID_LENGTH`] characters. Unique in its project, compared byte for byte.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionId(String);

impl ActionId {
    /// Reads an id.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the text is not of the form.
    pub fn parse(text: &str) -> Result<Self> {
        let of_form = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if text.chars().count() > MAX_ID_LENGTH {
            return Err(Error::invalid(
                "action_id",
                format!("longer than {MAX_ID_LENGTH} characters"),
            ));
        }
        if text.is_empty() || !text.chars().all(of_form) {
            return Err(Error::invalid(
                "action_id",
                format!("'{}' does not match '^[\\w-]+$'", text.escape_debug()),
            ));
        }
        Ok(Self(text.to_owned()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
