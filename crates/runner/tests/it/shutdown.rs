//! The end of the runner.

use std::sync::atomic::Ordering;
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::cluster::ActionStatus::{Aborted, Cancelled, Cancelling, Queued};

use crate::processes::{NONE, of_task};
use crate::world::{World, failure, sh, wait_for};

const POLITE: &str = "echo '{\"progress\":1}'; while :; do sleep 0.01; done";
const STUBBORN: &str =
    "trap '' TERM; setsid sleep 1000 & echo '{\"progress\":1}'; while :; do sleep 0.01; done";

fn world() -> World {
    World::new(
        [("polite", sh(POLITE)), ("stubborn", sh(STUBBORN)), ("waiting", sh(POLITE))],
        |_| {},
    )
}

#[test]
fn shutdown_ends_all_work_and_leaves_no_process() {
    let mut world = world();
    world.settings.max_concurrent = 2;
    let mut runner = world.run();
    let tasks = ["polite", "stubborn"].map(|name| {
        let task = runner.start(name).task_id;
        runner.until_at_work(name);
        task
    });
    runner.start("waiting");
    runner.shutdown(Duration::from_millis(300));
    for name in ["polite", "stubborn"] {
        assert_eq!(failure(&runner.ends(name, Aborted)).1, "the server was stopped");
    }
    assert!(tasks.map(of_task).iter().all(Vec::is_empty));
    assert_eq!(runner.show("waiting").status, Queued, "it waits for the next start");
    let again = world.run();
    again.until_at_work("waiting");
}

#[test]
fn shutdown_waits_no_longer_than_the_work_takes() {
    let world = world();
    let mut runner = world.run();
    runner.start("polite");
    runner.until_at_work("polite");
    let begun = Instant::now();
    runner.shutdown(Duration::from_secs(600));
    assert!(begun.elapsed() < Duration::from_secs(60));
    runner.ends("polite", Aborted);
}

#[test]
fn work_that_is_being_cancelled_when_the_server_stops_is_cancelled() {
    let world = world();
    let mut runner = world.run();
    let task = runner.start("stubborn").task_id;
    runner.until_at_work("stubborn");
    runner.cancel("stubborn");
    runner.until("stubborn", |action| action.status == Cancelling);
    runner.shutdown(Duration::ZERO);
    runner.ends("stubborn", Cancelled);
    assert_eq!(of_task(task), NONE);
}

#[test]
fn shutdown_ends_although_the_store_does_not_answer() {
    let world = world();
    let mut runner = world.run();
    let task = runner.start("polite").task_id;
    runner.until_at_work("polite");
    world.store.set_down(true);
    runner.shutdown(Duration::ZERO);
    assert_eq!(of_task(task), NONE);
    assert!(runner.show("polite").status.is_owned(), "the next start ends it");
}

#[test]
fn shutdown_ends_although_the_store_stands_still() {
    let mut world = world();
    world.settings.poll_interval = Duration::from_millis(10);
    let mut runner = world.run();
    let task = runner.start("polite").task_id;
    runner.until_at_work("polite");
    world.store.stuck.store(true, Ordering::SeqCst);
    let waiting = || world.store.waiting.load(Ordering::SeqCst);
    wait_for("the work's look and the runner's own", || (waiting() == 2).then_some(()));
    let (ended, end) = channel();
    thread::scope(|scope| {
        let runner = &mut runner;
        scope.spawn(move || {
            runner.shutdown(Duration::ZERO);
            ended.send(()).unwrap();
        });
        let in_time = end.recv_timeout(Duration::from_secs(25));
        world.store.stuck.store(false, Ordering::SeqCst);
        in_time.expect("it ends");
    });
    assert_eq!(of_task(task), NONE);
}

#[test]
fn a_runner_whose_handle_is_dropped_stops_by_itself() {
    let mut world = world();
    world.settings.shutdown_grace = Duration::ZERO;
    let runner = world.runner();
    let client = world.actions(&runner);
    let handle = runner.spawn().unwrap();
    let task = client.start("stubborn").task_id;
    client.until_at_work("stubborn");
    drop(handle);
    client.ends("stubborn", Aborted);
    wait_for("the processes' end", || of_task(task).is_empty().then_some(()));
}
