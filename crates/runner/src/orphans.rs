//! Kills what a server that is gone has left running.

use std::collections::BTreeSet;
use std::time::Duration;
use std::{fs, io, thread};

use actiond_core::usecase::Grip;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::stat::Stat;
use crate::{ATTEMPT_VARIABLE, TASK_VARIABLE};

/// How often processes are looked for. Each look finds what the last one's have started meanwhile.
const ROUNDS: usize = 100;
/// The time between two looks, for the killed to disappear.
const ROUND: Duration = Duration::from_millis(20);

/// Kills every process on this host that belongs to this attempt of a task or to an earlier one, and
/// answers how many there were. Those of a later attempt are another runner's.
///
/// They are known by the variables `ACTIOND_TASK_ID` and `ACTIOND_ATTEMPT` that the task's command
/// was started with and that its descendants inherit. One that has cleared its environment, or that
/// runs as a user whose processes this one may not look into, is not found. Without `/proc` none is.
pub fn kill_left_behind(grip: Grip) -> usize {
    let mark = Mark::of(grip);
    let mut killed = BTreeSet::new();
    for _ in 0..ROUNDS {
        let found = marked(&mark).unwrap_or_default();
        if found.is_empty() && killed.iter().all(|process| is_gone(*process)) {
            return killed.len();
        }
        for process in found {
            if kill(process, Signal::SIGKILL).is_ok() {
                killed.insert(process);
            }
        }
        thread::sleep(ROUND);
    }
    tracing::error!(task = %grip.task, "processes of a lost task could not be killed");
    killed.len()
}

/// Whether a process that was killed has let go of all that it held. Its environment goes with its memory,
/// before its files and the locks on them.
fn is_gone(process: Pid) -> bool {
    Stat::of(process).is_none_or(|stat| !stat.lives)
}

/// What processes of a task have in their environment.
struct Mark {
    task: Vec<u8>,
    last_attempt: u64,
}

impl Mark {
    fn of(grip: Grip) -> Self {
        let task = format!("{TASK_VARIABLE}={}", grip.task).into_bytes();
        Self { task, last_attempt: grip.fencing }
    }

    /// Whether it is on a process with this environment.
    fn is_in(&self, environment: &[u8]) -> bool {
        let variables = || environment.split(|byte| *byte == 0);
        let attempt = |variable: &[u8]| -> Option<u64> {
            let value = std::str::from_utf8(variable).ok()?.strip_prefix(ATTEMPT_VARIABLE)?;
            value.strip_prefix('=')?.parse().ok()
        };
        variables().any(|variable| variable == self.task)
            && variables().find_map(attempt).unwrap_or_default() <= self.last_attempt
    }
}

/// The processes with `mark`, but for this one: it may have been started by the very task.
fn marked(mark: &Mark) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // What is gone meanwhile, or not ours to look into, is passed over.
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let process = Pid::from_raw(id);
        if process != Pid::this() && mark.is_in(&environment) {
            found.push(process);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use actiond_core::cluster::TaskId;

    use super::*;

    #[test]
    fn a_later_attempt_is_somebody_elses() {
        let task = TaskId(uuid::Uuid::nil());
        let mark = Mark::of(Grip { task, fencing: 2 });
        let check = |attempt: &str, expected| {
            let environment = format!("PATH=/bin\0ACTIOND_TASK_ID={task}\0{attempt}");
            assert_eq!(mark.is_in(environment.as_bytes()), expected, "{attempt:?}");
        };
        check("ACTIOND_ATTEMPT=1\0", true);
        check("ACTIOND_ATTEMPT=2\0", true);
        check("ACTIOND_ATTEMPT=3\0", false);
        check("", true);
        assert!(!mark.is_in(b"ACTIOND_TASK_ID=another\0ACTIOND_ATTEMPT=1\0"));
    }
}
