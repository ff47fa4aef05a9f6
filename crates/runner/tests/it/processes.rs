//! Processes, as `/proc` shows them.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use actiond_core::cluster::{ActionStatus, TaskId};
use actiond_core::usecase::Grip;
use actiond_runner::{TASK_VARIABLE, kill_left_behind};
use uuid::Uuid;

use crate::world::{sh, wait_for, world};

/// No process.
pub(crate) const NONE: [u32; 0] = [];

/// The living processes that carry `task` in their environment.
pub(crate) fn of_task(task: TaskId) -> Vec<u32> {
    let mark = format!("{TASK_VARIABLE}={task}");
    let of_task = |id: &u32| {
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|entry| entry == mark.as_bytes())
    };
    let names = fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| entry.unwrap().file_name().into_string().ok());
    names.filter_map(|name| name.parse().ok()).filter(of_task).collect()
}

/// Starts what outlives its parent, as a server that was killed leaves it: a shell that has started
/// another process, both marked with `task`.
pub(crate) fn leave_behind(task: TaskId) -> std::process::Child {
    let shell = Command::new("/bin/sh")
        .args(["-c", "sleep 1000 & setsid sleep 1000 & wait"])
        .env(TASK_VARIABLE, task.to_string())
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    wait_for("three processes", || (of_task(task).len() == 3).then_some(()));
    shell
}

#[test]
fn what_a_lost_task_left_behind_is_killed_and_nothing_else() {
    let (lost, other) = (TaskId(Uuid::from_u128(0xdead)), TaskId(Uuid::from_u128(0xbeef)));
    let (mut first, mut second) = (leave_behind(lost), leave_behind(other));
    let kill = |task| kill_left_behind(Grip { task, fencing: 1 });
    assert_eq!(kill(lost), 3);
    assert_eq!(of_task(lost), NONE);
    assert_eq!(of_task(other).len(), 3);
    assert_eq!(kill(lost), 0);
    kill(other);
    first.wait().unwrap();
    second.wait().unwrap();
}

/// Holds the lock on its first argument and then makes its second. Its memory takes a while to be given
/// back, and is given back first.
const HOLD: &str = "import fcntl, sys, time
held = open(sys.argv[1], 'w'); fcntl.flock(held, fcntl.LOCK_EX)
memory = b'x' * 500_000_000
open(sys.argv[2], 'w'); time.sleep(1000)";

fn is_free(lock: &Path) -> bool {
    let mut flock = Command::new("flock");
    flock.arg("--nonblock").arg(lock).arg("true").status().unwrap().success()
}

#[test]
fn what_was_killed_has_let_go_of_its_locks() {
    let folder = tempfile::tempdir().unwrap();
    let (lock, ready) = (folder.path().join("lock"), folder.path().join("ready"));
    let task = TaskId(Uuid::from_u128(0xabba));
    let mut python = Command::new("python3");
    python.args(["-c", HOLD]).args([&lock, &ready]).env(TASK_VARIABLE, task.to_string());
    let mut child = python.spawn().unwrap();
    wait_for("the lock", || ready.exists().then_some(()));
    assert_eq!(kill_left_behind(Grip { task, fencing: 1 }), 1);
    assert!(is_free(&lock));
    child.wait().unwrap();
}

#[test]
fn an_action_has_ended_when_all_that_it_started_has_let_go_of_its_locks() {
    let script = format!(
        "python3 -c \"{HOLD}\" $DIR/lock $DIR/ready >/dev/null 2>&1 & until [ -e $DIR/ready ]; do sleep 0.01; done"
    );
    let world = world(sh(&script));
    let runner = world.run();
    runner.start("work");
    runner.ends("work", ActionStatus::Completed);
    assert!(is_free(&world.path("lock")));
}

/// A task may start the server anew, which then looks for what the task has left behind.
#[test]
fn the_process_that_looks_is_spared() {
    let task = TaskId(Uuid::from_u128(0xfeed));
    if std::env::var_os(TASK_VARIABLE).is_some() {
        assert_eq!(kill_left_behind(Grip { task, fencing: 1 }), 0);
        return;
    }
    let again = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "processes::the_process_that_looks_is_spared"])
        .env(TASK_VARIABLE, task.to_string())
        .output()
        .unwrap();
    let printed = String::from_utf8(again.stdout).unwrap();
    assert!(again.status.success() && printed.contains("1 passed"), "{}{printed}", again.status);
}
