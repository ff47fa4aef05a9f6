//! A plain model of the contract: what a reader of the life cycle's diagram would write down.

use std::collections::BTreeMap;

use actiond_core::cluster::TaskId;

pub(crate) const NAMES: [&str; 4] = ["backup", "restore", "rebalance", "migrate"];
/// `restore` names `backup`; it holds in both directions.
pub(crate) const CONFLICT: [&str; 2] = ["backup", "restore"];
/// The work of `migrate` cannot be interrupted.
pub(crate) const UNINTERRUPTIBLE: &str = "migrate";
/// In seconds.
pub(crate) const LEASE: u64 = 30;

/// Where each way to end leads: completed, failed, stopped, aborted. Empty: it is passed over.
pub(crate) const ENDS: [(&str, [&str; 4]); 3] = [
    ("starting", ["", "", "", "aborted"]),
    ("running", ["completed", "failed", "", "aborted"]),
    ("cancelling", ["cancelled", "failed", "cancelled", "cancelled"]),
];
pub(crate) const IN_PROGRESS: [&str; 4] = ["queued", "starting", "running", "cancelling"];

/// One run, as the contract speaks of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) task: TaskId,
    pub(crate) status: &'static str,
    pub(crate) progress: f64,
    pub(crate) cancel_wished: bool,
    pub(crate) has_failure: bool,
    /// The number of the claim in force, and the second at which its lease runs out.
    pub(crate) claim: Option<(usize, u64)>,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) runs: BTreeMap<&'static str, Run>,
    /// The queued ones, oldest first.
    pub(crate) queue: Vec<&'static str>,
    pub(crate) claims: Vec<&'static str>,
    pub(crate) now: u64,
}

/// What a request is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Answer {
    Done,
    Conflict,
    NotFound,
    Refused,
}

impl Model {
    pub(crate) fn is_in_progress(&self, name: &str) -> bool {
        self.runs.get(name).is_some_and(|run| IN_PROGRESS.contains(&run.status))
    }

    pub(crate) fn start(&mut self, name: &'static str, task: TaskId) -> Answer {
        let conflicts = |other: &&&str| {
            **other == name || (CONFLICT.contains(other) && CONFLICT.contains(&name))
        };
        if NAMES.iter().filter(conflicts).any(|other| self.is_in_progress(other)) {
            return Answer::Conflict;
        }
        let run = Run {
            task,
            status: "queued",
            progress: 0.0,
            cancel_wished: false,
            has_failure: false,
            claim: None,
        };
        self.runs.insert(name, run);
        self.queue.push(name);
        Answer::Done
    }

    pub(crate) fn delete(&mut self, name: &str) -> Answer {
        let Some(run) = self.runs.get_mut(name) else { return Answer::NotFound };
        match run.status {
            "queued" => {
                (run.status, run.cancel_wished) = ("cancelled", true);
                self.queue.retain(|queued| *queued != name);
            }
            "starting" | "running" | "cancelling" if name == UNINTERRUPTIBLE => {
                return Answer::NotFound;
            }
            "starting" | "cancelling" => run.cancel_wished = true,
            "running" => (run.status, run.cancel_wished) = ("cancelling", true),
            _ => drop(self.runs.remove(name)),
        }
        Answer::Done
    }

    pub(crate) fn claim(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let name = self.queue.remove(0);
        let run = self.runs.get_mut(name).expect("queued");
        run.status = "starting";
        run.claim = Some((self.claims.len(), self.now + LEASE));
        self.claims.push(name);
    }

    /// The run that a claim holds, if that claim is still in force.
    pub(crate) fn held(&mut self, claim: usize) -> Option<&mut Run> {
        let run = self.runs.get_mut(self.claims[claim])?;
        (run.claim.is_some_and(|(held, _)| held == claim)).then_some(run)
    }

    pub(crate) fn report(&mut self, claim: usize, change: impl FnOnce(&mut Run)) -> Answer {
        self.held(claim).map(change).map_or(Answer::Refused, |()| Answer::Done)
    }

    pub(crate) fn end_lost(&mut self, every: bool) {
        let now = self.now;
        for run in self.runs.values_mut() {
            if run.claim.is_some_and(|(_, until)| every || until <= now) {
                end(run, 3);
            }
        }
    }
}

pub(crate) fn begin(run: &mut Run) {
    if run.status == "starting" {
        run.status = if run.cancel_wished { "cancelling" } else { "running" };
    }
}

pub(crate) fn end(run: &mut Run, way: usize) {
    // Given up while it starts: the wish to cancel it counts.
    if way == 3 && run.cancel_wished {
        begin(run);
    }
    let ends = ENDS.iter().find(|(status, _)| *status == run.status).expect("held").1;
    if ends[way].is_empty() {
        return;
    }
    run.status = ends[way];
    run.claim = None;
    run.has_failure = ["failed", "aborted"].contains(&run.status);
    if run.status == "completed" {
        run.progress = 100.0;
    }
}
