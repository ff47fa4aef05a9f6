//! Kills what a server that is gone has left running.

use std::collections::BTreeSet;
use std::time::Duration;
use std::{fs, io, thread};

use actiond_core::cluster::TaskId;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::TASK_VARIABLE;

/// How often processes are looked for. Each look finds what the last one's have started meanwhile.
const ROUNDS: usize = 100;
/// The time between two looks, for the killed to disappear.
const ROUND: Duration = Duration::from_millis(20);

/// Kills every process on this host that belongs to a task, and answers how many there were.
///
/// They are known by the variable `ACTIOND_TASK_ID` that the task's command was started with and
/// that its descendants inherit. One that has cleared its environment, or that runs as a user whose
/// processes this one may not look into, is not found. Without `/proc` none is.
pub fn kill_left_behind(task: TaskId) -> usize {
    let mark = format!("{TASK_VARIABLE}={task}");
    let mut killed = BTreeSet::new();
    for _ in 0..ROUNDS {
        let found = marked(mark.as_bytes()).unwrap_or_default();
        if found.is_empty() {
            return killed.len();
        }
        for process in found {
            if kill(process, Signal::SIGKILL).is_ok() {
                killed.insert(process);
            }
        }
        thread::sleep(ROUND);
    }
    tracing::error!(%task, "processes of a lost task could not be killed");
    killed.len()
}

/// The processes with `mark` in their environment, but for this one: it may have been started by
/// the very task.
fn marked(mark: &[u8]) -> io::Result<Vec<Pid>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let entry = entry?;
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else {
            continue;
        };
        // What is gone meanwhile, or not ours to look into, is passed over.
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let process = Pid::from_raw(id);
        if process != Pid::this() && environment.split(|byte| *byte == 0).any(|e| e == mark) {
            found.push(process);
        }
    }
    Ok(found)
}
