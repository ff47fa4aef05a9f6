//! A plain model of the contract: what a reader of the life cycle's diagram would write down.

use std::collections::BTreeMap;

use actiond_core::cluster::TaskId;

pub(crate) const NAMES: [&str; 4] = ["backup", "restore", "rebalance", "migrate"];
/// `restore` names `backup`; it holds in both directions.
pub(crate) const CONFLICT: [&str; 2] = ["backup", "restore"];
/// The work of `migrate` cannot be interrupted.
pub(crate) const UNINTERRUPTIBLE: &str = "migrate";
/// `rebalance` is tried so often when its work is lost, all others once.
pub(crate) const TRIED_AGAIN: (&str, u64) = ("rebalance", 2);
/// In seconds.
pub(crate) const LEASE: u64 = 30;
/// How long others wait for a sign of life, in seconds.
pub(crate) const PATIENCE: u64 = 25;

/// Where each way to end leads: completed, failed, stopped, aborted, lost. Empty: it is passed over.
pub(crate) const ENDS: [(&str, [&str; 5]); 3] = [
    ("starting", ["", "", "", "aborted", "aborted"]),
    ("running", ["completed", "failed", "", "aborted", "aborted"]),
    ("cancelling", ["cancelled", "failed", "cancelled", "cancelled", "cancelled"]),
];
/// The way of what is lost.
const LOST: usize = 4;
pub(crate) const IN_PROGRESS: [&str; 4] = ["queued", "starting", "running", "cancelling"];

/// One run, as the contract speaks of it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) task: TaskId,
    pub(crate) status: &'static str,
    pub(crate) progress: f64,
    pub(crate) cancel_wished: bool,
    pub(crate) has_failure: bool,
    pub(crate) attempts: u64,
    pub(crate) attempts_left: u64,
    /// The number of the claim in force, and the second at which its lease runs out.
    pub(crate) claim: Option<(usize, u64)>,
}

#[derive(Default)]
pub(crate) struct Model {
    pub(crate) runs: BTreeMap<&'static str, Run>,
    pub(crate) claims: Vec<&'static str>,
    /// How often each claim was renewed.
    pub(crate) renewals: Vec<usize>,
    /// Which sign of life was last seen of each run, and since when.
    pub(crate) seen: BTreeMap<TaskId, (Sign, u64)>,
    pub(crate) now: u64,
}

/// A claim, and how often it was renewed.
type Sign = (usize, usize);

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
            attempts: 0,
            attempts_left: if name == TRIED_AGAIN.0 { TRIED_AGAIN.1 } else { 1 },
            claim: None,
        };
        self.runs.insert(name, run);
        Answer::Done
    }

    pub(crate) fn delete(&mut self, name: &str) -> Answer {
        let Some(run) = self.runs.get_mut(name) else { return Answer::NotFound };
        match run.status {
            "queued" => (run.status, run.cancel_wished) = ("cancelled", true),
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
        let queued = self.runs.iter_mut().filter(|(_, run)| run.status == "queued");
        // Ids count, so the oldest has the lowest, however often it was queued.
        let Some((name, run)) = queued.min_by_key(|(_, run)| run.task) else { return };
        run.status = "starting";
        run.claim = Some((self.claims.len(), self.now + LEASE));
        run.attempts += 1;
        run.attempts_left -= 1;
        self.claims.push(name);
        self.renewals.push(0);
    }

    /// The run that a claim holds, if that claim is still in force.
    pub(crate) fn held(&mut self, claim: usize) -> Option<&mut Run> {
        let run = self.runs.get_mut(self.claims[claim])?;
        (run.claim.is_some_and(|(held, _)| held == claim)).then_some(run)
    }

    pub(crate) fn report(&mut self, claim: usize, change: impl FnOnce(&mut Run)) -> Answer {
        self.held(claim).map(change).map_or(Answer::Refused, |()| Answer::Done)
    }

    pub(crate) fn renew(&mut self, claim: usize) -> Answer {
        let until = self.now + LEASE;
        let answer = self.report(claim, |run| run.claim = Some((claim, until)));
        self.renewals[claim] += 1;
        answer
    }

    /// As the only server does at its start.
    pub(crate) fn end_all(&mut self) {
        self.runs.values_mut().filter(|run| run.claim.is_some()).for_each(|run| end(run, LOST));
    }

    /// As one of several servers does from time to time.
    pub(crate) fn look_out(&mut self) {
        let before = std::mem::take(&mut self.seen);
        for run in self.runs.values_mut() {
            let Some((claim, _)) = run.claim else { continue };
            let sign = (claim, self.renewals[claim]);
            let known = before.get(&run.task).filter(|(seen, _)| *seen == sign);
            let since = known.map_or(self.now, |(_, since)| *since);
            self.seen.insert(run.task, (sign, since));
            if self.now - since >= PATIENCE {
                end(run, LOST);
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
    if way == LOST && run.attempts_left > 0 && !run.cancel_wished {
        (run.status, run.claim) = ("queued", None);
        return;
    }
    // Given up while it starts: the wish to cancel it counts.
    if way >= 3 && run.cancel_wished {
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
