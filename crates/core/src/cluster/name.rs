//! Names and ids of cluster actions.

use std::fmt;

use uuid::Uuid;

use super::Target;
use crate::error::{Error, Result, shown};

/// Longest [`ActionName`], in characters.
pub const MAX_NAME_LENGTH: usize = 64;

/// The name of a configured action: `[a-z][a-z0-9_]*`, at most [`MAX_NAME_LENGTH`] characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionName(String);

impl ActionName {
    /// Reads a name.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the text is not of the form.
    pub fn parse(text: &str) -> Result<Self> {
        let starts_well = text.starts_with(|c: char| c.is_ascii_lowercase());
        let of_form = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if starts_well && text.len() <= MAX_NAME_LENGTH && text.chars().all(of_form) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid(
            "name",
            format!(
                "{:?} is not an action name: a lower-case letter, then lower-case letters, \
                 digits and underscores, at most {MAX_NAME_LENGTH} in all",
                shown(text)
            ),
        ))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ActionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is unique: an action on a target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActionKey {
    /// What the action is done to.
    pub target: Target,
    /// Which action.
    pub name: ActionName,
}

impl ActionKey {
    /// The action `name` on the whole cluster.
    pub fn cluster(name: ActionName) -> Self {
        Self { target: Target::Cluster, name }
    }
}

/// As people say it: `action 'check'`, `action 'remove' of node '2'`.
impl fmt::Display for ActionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "action '{}'", self.name)?;
        match self.target.node_uid() {
            Some(uid) => write!(f, " of node '{uid}'"),
            None => Ok(()),
        }
    }
}

/// The id of one run of an action; clients know it as `task_id` and `action_uid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub Uuid);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
