//! Leases: lost, renewed, taken away; and a store that is out of reach.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use actiond_core::cluster::ActionStatus::{Aborted, Completed, Queued, Running, Starting};
use actiond_core::cluster::{ClusterAction, Lease};
use actiond_core::ports::{Clock as _, ClusterActionRepository as _, Swapped};
use actiond_core::usecase::{Execution, Grip};
use actiond_runner::{RunnerHandle, RunnerSettings};

use crate::attempts::attempts;
use crate::processes::{NONE, leave_behind, of_task};
use crate::world::{Client, World, failure, sh, wait_for, world};

/// Reports 1 percent, and 50 and then nothing more when the file `go` is there.
pub(crate) const UNTIL_TOLD: &str = "echo '{\"progress\":1}'
    until [ -e $DIR/go ]; do sleep 0.01; done; echo '{\"progress\":50}'
    until [ -e $DIR/end ]; do sleep 0.01; done";

fn tell(world: &World, file: &str) {
    std::fs::write(world.path(file), "").unwrap();
}

/// As a server leaves an action that was killed while it ran it.
pub(crate) fn claimed_by_another(world: &World, lease: Duration) -> Execution {
    let other = Execution { repository: world.memory.clone(), clock: world.clock.clone() };
    other.claim("another", lease, |_| true).unwrap().expect("something queued");
    other
}

#[test]
fn a_late_report_is_refused_and_its_work_killed() {
    let mut world = world(sh(UNTIL_TOLD));
    world.settings.lease = Duration::from_secs(2);
    let first = world.run();
    let task = first.start("work").task_id;
    first.until_at_work("work");
    // The first server is cut off for longer than its lease.
    world.store.set_down(true);
    let (client, second) = second_server(&world);
    let lost = client.ends("work", Aborted);
    assert_eq!(failure(&lost).1, "the lease of the server that ran the action has run out");
    tell(&world, "go");
    world.store.set_down(false);
    wait_for("the end of the old work", || of_task(task).is_empty().then_some(()));
    let after = client.show("work");
    assert_eq!(after, lost, "nothing of the old work is recorded any more");
    second.shutdown(Duration::ZERO);
}

#[test]
fn work_whose_action_was_taken_away_is_killed_at_its_next_report() {
    let world = world(sh(&format!("trap '' TERM; {UNTIL_TOLD}")));
    let runner = world.run();
    let task = runner.start("work").task_id;
    let running = runner.until_at_work("work");
    // Another host aborts it and begins it anew: nobody kills the processes here.
    let other = Execution { repository: world.memory.clone(), clock: world.clock.clone() };
    let stale = || other.end_lost(runner.show("work"), "taken").unwrap();
    wait_for("the abort", stale);
    wait_for("the end of the old work", || of_task(task).is_empty().then_some(()));
    let after = runner.show("work");
    assert_eq!((after.task_id, after.status), (running.task_id, Aborted));
    assert_eq!(failure(&after).1, "taken");
}

#[test]
fn the_only_server_of_a_store_ends_at_once_what_the_last_one_left() {
    let mut world = World::new([("left", sh("exit 0")), ("waiting", sh("exit 0"))], |_| {});
    world.settings.exclusive_store = true;
    let queue = world.actions(&world.runner());
    let task = queue.start("left").task_id;
    let other = claimed_by_another(&world, Duration::from_secs(3600));
    other.start(Grip { task, fencing: 1 }).unwrap();
    queue.start("waiting");
    let mut orphan = leave_behind(task);
    let runner = world.run();
    let action = runner.ends("left", Aborted);
    assert_eq!(failure(&action).1, "the server stopped while the action was running");
    assert_eq!(of_task(task), NONE, "killed before the end was recorded");
    runner.ends("waiting", Completed);
    orphan.wait().unwrap();
}

#[test]
fn in_a_shared_store_only_leases_that_have_run_out_are_lost() {
    let world = World::new([("dead", sh("exit 0")), ("alive", sh("exit 0"))], |_| {});
    let queue = world.actions(&world.runner());
    queue.start("dead");
    claimed_by_another(&world, Duration::from_millis(120));
    queue.start("alive");
    claimed_by_another(&world, Duration::from_secs(3600));
    // Whatever their clocks say, and however long this server's own leases are.
    world.clock.advance(Duration::from_secs(7200));
    let runner = world.run();
    runner.ends("dead", Aborted);
    assert_eq!(runner.show("alive").status, Starting);
}

#[test]
fn a_lease_that_is_renewed_is_not_taken_away() {
    let mut world = World::new([("alive", sh("exit 0")), ("dead", sh("exit 0"))], |_| {});
    world.settings.poll_interval = Duration::from_millis(10);
    let queue = world.actions(&world.runner());
    let grip = Grip { task: queue.start("alive").task_id, fencing: 1 };
    let lease = Duration::from_secs(1);
    let other = claimed_by_another(&world, lease);
    queue.start("dead");
    claimed_by_another(&world, lease * 2);
    let runner = world.run();
    // Twice its lease has passed when the other is lost.
    let dead = || {
        other.renew(grip, lease).unwrap();
        Some(runner.show("dead")).filter(|action| action.status.is_terminal())
    };
    wait_for("the end of the other", dead);
    assert_eq!(runner.show("alive").status, Starting);
    runner.ends("alive", Aborted);
}

/// Another server on the store, which nothing cuts off.
pub(crate) fn second_server(world: &World) -> (Client, RunnerHandle) {
    let settings = RunnerSettings { owner: "second".into(), ..world.settings.clone() };
    let second = world.runner_over(world.memory.clone(), settings);
    (world.actions(&second), second.spawn().unwrap())
}

#[test]
fn in_a_shared_store_what_another_server_knows_is_left_to_it() {
    let world = World::new([("work", sh("exit 0")), ("new", sh("exit 0"))], |_| {});
    let queue = world.actions(&world.runner());
    queue.start("new");
    queue.start("work");
    let old = World::new([("work", sh("exit 0"))], |_| {});
    let old = World { store: Arc::clone(&world.store), ..old };
    let old = old.run();
    queue.ends("work", Completed);
    assert_eq!(queue.show("new").status, Queued);
    let new = world.run();
    queue.ends("new", Completed);
    drop((old, new));
}

#[test]
fn a_lease_is_renewed_as_long_as_the_work_goes_on() {
    let mut world = world(sh(UNTIL_TOLD));
    world.settings.lease = Duration::from_secs(2);
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    // At a third of the lease each: past what the claim gave.
    for _ in 0..4 {
        let before = runner.show("work").lease.unwrap().until;
        world.clock.advance(Duration::from_millis(1));
        let after = runner.until("work", |action| action.lease.as_ref().unwrap().until > before);
        assert_eq!((after.status, after.fencing), (Running, 1));
    }
    let writes = world.store.writes.load(Ordering::SeqCst);
    assert!(writes < 20, "{writes}: it is renewed when that is due, not all the time");
    tell(&world, "go");
    tell(&world, "end");
    runner.ends("work", Completed);
}

#[test]
fn in_a_shared_store_work_is_killed_when_its_lease_cannot_be_renewed_in_time() {
    let mut world = world(sh(UNTIL_TOLD));
    world.settings.lease = Duration::from_millis(1500);
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.until_at_work("work");
    world.store.set_down(true);
    wait_for("the end of the work", || of_task(task).is_empty().then_some(()));
    assert_eq!(runner.show("work").status, Running);
    world.store.set_down(false);
    let reason = "the server lost its hold on the action: the store was out of reach";
    assert_eq!(failure(&runner.ends("work", Aborted)).1, reason);
}

#[test]
fn the_only_server_of_a_store_works_on_while_it_is_out_of_reach() {
    let mut world = world(sh(UNTIL_TOLD));
    world.settings.exclusive_store = true;
    world.settings.lease = Duration::from_millis(30);
    let runner = world.run();
    let task = runner.start("work").task_id;
    runner.until_at_work("work");
    world.store.set_down(true);
    world.clock.advance(Duration::from_secs(3600));
    tell(&world, "go");
    tell(&world, "end");
    wait_for("the end of the work", || of_task(task).is_empty().then_some(()));
    assert_eq!(runner.show("work").status, Running);
    world.store.set_down(false);
    assert_eq!(runner.ends("work", Completed).progress.percent(), 100.0);
}

#[test]
fn a_store_that_is_out_of_reach_at_the_start_is_waited_for() {
    let world = world(sh("exit 0"));
    world.store.set_down(true);
    let runner = world.run();
    runner.start("work");
    assert_eq!(runner.show("work").status, Queued);
    world.store.set_down(false);
    runner.ends("work", Completed);
}

#[test]
fn a_claim_whose_answer_was_lost_is_taken_up_by_who_made_it() {
    for exclusive_store in [true, false] {
        let mut world = world(sh("echo $ACTIOND_ATTEMPT >> $DIR/attempts"));
        world.settings.exclusive_store = exclusive_store;
        let runner = world.run();
        world.store.lose_answer.store(true, Ordering::SeqCst);
        runner.start("work");
        assert_eq!(runner.ends("work", Completed).fencing, 1);
        assert_eq!(attempts(&world), "1\n");
    }
}

/// As a database that fails over to a standby which lags behind.
#[test]
fn work_whose_beginning_the_store_has_forgotten_is_not_begun_again() {
    let mut world = world(sh(&format!("echo $ACTIOND_ATTEMPT >> $DIR/attempts; {UNTIL_TOLD}")));
    world.settings.lease = Duration::from_secs(1);
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    wait_for("the moment between two reports", || {
        let forgotten = ClusterAction { status: Starting, ..runner.show("work") };
        (world.memory.update(&forgotten).unwrap() == Swapped::Updated).then_some(())
    });
    tell(&world, "go");
    tell(&world, "end");
    runner.ends("work", Aborted);
    assert_eq!(attempts(&world), "1\n");
}

/// The same, when the work had ended and that was recorded.
#[test]
fn work_whose_end_the_store_has_forgotten_is_not_begun_again() {
    let counted = sh("echo $ACTIOND_ATTEMPT >> $DIR/attempts");
    let mut world = World::new([("work", counted), ("other", sh("exit 0"))], |_| {});
    world.settings.lease = Duration::from_secs(1);
    let runner = world.run();
    runner.start("work");
    let ended = runner.ends("work", Completed);
    // Another one is seen to its end: a look of the runner lies between.
    runner.start("other");
    runner.ends("other", Completed);
    let lease = Lease::new("first", world.settings.lease, world.clock.now());
    let (status, lease) = (Starting, Some(lease));
    let forgotten = ClusterAction { status, lease, ended_at: None, ..ended };
    assert_eq!(world.memory.update(&forgotten).unwrap(), Swapped::Updated);
    runner.ends("work", Aborted);
    assert_eq!(attempts(&world), "1\n");
}

#[test]
fn an_end_whose_answer_was_lost_is_an_end() {
    let world = world(sh(UNTIL_TOLD));
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    tell(&world, "go");
    runner.until("work", |action| action.progress.percent() == 50.0);
    world.store.lose_answer.store(true, Ordering::SeqCst);
    tell(&world, "end");
    runner.ends("work", Completed);
    let second = runner.start("work").task_id;
    runner.until("work", |action| action.task_id == second && action.status == Completed);
}

#[test]
fn a_runner_can_be_stepped() {
    let world = world(sh("exit 0"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut runner = world.runner();
        let client = world.actions(&runner);
        assert_eq!(runner.step().await.unwrap(), 0);
        client.start("work");
        assert_eq!(runner.step().await.unwrap(), 1);
        let ended = tokio::task::spawn_blocking(move || client.ends("work", Completed));
        assert_eq!(ended.await.unwrap().lease, None);
        assert_eq!(runner.step().await.unwrap(), 0);
        world.store.set_down(true);
        assert!(runner.step().await.is_err());
    });
}
