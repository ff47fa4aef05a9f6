//! Many actions at once.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actiond_core::cluster::ActionStatus::{Aborted, Cancelled, Completed, Failed, Queued, Running};
use actiond_core::cluster::{ActionName, ActionStatus};

use crate::processes::of_task;
use crate::world::{World, sh, wait_for, world};

/// What the work of this number does when the gate opens, and how it ends: by itself, by a cancel,
/// by its time limit.
fn fate(number: usize) -> (&'static str, ActionStatus) {
    match number % 4 {
        0 => ("exit 0", Completed),
        1 => ("exit 1", Failed),
        2 => ("sleep 1000", Cancelled),
        _ => ("sleep 1000", Aborted),
    }
}

#[test]
fn every_action_has_a_life_of_its_own() {
    let names: Vec<String> = (0..24).map(|number| format!("work_{number}")).collect();
    let script = |number: usize| {
        let end = fate(number).0;
        format!(
            "echo '{{\"progress\":{}}}'; until [ -e $DIR/go ]; do sleep 0.05; done; {end}",
            number + 1
        )
    };
    let works: Vec<_> =
        names.iter().enumerate().map(|(n, name)| (&**name, sh(&script(n)))).collect();
    let world = World::new(works, |definition| {
        let number: usize = definition.name.as_str()[5..].parse().unwrap();
        if number % 4 == 3 {
            definition.timeout = Duration::from_secs(8);
        }
    });
    let runner = world.run();
    let tasks: Vec<_> = names.iter().map(|name| runner.start(name).task_id).collect();
    for (number, name) in names.iter().enumerate() {
        let action = runner.until(name, |action| action.progress.percent() == (number + 1) as f64);
        assert!(matches!(action.status, Running | Aborted), "{action:?}");
    }
    std::fs::write(world.path("go"), "").unwrap();
    names.iter().skip(2).step_by(4).for_each(|name| runner.cancel(name));
    for (number, name) in names.iter().enumerate() {
        runner.ends(name, fate(number).1);
    }
    assert!(tasks.into_iter().all(|task| of_task(task).is_empty()));
}

#[test]
fn what_there_is_no_room_for_waits_in_the_queue() {
    let script = "until [ -e $DIR/$ACTIOND_ACTION ]; do sleep 0.01; done";
    let mut world = World::new([("a", sh(script)), ("b", sh(script)), ("c", sh(script))], |_| {});
    world.settings.max_concurrent = 2;
    world.settings.poll_interval = Duration::from_secs(3600);
    let runner = world.run();
    for name in ["a", "b", "c"] {
        runner.start(name);
        world.clock.advance(Duration::from_secs(1));
    }
    runner.until("b", |action| action.status == Running);
    assert_eq!(runner.show("c").status, Queued);
    std::fs::write(world.path("b"), "").unwrap();
    runner.ends("b", Completed);
    runner.until("c", |action| action.status == Running);
    assert_eq!(runner.show("a").status, Running);
}

#[test]
fn an_action_is_taken_up_when_the_bell_rings_not_when_the_poll_is_due() {
    let mut world = world(sh("echo '{\"progress\":1}'; while :; do sleep 0.01; done"));
    world.settings.poll_interval = Duration::from_secs(3600);
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    runner.cancel("work");
    runner.ends("work", Cancelled);
}

#[test]
fn progress_is_written_now_and_then_and_in_full_at_the_end() {
    let script = r#"for i in 1 2 3 4 5 6 7 8; do
            echo "{\"progress\":$i.5}"; touch $DIR/said_$i
            until [ -e $DIR/go_$i ]; do sleep 0.01; done
        done; exit 1"#;
    let mut world = world(sh(script));
    world.settings.progress_interval = Duration::from_secs(3600);
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    for step in 1..=8 {
        let said = world.path(&format!("said_{step}"));
        wait_for("a report", || said.exists().then_some(()));
        std::fs::write(world.path(&format!("go_{step}")), "").unwrap();
    }
    let action = runner.ends("work", Failed);
    assert_eq!(action.progress.percent(), 8.5);
    let writes = world.store.writes.load(Ordering::SeqCst);
    assert_eq!(writes, 5, "claim, start, the first progress, the last, the end");
}

#[test]
fn less_than_a_percent_is_not_written() {
    let world = world(sh(
        "echo '{\"progress\":0.9}'; touch $DIR/said; until [ -e $DIR/go ]; do sleep 0.01; done",
    ));
    let runner = world.run();
    runner.start("work");
    wait_for("the report", || world.path("said").exists().then_some(()));
    std::fs::write(world.path("go"), "").unwrap();
    let action = runner.ends("work", Completed);
    assert_eq!(world.store.writes.load(Ordering::SeqCst), 3, "claim, start, end");
    assert_eq!(action.key.name, ActionName::parse("work").unwrap());
}
