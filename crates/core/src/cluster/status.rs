//! The eight statuses of a cluster action, and the one function that decides every change.

use std::fmt;

/// Where a cluster action stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionStatus {
    /// Accepted, and not yet taken up by a runner.
    Queued,
    /// A runner has claimed it and prepares the work.
    Starting,
    /// The work is going on.
    Running,
    /// The work was asked to stop.
    Cancelling,
    /// It ended because it was cancelled.
    Cancelled,
    /// The service ended it: it could not start the work, lost it, or its time limit ran out.
    Aborted,
    /// The work succeeded.
    Completed,
    /// The work reported a failure.
    Failed,
}

/// What may happen to a cluster action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ActionEvent {
    /// A runner takes it up.
    Claim,
    /// The work has begun.
    Start,
    /// A client asks for its end.
    Cancel,
    /// The work ended with success.
    Complete,
    /// The work ended with a failure.
    Fail,
    /// The work stopped because it was asked to.
    Stop,
    /// The service gives the work up.
    Abort,
    /// The work was lost, and goes back to the queue to be tried again.
    Requeue,
}

impl ActionStatus {
    /// Every status, in the order of the life cycle.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Starting,
        Self::Running,
        Self::Cancelling,
        Self::Cancelled,
        Self::Aborted,
        Self::Completed,
        Self::Failed,
    ];

    /// The word clients and the store know it by.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Cancelling => "cancelling",
            Self::Cancelled => "cancelled",
            Self::Aborted => "aborted",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Reads what [`ActionStatus::as_str`] wrote; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }

    /// Ended: nothing changes it any more, and the next POST or a DELETE removes it.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Cancelled | Self::Aborted | Self::Completed | Self::Failed => true,
            Self::Queued | Self::Starting | Self::Running | Self::Cancelling => false,
        }
    }

    /// Held by a runner: it has an owner and a lease, and is lost when the lease runs out.
    pub fn is_owned(self) -> bool {
        match self {
            Self::Starting | Self::Running | Self::Cancelling => true,
            Self::Queued | Self::Cancelled | Self::Aborted | Self::Completed | Self::Failed => {
                false
            }
        }
    }
}

impl fmt::Display for ActionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ActionEvent {
    /// Every event.
    pub const ALL: [Self; 8] = [
        Self::Claim,
        Self::Start,
        Self::Cancel,
        Self::Complete,
        Self::Fail,
        Self::Stop,
        Self::Abort,
        Self::Requeue,
    ];
}

/// The status that `event` leads to from `status`; `None` where it cannot happen.
///
/// A cancel of a `starting` action leaves it there: the wish is remembered beside the status
/// ([`ClusterAction::cancel_requested`](super::ClusterAction)) and takes effect when it runs.
/// Work that ends by itself while `cancelling` is `cancelled`, or `failed` when it failed.
/// A cancelling action whose work is lost is `cancelled`, and never tried again: the wish to end it
/// is durable.
pub fn transition(status: ActionStatus, event: ActionEvent) -> Option<ActionStatus> {
    use ActionEvent as E;
    use ActionStatus as S;
    match (status, event) {
        (S::Queued, E::Claim) => Some(S::Starting),
        (S::Queued, E::Cancel) => Some(S::Cancelled),
        (S::Queued, E::Start | E::Complete | E::Fail | E::Stop | E::Abort | E::Requeue) => None,

        (S::Starting, E::Start) => Some(S::Running),
        (S::Starting, E::Cancel) => Some(S::Starting),
        (S::Starting, E::Abort) => Some(S::Aborted),
        (S::Starting, E::Requeue) => Some(S::Queued),
        (S::Starting, E::Claim | E::Complete | E::Fail | E::Stop) => None,

        (S::Running, E::Cancel) => Some(S::Cancelling),
        (S::Running, E::Complete) => Some(S::Completed),
        (S::Running, E::Fail) => Some(S::Failed),
        (S::Running, E::Abort) => Some(S::Aborted),
        (S::Running, E::Requeue) => Some(S::Queued),
        (S::Running, E::Claim | E::Start | E::Stop) => None,

        (S::Cancelling, E::Cancel) => Some(S::Cancelling),
        (S::Cancelling, E::Complete | E::Stop | E::Abort) => Some(S::Cancelled),
        (S::Cancelling, E::Fail) => Some(S::Failed),
        (S::Cancelling, E::Claim | E::Start | E::Requeue) => None,

        (S::Cancelled | S::Aborted | S::Completed | S::Failed, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The whole table, status by event, compared with the checked-in file.
    #[test]
    fn transition_table_is_as_checked_in() {
        let mut table = format!("{:<11}", "");
        for event in ActionEvent::ALL {
            table += &format!("{:<11}", format!("{event:?}").to_lowercase());
        }
        for status in ActionStatus::ALL {
            table =
                table.trim_end().to_owned() + &format!("\n{status:<11}", status = status.as_str());
            for event in ActionEvent::ALL {
                table +=
                    &format!("{:<11}", transition(status, event).map_or("-", ActionStatus::as_str));
            }
        }
        let expected = include_str!("../../tests/tables/life_cycle.txt");
        assert_eq!(
            table.trim_end(),
            expected.trim_end(),
            "update tests/tables/life_cycle.txt if this is meant"
        );
    }

    #[test]
    fn nothing_leaves_a_terminal_status() {
        for status in ActionStatus::ALL.into_iter().filter(|s| s.is_terminal()) {
            for event in ActionEvent::ALL {
                assert_eq!(transition(status, event), None, "{status} × {event:?}");
            }
        }
    }

    #[test]
    fn every_status_reads_back_from_its_word() {
        for status in ActionStatus::ALL {
            assert_eq!(ActionStatus::parse(status.as_str()), Some(status));
            assert!(!(status.is_terminal() && status.is_owned()));
        }
        assert_eq!(ActionStatus::parse("QUEUED"), None);
    }
}
