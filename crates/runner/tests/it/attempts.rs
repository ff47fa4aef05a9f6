//! What may be tried again when its work is lost.

use std::time::Duration;

use actiond_core::cluster::ActionStatus::{Aborted, Completed, Queued};
use actiond_core::cluster::OnLost;

use crate::leases::{UNTIL_TOLD, claimed_by_another, second_server};
use crate::processes::of_task;
use crate::world::{World, failure, sh, wait_for};

/// A world whose action says which attempt it is, and may be tried twice.
fn tried_twice(script: &str) -> World {
    let script = format!("echo $ACTIOND_ATTEMPT >> $DIR/attempts; {script}");
    World::new([("work", sh(&script))], |definition| {
        definition.on_lost = OnLost::Requeue { max_attempts: 2 };
    })
}

/// What attempts have said of themselves.
pub(crate) fn attempts(world: &World) -> String {
    std::fs::read_to_string(world.path("attempts")).unwrap_or_default()
}

#[test]
fn what_may_be_tried_again_is_taken_up_by_another_server() {
    let mut world = tried_twice(&format!("[ $ACTIOND_ATTEMPT = 2 ] || {{ {UNTIL_TOLD} }}"));
    world.settings.lease = Duration::from_secs(2);
    let first = world.run();
    let task = first.start("work").task_id;
    first.until_at_work("work");
    world.store.set_down(true);
    let (client, second) = second_server(&world);
    let done = client.ends("work", Completed);
    assert_eq!((done.task_id, done.fencing), (task, 2));
    assert_eq!(attempts(&world), "1\n2\n");
    world.store.set_down(false);
    wait_for("the end of the old work", || of_task(task).is_empty().then_some(()));
    assert_eq!(client.show("work"), done, "nothing of the old work is recorded any more");
    second.shutdown(Duration::ZERO);
}

#[test]
fn what_may_be_tried_again_is_so_after_a_crash_and_after_a_stop() {
    let mut world = tried_twice("[ $ACTIOND_ATTEMPT = 2 ] || sleep 1000");
    world.settings.exclusive_store = true;
    let mut runner = world.run();
    runner.start("work");
    wait_for("the first attempt", || (attempts(&world) == "1\n").then_some(()));
    runner.shutdown(Duration::ZERO);
    assert_eq!(runner.show("work").status, Queued);
    let runner = world.run();
    runner.ends("work", Completed);
    drop(runner);

    // As a server that was killed leaves it.
    let queue = world.actions(&world.runner());
    queue.start("work");
    claimed_by_another(&world, Duration::from_secs(3600));
    let runner = world.run();
    assert_eq!(runner.ends("work", Completed).fencing, 2);
    assert_eq!(attempts(&world), "1\n2\n2\n");
}

#[test]
fn what_is_lost_too_often_is_aborted() {
    let mut world = tried_twice("exit 0");
    world.settings.exclusive_store = true;
    let queue = world.actions(&world.runner());
    queue.start("work");
    for _ in 0..2 {
        let other = claimed_by_another(&world, Duration::from_secs(3600));
        other.end_lost(queue.show("work"), "gone").unwrap().expect("still there");
    }
    assert_eq!(failure(&queue.ends("work", Aborted)).1, "gone");
    assert_eq!(attempts(&world), "");
}
