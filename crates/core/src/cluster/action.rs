//! One run of a cluster action.

use serde_json::{Map, Value};

use super::{ActionEvent, ActionKey, ActionStatus, Lease, Progress, TaskId, Turn, transition};
use crate::Timestamp;

/// Why an action did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// A stable word: [`Failure::INTERNAL_ERROR`], `insufficient_resources`, or what the work said.
    pub code: String,
    /// A sentence for the operator.
    pub message: String,
}

impl Failure {
    /// The code of a failure that named none.
    pub const INTERNAL_ERROR: &'static str = "internal_error";

    /// A failure without a code of its own.
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: Self::INTERNAL_ERROR.to_owned(), message: message.into() }
    }
}

/// How the work ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Completed,
    /// It failed.
    Failed(Failure),
    /// It stopped because it was asked to.
    Stopped,
    /// The service gave it up, for this reason.
    Aborted(String),
    /// It ended before its time because its runner did, for this reason. It is tried again when it
    /// may be, else aborted.
    Lost(String),
}

/// One run of an action on a target, from the POST that asked for it to the removal of its result.
///
/// The status changes through [`ClusterAction::apply`] and what is built on it, never by assignment.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterAction {
    /// The id of this run.
    pub task_id: TaskId,
    /// Which action, on what.
    pub key: ActionKey,
    /// Whether it is its turn. Only then does it hold what it must hold alone.
    pub turn: Turn,
    /// Where it stands.
    pub status: ActionStatus,
    /// How far it has come. Never falls.
    pub progress: Progress,
    /// What the POST gave it, as checked against the definition's schema.
    pub parameters: Map<String, Value>,
    /// A cancel has been asked for.
    pub cancel_requested: bool,
    /// Why it did not succeed: on `failed` and `aborted`.
    pub failure: Option<Failure>,
    /// How often it may be taken up, when each time but the last the work is lost. 1 or more.
    pub max_attempts: u32,
    /// Who asked for it, by name.
    pub requested_by: String,
    /// When it was accepted.
    pub queued_at: Timestamp,
    /// When a runner last took it up.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Who holds it, while a runner does.
    pub lease: Option<Lease>,
    /// The fencing token: one more at every claim, so it counts the attempts. Reports with an older
    /// one are refused.
    pub fencing: u64,
    /// One more at every write; a write names the revision that it was made from.
    pub revision: u64,
}

impl ClusterAction {
    /// An action as it is when it has just been accepted, to be tried once.
    pub fn queued(
        task_id: TaskId,
        key: ActionKey,
        parameters: Map<String, Value>,
        requested_by: String,
        now: Timestamp,
    ) -> Self {
        Self {
            task_id,
            key,
            turn: Turn::Now,
            status: ActionStatus::Queued,
            progress: Progress::ZERO,
            parameters,
            cancel_requested: false,
            failure: None,
            max_attempts: 1,
            requested_by,
            queued_at: now,
            started_at: None,
            ended_at: None,
            lease: None,
            fencing: 0,
            revision: 0,
        }
    }

    /// Whether its turn is over, and it ended before `kept_since`.
    pub fn is_forgotten(&self, kept_since: Timestamp) -> bool {
        self.turn == Turn::Over && self.ended_at.is_some_and(|ended| ended < kept_since)
    }

    /// Lets `event` happen. Answers false, and changes nothing, where it cannot.
    pub fn apply(&mut self, event: ActionEvent, now: Timestamp) -> bool {
        let Some(next) = transition(self.status, event) else { return false };
        self.status = next;
        self.cancel_requested |= event == ActionEvent::Cancel;
        if next.is_terminal() {
            self.ended_at = Some(now);
            if self.turn.is_waiting() {
                self.turn = Turn::Over;
            }
        }
        if !next.is_owned() {
            self.lease = None;
        }
        true
    }

    /// A runner takes it up.
    pub fn claim(&mut self, lease: Lease, now: Timestamp) -> bool {
        let claimed = self.apply(ActionEvent::Claim, now);
        if claimed {
            self.lease = Some(lease);
            self.fencing += 1;
            self.started_at = Some(now);
        }
        claimed
    }

    /// Whether it is this runner's, and its work has not begun.
    pub fn is_claimed_by(&self, owner: &str) -> bool {
        self.status == ActionStatus::Starting
            && self.lease.as_ref().is_some_and(|lease| lease.owner == owner)
    }

    /// The work has begun; a cancel that came while it was starting takes effect at once.
    pub fn start(&mut self, now: Timestamp) -> bool {
        let started = self.apply(ActionEvent::Start, now);
        if started && self.cancel_requested {
            return self.apply(ActionEvent::Cancel, now);
        }
        started
    }

    /// The work says how far it is. Answers whether that changed anything.
    pub fn advance(&mut self, progress: Progress) -> bool {
        let next = self.progress.at_least(progress);
        let moves = self.status.is_owned() && next != self.progress;
        if moves {
            self.progress = next;
        }
        moves
    }

    /// The work has ended. One that is given up while it starts, and that a client wanted to end,
    /// is cancelled: the wish is durable.
    pub fn finish(&mut self, outcome: Outcome, now: Timestamp) -> bool {
        if matches!(outcome, Outcome::Lost(_)) && self.may_be_tried_again() {
            return self.apply(ActionEvent::Requeue, now);
        }
        if self.cancel_requested && matches!(outcome, Outcome::Aborted(_) | Outcome::Lost(_)) {
            self.start(now);
        }
        let (event, failure) = match outcome {
            Outcome::Completed => (ActionEvent::Complete, None),
            Outcome::Failed(failure) => (ActionEvent::Fail, Some(failure)),
            Outcome::Stopped => (ActionEvent::Stop, None),
            Outcome::Aborted(reason) | Outcome::Lost(reason) => {
                (ActionEvent::Abort, Some(Failure::internal(reason)))
            }
        };
        let finished = self.apply(event, now);
        if finished {
            match self.status {
                ActionStatus::Completed => self.progress = Progress::DONE,
                ActionStatus::Failed | ActionStatus::Aborted => self.failure = failure,
                _ => {}
            }
        }
        finished
    }

    /// Whether work that is lost is queued anew: not when a client wants its end.
    fn may_be_tried_again(&self) -> bool {
        !self.cancel_requested && self.fencing < u64::from(self.max_attempts)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::cluster::ActionName;

    /// A run that may be tried so often, claimed for the first time.
    fn claimed(max_attempts: u32) -> ClusterAction {
        let key = ActionKey::cluster(ActionName::parse("a").unwrap());
        let task = TaskId(uuid::Uuid::nil());
        let now = Timestamp::UNIX_EPOCH;
        let queued = ClusterAction::queued(task, key, Map::new(), "ann".to_owned(), now);
        let mut action = ClusterAction { max_attempts, ..queued };
        claim(&mut action);
        action
    }

    fn claim(action: &mut ClusterAction) {
        let now = Timestamp::UNIX_EPOCH;
        assert!(action.claim(Lease::new("r", Duration::from_secs(30), now), now));
    }

    #[test]
    fn a_claim_is_its_owners_until_the_work_begins() {
        let mut action = claimed(1);
        assert!(action.is_claimed_by("r") && !action.is_claimed_by("s"));
        action.start(Timestamp::UNIX_EPOCH);
        assert!(!action.is_claimed_by("r"));
        lose(&mut action);
        assert!(!action.is_claimed_by("r"));
    }

    fn lose(action: &mut ClusterAction) -> ActionStatus {
        assert!(action.finish(Outcome::Lost("lost".to_owned()), Timestamp::UNIX_EPOCH));
        assert_eq!(action.lease, None);
        action.status
    }

    #[test]
    fn what_is_lost_is_tried_as_often_as_it_may_be() {
        let mut action = claimed(3);
        action.advance(Progress::DONE);
        for attempt in 1..3 {
            assert_eq!((action.fencing, lose(&mut action)), (attempt, ActionStatus::Queued));
            assert_eq!((&action.failure, action.ended_at), (&None, None));
            claim(&mut action);
            action.start(Timestamp::UNIX_EPOCH);
        }
        assert_eq!(lose(&mut action), ActionStatus::Aborted);
        assert_eq!(action.failure, Some(Failure::internal("lost")));
        assert_eq!(lose(&mut claimed(1)), ActionStatus::Aborted);
    }

    #[test]
    fn a_cancel_wins_over_another_attempt() {
        for began in [false, true] {
            let mut action = claimed(3);
            if began {
                action.start(Timestamp::UNIX_EPOCH);
            }
            action.apply(ActionEvent::Cancel, Timestamp::UNIX_EPOCH);
            assert_eq!(lose(&mut action), ActionStatus::Cancelled);
        }
    }

    #[test]
    fn what_is_given_up_is_not_tried_again() {
        let mut action = claimed(3);
        action.finish(Outcome::Aborted("too late".to_owned()), Timestamp::UNIX_EPOCH);
        assert_eq!(action.status, ActionStatus::Aborted);
    }
}
