//! The use cases of cluster actions, driven at random, against a plain model of the contract that
//! knows nothing of the code under test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod model;
mod system;

use std::collections::BTreeMap;
use std::time::Duration;

use actiond_core::cluster::{ClusterAction, Progress, TaskId};
use actiond_core::ports::Clock;
use proptest::prelude::*;

use model::{Answer, IN_PROGRESS, LEASE, Model, NAMES, Run, begin, end};
use system::{System, answer, as_run, outcome};

/// Something that a client, a runner or time does. Claims are named by their number: old ones too.
#[derive(Clone, Debug)]
enum Step {
    Start(usize),
    Delete(usize),
    Claim,
    Begin(usize),
    Advance(usize, u8),
    Renew(usize),
    Finish(usize, usize),
    Pass(u64),
    LookOut,
    /// The only server starts anew.
    StartAnew,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..NAMES.len()).prop_map(Step::Start),
        2 => (0..NAMES.len()).prop_map(Step::Delete),
        4 => Just(Step::Claim),
        4 => any::<usize>().prop_map(Step::Begin),
        4 => (any::<usize>(), 0..=100_u8).prop_map(|(claim, percent)| Step::Advance(claim, percent)),
        1 => any::<usize>().prop_map(Step::Renew),
        4 => (any::<usize>(), 0..5_usize).prop_map(|(claim, end)| Step::Finish(claim, end)),
        2 => (0..LEASE).prop_map(Step::Pass),
        2 => Just(Step::LookOut),
        1 => Just(Step::StartAnew),
    ]
}

/// Does the step on both sides, and answers what each was answered.
fn take(step: &Step, model: &mut Model, system: &mut System) -> (Answer, Answer) {
    let claims = model.claims.len();
    let claim = |number: usize| number.checked_rem(claims); // none yet: nothing happens
    let done = (Answer::Done, Answer::Done);
    match *step {
        Step::Start(name) => {
            let before = system.find(NAMES[name]);
            let started = system.start(NAMES[name]);
            let task = started.as_ref().copied().unwrap_or(TaskId(uuid::Uuid::nil()));
            if let (Ok(_), Some(before)) = (&started, before) {
                assert_eq!(system.actions.repository.find_task(before.task_id).unwrap(), None);
            }
            (model.start(NAMES[name], task), answer(started))
        }
        Step::Delete(name) => (model.delete(NAMES[name]), answer(system.delete(NAMES[name]))),
        Step::Claim => {
            model.claim();
            system.claim();
            done
        }
        Step::Begin(number) => claim(number).map_or(done, |claim| {
            (model.report(claim, begin), answer(system.execution.start(system.claims[claim])))
        }),
        Step::Advance(number, percent) => claim(number).map_or(done, |claim| {
            let percent = f64::from(percent);
            let expected = model.report(claim, |run| run.progress = run.progress.max(percent));
            let progress = Progress::new(percent).unwrap();
            (expected, answer(system.execution.advance(system.claims[claim], progress)))
        }),
        Step::Renew(number) => claim(number).map_or(done, |claim| {
            let lease = Duration::from_secs(LEASE);
            (model.renew(claim), answer(system.execution.renew(system.claims[claim], lease)))
        }),
        Step::Finish(number, way) => claim(number).map_or(done, |claim| {
            let finished = system.execution.finish(system.claims[claim], &outcome(way));
            (model.report(claim, |run| end(run, way)), answer(finished))
        }),
        Step::Pass(seconds) => {
            model.now += seconds;
            system.clock.advance(Duration::from_secs(seconds));
            done
        }
        Step::LookOut => {
            model.look_out();
            system.look_out();
            done
        }
        Step::StartAnew => {
            model.end_all();
            system.end_all();
            done
        }
    }
}

/// What holds of every action at every moment.
fn check_invariants(action: &ClusterAction, system: &System) {
    let status = action.status.as_str();
    let is_held = IN_PROGRESS[1..].contains(&status);
    assert_eq!(action.lease.is_some(), is_held, "held by a runner: {action:?}");
    assert_eq!(action.ended_at.is_some(), !IN_PROGRESS.contains(&status), "{action:?}");
    assert_eq!(action.started_at.is_some(), action.fencing > 0, "{action:?}");
    let times =
        [Some(action.queued_at), action.started_at, action.ended_at, Some(system.clock.now())];
    assert!(times.into_iter().flatten().is_sorted(), "{action:?}");
}

fn check(steps: &[Step]) {
    let (mut model, mut system) = (Model::default(), System::new());
    for (number, step) in steps.iter().enumerate() {
        let before = NAMES.map(|name| system.find(name));
        let (expected, found) = take(step, &mut model, &mut system);
        assert_eq!(found, expected, "step {number}, {step:?}");
        let stored = system.actions.repository.list().unwrap();
        let seen: Vec<Run> = stored.iter().map(|action| as_run(action, &system)).collect();
        let meant: Vec<Run> = model.runs.values().cloned().collect();
        assert_eq!(seen, meant, "after step {number}, {step:?}");
        stored.iter().for_each(|action| check_invariants(action, &system));
        for old in before.into_iter().flatten() {
            let Some(new) = system.actions.repository.find_task(old.task_id).unwrap() else {
                continue;
            };
            assert!(new.progress >= old.progress, "progress fell: {old:?}, {new:?}");
            assert!(new.revision >= old.revision && new.fencing >= old.fencing);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn every_course_of_events_is_as_the_contract_says(
        steps in prop::collection::vec(step(), 1..120),
    ) {
        check(&steps);
    }
}

/// The random steps are worth something only if they get everywhere.
#[test]
fn random_steps_reach_every_status_and_every_answer() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let courses = prop::collection::vec(step(), 100);
    let (mut statuses, mut answers) = (BTreeMap::new(), BTreeMap::new());
    for _ in 0..100 {
        let (mut model, mut system) = (Model::default(), System::new());
        for step in courses.new_tree(&mut runner).unwrap().current() {
            let (answer, _) = take(&step, &mut model, &mut system);
            *answers.entry(format!("{answer:?}")).or_insert(0) += 1;
            model.runs.values().for_each(|run| *statuses.entry(run.status).or_insert(0) += 1);
        }
    }
    assert_eq!(statuses.len(), 8, "{statuses:?}");
    assert_eq!(answers.len(), 4, "{answers:?}");
    assert!(statuses.values().chain(answers.values()).all(|count| *count > 100));
}
