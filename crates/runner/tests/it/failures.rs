//! Work that cannot begin, and work that takes too long.

use std::time::Duration;

use actiond_core::cluster::ActionStatus::{Aborted, Queued};
use actiond_core::cluster::{ActionName, Catalog};
use actiond_core::usecase::Execution;
use actiond_runner::{CommandLine, Registry, Runner, RunnerSettings, Work};
use std::sync::Arc;

use crate::processes::{NONE, of_task};
use crate::world::{World, failure, sh, world};

#[track_caller]
fn check_not_started(line: CommandLine, expected: &str) {
    let world = world(Work::Command(line));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Aborted);
    assert_eq!(failure(&action), ("internal_error", expected));
}

#[test]
fn a_command_that_cannot_be_started_is_aborted_without_the_hosts_paths() {
    let none: [&str; 0] = [];
    check_not_started(
        CommandLine::new("/opt/secret/no-such-program", none),
        "could not start the work: 'no-such-program': it, its interpreter or its directory does \
         not exist",
    );
    check_not_started(
        CommandLine::new("/etc/passwd", none),
        "could not start the work: 'passwd': permission denied",
    );
    check_not_started(
        CommandLine::new("/bin/echo", ["x".repeat(4 << 20)]),
        "could not start the work: 'echo': the system refused it",
    );
}

#[test]
fn an_action_that_is_not_configured_any_more_is_aborted() {
    let world = world(sh("exit 0"));
    let queue = world.actions(&world.runner());
    queue.start("work");
    let other = World::new([], |_| {});
    let mut other = World { store: Arc::clone(&world.store), ..other };
    other.settings.exclusive_store = true;
    let _runner = other.run();
    let action = queue.ends("work", Aborted);
    let expected = "could not start the work: action 'work' is not configured any more";
    assert_eq!(failure(&action).1, expected);
}

#[test]
fn the_time_limit_ends_the_work_with_all_that_it_has_started() {
    let script =
        "trap '' TERM; setsid sleep 1000 & echo '{\"progress\":20}'; while :; do sleep 1000; done";
    let world = World::new([("work", sh(script))], |definition| {
        definition.timeout = Duration::from_millis(3500);
        definition.cancel_grace = Duration::from_millis(50);
    });
    let runner = world.run();
    let task = runner.start("work").task_id;
    let action = runner.ends("work", Aborted);
    assert_eq!(failure(&action).1, "the time limit of 3s 500ms ran out");
    assert_eq!(action.progress.percent(), 20.0);
    assert_eq!(of_task(task), NONE);
}

#[test]
fn work_that_ends_politely_past_its_limit_is_aborted_all_the_same() {
    let script = "trap 'exit 0' TERM; while :; do sleep 0.01; done";
    let world = World::new([("work", sh(script))], |definition| {
        definition.timeout = Duration::from_millis(200);
    });
    let runner = world.run();
    runner.start("work");
    runner.ends("work", Aborted);
}

#[test]
fn a_runner_wants_work_for_every_action_and_settings_that_can_be_meant() {
    let world = world(sh("exit 0"));
    let execution = Execution { repository: world.memory.clone(), clock: world.clock.clone() };
    let new = |catalog: &Arc<Catalog>, registry: &Registry, settings: RunnerSettings| {
        Runner::new(execution.clone(), catalog.clone(), registry.clone(), settings)
            .err()
            .map(|error| error.to_string())
    };
    let good = RunnerSettings::new("a");
    assert_eq!(new(&world.catalog, &world.registry, good.clone()), None);
    let without = new(&world.catalog, &Registry::new(), good.clone()).unwrap();
    assert_eq!(without, "work: no work is registered for this action");
    let more = world.registry.clone().with(ActionName::parse("more").unwrap(), sh("exit 0"));
    assert_eq!(
        new(&world.catalog, &more, good).unwrap(),
        "more: work for an action that is unknown"
    );
    assert!(new(&world.catalog, &world.registry, RunnerSettings::new("")).is_some());
}

#[test]
fn nothing_runs_before_the_runner_does() {
    let world = world(sh("exit 0"));
    let queue = world.actions(&world.runner());
    queue.start("work");
    assert_eq!(queue.show("work").status, Queued);
}
