//! Work that is a function of this program.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::Error;
use actiond_core::cluster::ActionStatus::{
    Aborted, Cancelled, Cancelling, Completed, Failed, Running,
};
use actiond_core::cluster::{ActionStatus, Failure};
use actiond_runner::{Context, Work};
use serde_json::{Map, json};

use crate::world::{World, failure, world};

fn handler(function: impl Fn(Context) -> Result<(), Failure> + Send + Sync + 'static) -> Work {
    Work::handler(function)
}

/// A handler that goes on, whatever it is told, until the answered flag is set.
fn stubborn() -> (Work, Arc<AtomicBool>) {
    let enough = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&enough);
    let work = handler(move |context| {
        context.progress(10.0);
        while !asked.load(Ordering::SeqCst) {
            thread::yield_now();
        }
        Ok(())
    });
    (work, enough)
}

fn until_cancelled(context: &Context) {
    context.progress(10.0);
    while !context.is_cancelled() {
        thread::yield_now();
    }
}

#[test]
fn a_handler_gets_its_parameters_and_reports_progress() {
    let (step, steps) = mpsc::channel::<()>();
    let (seen, was_seen) = mpsc::channel();
    let steps = std::sync::Mutex::new(steps);
    let world = world(handler(move |context| {
        seen.send((context.task_id(), context.parameters().clone())).unwrap();
        for percent in [30.0, f64::NAN, 400.0, 20.0] {
            context.progress(percent);
        }
        steps.lock().unwrap().recv().unwrap();
        Ok(())
    }));
    let runner = world.run();
    let given = Map::from_iter([("n".to_owned(), json!(3))]);
    let task = runner.start_with("work", given.clone()).unwrap().task_id;
    let action = runner.until("work", |action| action.progress.percent() == 30.0);
    assert_eq!(action.status, Running);
    assert_eq!(was_seen.recv().unwrap(), (task, given));
    step.send(()).unwrap();
    assert_eq!(runner.ends("work", Completed).progress.percent(), 100.0);
}

#[track_caller]
fn check(work: Work, expected: ActionStatus, why: Option<(&str, &str)>) {
    let world = world(work);
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", expected);
    assert_eq!(action.failure.as_ref().map(|_| failure(&action)), why);
}

#[test]
fn a_handler_ends_as_it_says() {
    check(handler(|_| Ok(())), Completed, None);
    let lack = || Failure { code: "insufficient_resources".into(), message: "no room".into() };
    check(handler(move |_| Err(lack())), Failed, Some(("insufficient_resources", "no room")));
}

#[test]
fn a_panic_is_a_failure_and_says_nothing_of_its_inside() {
    let work = handler(|_| panic!("secret"));
    check(work, Failed, Some(("internal_error", "the handler panicked")));
}

#[test]
fn a_handler_stops_when_it_is_cancelled() {
    for (fails, expected) in [(false, Cancelled), (true, Failed)] {
        let world = world(handler(move |context| {
            until_cancelled(&context);
            if fails { Err(Failure::internal("broken")) } else { Ok(()) }
        }));
        let runner = world.run();
        runner.start("work");
        runner.until_at_work("work");
        runner.cancel("work");
        runner.ends("work", expected);
    }
}

#[test]
fn the_time_limit_reaches_a_handler() {
    let work = handler(|context| {
        until_cancelled(&context);
        Ok(())
    });
    let world = World::new([("work", work)], |d| d.timeout = Duration::from_millis(100));
    let runner = world.run();
    runner.start("work");
    let action = runner.ends("work", Aborted);
    assert_eq!(failure(&action).1, "the time limit of 100ms ran out");
}

#[test]
fn a_handler_that_does_not_stop_keeps_its_action_so_that_no_second_one_begins() {
    let (work, enough) = stubborn();
    let world = World::new([("work", work)], |d| d.cancel_grace = Duration::from_millis(1));
    let runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    runner.cancel("work");
    runner.until("work", |action| action.status == Cancelling);
    let second = runner.start_with("work", Map::new());
    assert!(matches!(second, Err(Error::Conflict { .. })), "{second:?}");
    enough.store(true, Ordering::SeqCst);
    runner.ends("work", Cancelled);
}

#[test]
fn a_handler_that_does_not_stop_does_not_hold_up_the_end_of_the_server() {
    let (work, enough) = stubborn();
    let world = world(work);
    let mut runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    let begun = Instant::now();
    runner.shutdown(Duration::from_millis(50));
    assert!(begun.elapsed() < Duration::from_secs(4), "waited for a thread that goes on");
    assert_eq!(runner.show("work").status, Running, "its end is not known");
    enough.store(true, Ordering::SeqCst);
}

#[test]
fn a_handler_that_stops_with_the_server_is_aborted() {
    let world = world(handler(|context| {
        until_cancelled(&context);
        Ok(())
    }));
    let mut runner = world.run();
    runner.start("work");
    runner.until_at_work("work");
    runner.shutdown(Duration::from_secs(20));
    assert_eq!(failure(&runner.ends("work", Aborted)).1, "the server was stopped");
}
