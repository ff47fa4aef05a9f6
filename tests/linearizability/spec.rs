//! What one action does when one client at a time asks: the specification, written down from the
//! contract, without a look at the code.

use std::collections::BTreeSet;

use super::history::{Answer, Call, Shown, Task};

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    Queued,
    Starting,
    Running,
    Cancelling,
    Cancelled,
    Aborted,
    Completed,
    Failed,
}

impl Status {
    const ALL: [(Self, &str); 8] = [
        (Self::Queued, "queued"),
        (Self::Starting, "starting"),
        (Self::Running, "running"),
        (Self::Cancelling, "cancelling"),
        (Self::Cancelled, "cancelled"),
        (Self::Aborted, "aborted"),
        (Self::Completed, "completed"),
        (Self::Failed, "failed"),
    ];

    /// The status behind a word of the API.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|(_, known)| *known == word).map(|(status, _)| status)
    }

    pub fn has_ended(self) -> bool {
        matches!(self, Self::Cancelled | Self::Aborted | Self::Completed | Self::Failed)
    }
}

/// The run that is known of an action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Run {
    /// `None` for a run whose start nobody was told of, until it is seen.
    pub task: Option<Task>,
    pub status: Status,
    /// A client wants its end.
    pub cancel: bool,
}

/// All that is known of an action.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct State {
    pub run: Option<Run>,
    /// The runs that were seen without their start having been told: none comes twice.
    pub seen: BTreeSet<Task>,
}

impl State {
    /// What it may become without a client: by the servers' work, and their end.
    pub fn moves(&self) -> impl Iterator<Item = Self> {
        self.run.iter().flat_map(|run| {
            next(run).iter().map(|status| {
                let run = Some(Run { status: *status, ..run.clone() });
                Self { run, ..self.clone() }
            })
        })
    }

    /// This state, and all that it may become without a client.
    pub fn later(self) -> BTreeSet<Self> {
        let mut found = BTreeSet::from([self.clone()]);
        let mut open = vec![self];
        while let Some(state) = open.pop() {
            open.extend(state.moves().filter(|later| found.insert(later.clone())));
        }
        found
    }

    /// The state after a call that was answered so; `None` when it could not be answered so.
    /// `told` are the runs whose start was acknowledged.
    pub fn after(mut self, call: Call, answer: &Answer, told: &BTreeSet<Task>) -> Option<Self> {
        match (call, answer) {
            (Call::Start, Answer::Started(task)) if !self.answers(&Answer::InProgress) => {
                self.start(Some(task.clone()));
            }
            (Call::Start, Answer::Unknown) if !self.answers(&Answer::InProgress) => {
                self.start(None);
            }
            (Call::Cancel, Answer::Done | Answer::Unknown) => self.cancel()?,
            (Call::Read, Answer::Shown(shown)) => self.see(shown, told)?,
            (_, answer) if self.answers(answer) => {}
            _ => return None,
        }
        Some(self)
    }

    /// Whether a call that changes nothing is answered so. Of a run whose start nobody was told of it
    /// is not known yet.
    pub fn answers(&self, answer: &Answer) -> bool {
        match (answer, &self.run) {
            (Answer::InProgress, Some(run)) => !run.status.has_ended(),
            (Answer::NotFound, run) => run.is_none(),
            (Answer::Shown(Shown { task, status }), Some(run)) => {
                run.task.as_ref() == Some(task) && run.status == *status
            }
            _ => false,
        }
    }

    fn start(&mut self, task: Option<Task>) {
        self.run = Some(Run { task, status: Status::Queued, cancel: false });
    }

    fn cancel(&mut self) -> Option<()> {
        let run = self.run.as_mut()?;
        run.cancel = true;
        match run.status {
            Status::Queued => run.status = Status::Cancelled,
            Status::Running => run.status = Status::Cancelling,
            Status::Starting | Status::Cancelling => {}
            _ => self.run = None,
        }
        Some(())
    }

    fn see(&mut self, shown: &Shown, told: &BTreeSet<Task>) -> Option<()> {
        let run = self.run.as_mut().filter(|run| run.status == shown.status)?;
        match &run.task {
            Some(task) if *task == shown.task => {}
            None if !told.contains(&shown.task) && self.seen.insert(shown.task.clone()) => {
                run.task = Some(shown.task.clone());
            }
            _ => return None,
        }
        Some(())
    }
}

/// What the status of a run may become by itself.
fn next(run: &Run) -> &'static [Status] {
    use Status::*;
    match (run.status, run.cancel) {
        (Queued, _) => &[Starting],
        (Starting, false) => &[Running, Aborted, Queued],
        (Starting, true) => &[Cancelling, Cancelled],
        (Running, _) => &[Completed, Failed, Aborted, Queued],
        (Cancelling, _) => &[Cancelled, Failed],
        _ => &[],
    }
}
