//! What clients did to one action, and what they were told.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::spec::Status;

/// What a client asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Call {
    Start,
    Cancel,
    Read,
}

/// The id of a run.
pub type Task = Arc<str>;

/// A run as a client saw it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    pub task: Task,
    pub status: Status,
}

/// What it was told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    /// 200 to a start: this run is queued.
    Started(Task),
    /// 409 to a start.
    InProgress,
    /// 200 to a cancel.
    Done,
    /// 404.
    NotFound,
    /// 200 to a read.
    Shown(Shown),
    /// Nothing, or that the server does not know: it may have been carried out, may be later, or never.
    Unknown,
}

/// A request from its call to its answer, by one clock.
#[derive(Clone, Debug)]
pub struct Operation {
    /// Which client, on which server.
    pub by: String,
    pub call: Call,
    pub answer: Answer,
    pub called: Duration,
    /// When the answer was there. Of an unknown answer it says nothing.
    pub answered: Duration,
}

impl Operation {
    /// The run that the answer names.
    pub fn task(&self) -> Option<&Task> {
        match &self.answer {
            Answer::Started(task) | Answer::Shown(Shown { task, .. }) => Some(task),
            _ => None,
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { by, call, answer, called, answered } = self;
        write!(f, "{called:>12.6?} to {answered:>12.6?}  {by}: {call:?} → {answer:?}")
    }
}
