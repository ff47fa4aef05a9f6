//! Whose turn it is: runs of one action come one after the other.

use chrono::TimeDelta;

use crate::Timestamp;

/// Where a run stands among those of the same action on the same target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// Another run has taken its place. It is kept for [`Turn::KEPT`], for those who know its id.
    Over,
    /// It is the run that clients see under the action's name: in progress, or the last one.
    Now,
    /// It waits for those before it. Its place in the one line of all that wait: 1 or more, in the
    /// order of arrival.
    Waiting(u64),
}

impl Turn {
    /// How long a run whose turn is over is kept after its end.
    pub const KEPT: TimeDelta = TimeDelta::hours(1);

    /// When a run whose turn is over must have ended to be kept still.
    pub fn kept_since(now: Timestamp) -> Timestamp {
        now - Self::KEPT
    }

    /// Whether it waits.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::Waiting(_))
    }
}
