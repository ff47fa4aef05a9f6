//! Cancelling, in every status.

use std::fs;
use std::time::Duration;

use actiond_core::cluster::ActionStatus::{Cancelled, Cancelling, Failed, Queued, Running};

use crate::processes::{NONE, of_task};
use crate::world::{World, failure, python, sh, world};

/// Starts `script`, cancels it when it says that it is at work, and waits for its end.
#[track_caller]
fn check(script: &str, expected: actiond_core::cluster::ActionStatus) {
    let world = world(sh(script));
    let runner = world.run();
    let task = runner.start("work").task_id;
    assert_eq!(runner.until_at_work("work").status, Running);
    runner.cancel("work");
    let action = runner.ends("work", expected);
    assert_eq!(action.progress.percent(), 10.0, "the last progress stays");
    assert_eq!(of_task(task), NONE);
}

const AT_WORK: &str = "echo '{\"progress\":10}'; while :; do sleep 0.01; done";

#[test]
fn work_that_stops_when_it_is_asked_to_is_cancelled() {
    check(AT_WORK, Cancelled);
    check(&format!("trap 'exit 0' TERM; {AT_WORK}"), Cancelled);
    for code in [130, 137, 143] {
        check(&format!("trap 'exit {code}' TERM; {AT_WORK}"), Cancelled);
    }
}

#[test]
fn work_that_fails_while_it_is_cancelled_has_failed() {
    check(&format!("trap 'exit 3' TERM; {AT_WORK}"), Failed);
}

#[test]
fn work_that_does_not_stop_is_killed_after_the_grace() {
    let script = format!("trap '' TERM; sleep 1000 & setsid sleep 1000 & {AT_WORK}");
    let world = World::new([("work", sh(&script))], |definition| {
        definition.cancel_grace = Duration::from_millis(300);
    });
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.until_at_work("work");
    runner.cancel("work");
    runner.until("work", |action| action.status == Cancelling);
    runner.cancel("work");
    runner.ends("work", Cancelled);
    assert_eq!(of_task(task), NONE);
}

#[test]
fn the_grace_is_for_the_whole_group() {
    let python = "import signal, sys, time
def stop(*_):
    time.sleep(1)
    open(sys.argv[1], 'w').write('tidied up\\n')
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print('{\"progress\":10}', flush=True)
while True: signal.pause()";
    // The shell dies of the signal at once; what it started takes its time.
    let script = format!("python3 -c \"$(cat <<'END'\n{python}\nEND\n)\" $DIR/done; echo never");
    let world = world(sh(&script));
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    runner.cancel("work");
    runner.ends("work", Cancelled);
    assert_eq!(fs::read_to_string(world.path("done")).unwrap(), "tidied up\n");
}

#[test]
fn a_queued_action_is_cancelled_without_having_begun() {
    let world = world(sh("echo x > $DIR/begun"));
    let queue = world.actions(&world.runner());
    queue.start("work");
    assert_eq!(queue.show("work").status, Queued);
    queue.cancel("work");
    assert_eq!(queue.show("work").status, Cancelled);
    let runner = world.run();
    let after = runner.start("work");
    runner.until("work", |action| action.task_id == after.task_id && action.status.is_terminal());
    assert_eq!(fs::read_to_string(world.path("begun")).unwrap(), "x\n");
}

#[test]
fn a_cancel_that_comes_while_it_starts_takes_effect_before_the_work_begins() {
    let world = world(sh("echo x > $DIR/begun"));
    let runner = world.runner();
    let client = world.actions(&runner);
    let canceller = client.clone();
    // The first change is the claim: now it is starting.
    *world.store.after_write.lock().unwrap() = Some(Box::new(move || canceller.cancel("work")));
    client.start("work");
    let runner = runner.spawn().unwrap();
    let action = client.ends("work", Cancelled);
    assert_eq!(action.failure, None);
    assert!(!world.path("begun").exists());
    runner.shutdown(Duration::ZERO);
}

#[test]
fn work_that_completes_while_it_is_cancelled_is_cancelled() {
    let world = world(python(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('{\"progress\":10}', flush=True)
import os, time
while not os.path.exists(os.environ['DIR'] + '/go'): time.sleep(0.01)",
    ));
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    runner.cancel("work");
    runner.until("work", |action| action.status == Cancelling);
    fs::write(world.path("go"), "").unwrap();
    let action = runner.ends("work", Cancelled);
    assert_eq!((action.progress.percent(), action.failure), (10.0, None));
}

#[test]
fn an_action_can_be_started_anew_after_each_end() {
    let world = world(sh("[ -e $DIR/again ] || { touch $DIR/again; exit 1; }"));
    let runner = world.run();
    let first = runner.start("work").task_id;
    let failed = runner.ends("work", Failed);
    assert_eq!(failure(&failed).1, "the work ended with exit status 1");
    let second = runner.start("work").task_id;
    let action =
        runner.until("work", |action| action.task_id == second && action.status.is_terminal());
    assert_ne!(first, second);
    assert_eq!(action.failure, None);
}
