//! The use cases of cluster actions, driven at random, against a plain model of the contract: what
//! a reader of the life cycle's diagram would write down, and nothing of the code under test.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use actiond_core::access::{Caller, ClusterPass, ClusterRole, cluster_permission as may};
use actiond_core::cluster::{
    ActionDefinition, ActionKey, ActionName, Catalog, ClusterAction, Failure, Outcome, Progress,
    TaskId,
};
use actiond_core::memory::{CountingIds, ManualClock, MemoryClusterActions, SilentSignal};
use actiond_core::ports::Clock;
use actiond_core::usecase::{ClusterActions, Execution, Grip, LostLease};
use actiond_core::{Error, Result};
use proptest::prelude::*;
use serde_json::Map;

const NAMES: [&str; 4] = ["backup", "restore", "rebalance", "migrate"];
/// `restore` names `backup`; it holds in both directions.
const CONFLICT: [&str; 2] = ["backup", "restore"];
/// The work of `migrate` cannot be interrupted.
const UNINTERRUPTIBLE: &str = "migrate";
/// In seconds.
const LEASE: u64 = 30;

/// Where each way to end leads: completed, failed, stopped, aborted. Empty: it is passed over.
const ENDS: [(&str, [&str; 4]); 3] = [
    ("starting", ["", "", "", "aborted"]),
    ("running", ["completed", "failed", "", "aborted"]),
    ("cancelling", ["cancelled", "failed", "cancelled", "cancelled"]),
];
const IN_PROGRESS: [&str; 4] = ["queued", "starting", "running", "cancelling"];

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
    EndLost(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..NAMES.len()).prop_map(Step::Start),
        2 => (0..NAMES.len()).prop_map(Step::Delete),
        4 => Just(Step::Claim),
        4 => any::<usize>().prop_map(Step::Begin),
        4 => (any::<usize>(), 0..=100_u8).prop_map(|(claim, percent)| Step::Advance(claim, percent)),
        1 => any::<usize>().prop_map(Step::Renew),
        4 => (any::<usize>(), 0..4_usize).prop_map(|(claim, end)| Step::Finish(claim, end)),
        2 => (0..LEASE).prop_map(Step::Pass),
        1 => any::<bool>().prop_map(Step::EndLost),
    ]
}

/// One run, as the contract speaks of it.
#[derive(Clone, Debug, PartialEq)]
struct Run {
    task: TaskId,
    status: &'static str,
    progress: f64,
    cancel_wished: bool,
    has_failure: bool,
    /// The number of the claim in force, and the second at which its lease runs out.
    claim: Option<(usize, u64)>,
}

#[derive(Default)]
struct Model {
    runs: BTreeMap<&'static str, Run>,
    /// The queued ones, oldest first.
    queue: Vec<&'static str>,
    claims: Vec<&'static str>,
    now: u64,
}

/// What a request is answered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Answer {
    Done,
    Conflict,
    NotFound,
    Refused,
}

impl Model {
    fn is_in_progress(&self, name: &str) -> bool {
        self.runs.get(name).is_some_and(|run| IN_PROGRESS.contains(&run.status))
    }

    fn start(&mut self, name: &'static str, task: TaskId) -> Answer {
        let conflicts = |other: &&&str| {
            **other == name || (CONFLICT.contains(other) && CONFLICT.contains(&name))
        };
        if NAMES.iter().filter(conflicts).any(|other| self.is_in_progress(other)) {
            return Answer::Conflict;
        }
        let run = Run {
            task,
            status: "queued",
            progress: 0.0,
            cancel_wished: false,
            has_failure: false,
            claim: None,
        };
        self.runs.insert(name, run);
        self.queue.push(name);
        Answer::Done
    }

    fn delete(&mut self, name: &str) -> Answer {
        let Some(run) = self.runs.get_mut(name) else { return Answer::NotFound };
        match run.status {
            "queued" => {
                (run.status, run.cancel_wished) = ("cancelled", true);
                self.queue.retain(|queued| *queued != name);
            }
            "starting" | "running" | "cancelling" if name == UNINTERRUPTIBLE => {
                return Answer::NotFound;
            }
            "starting" | "cancelling" => run.cancel_wished = true,
            "running" => (run.status, run.cancel_wished) = ("cancelling", true),
            _ => drop(self.runs.remove(name)),
        }
        Answer::Done
    }

    fn claim(&mut self) {
        if self.queue.is_empty() {
            return;
        }
        let name = self.queue.remove(0);
        let run = self.runs.get_mut(name).expect("queued");
        run.status = "starting";
        run.claim = Some((self.claims.len(), self.now + LEASE));
        self.claims.push(name);
    }

    /// The run that a claim holds, if that claim is still in force.
    fn held(&mut self, claim: usize) -> Option<&mut Run> {
        let run = self.runs.get_mut(self.claims[claim])?;
        (run.claim.is_some_and(|(held, _)| held == claim)).then_some(run)
    }

    fn report(&mut self, claim: usize, change: impl FnOnce(&mut Run)) -> Answer {
        self.held(claim).map(change).map_or(Answer::Refused, |()| Answer::Done)
    }

    fn end_lost(&mut self, every: bool) {
        let now = self.now;
        for run in self.runs.values_mut() {
            if run.claim.is_some_and(|(_, until)| every || until <= now) {
                end(run, 3);
            }
        }
    }
}

fn begin(run: &mut Run) {
    if run.status == "starting" {
        run.status = if run.cancel_wished { "cancelling" } else { "running" };
    }
}

fn end(run: &mut Run, way: usize) {
    // Given up while it starts: the wish to cancel it counts.
    if way == 3 && run.cancel_wished {
        begin(run);
    }
    let ends = ENDS.iter().find(|(status, _)| *status == run.status).expect("held").1;
    if ends[way].is_empty() {
        return;
    }
    run.status = ends[way];
    run.claim = None;
    run.has_failure = ["failed", "aborted"].contains(&run.status);
    if run.status == "completed" {
        run.progress = 100.0;
    }
}

/// The real thing.
struct System {
    clock: Arc<ManualClock>,
    actions: ClusterActions,
    execution: Execution,
    claims: Vec<Grip>,
    admin: Arc<Caller>,
}

impl System {
    fn new() -> Self {
        let definitions = NAMES.map(|name| {
            let mut definition = ActionDefinition::new(ActionName::parse(name).unwrap());
            definition.cancellable = name != UNINTERRUPTIBLE;
            if name == CONFLICT[1] {
                definition.conflicts_with.insert(ActionName::parse(CONFLICT[0]).unwrap());
            }
            definition
        });
        let repository = Arc::new(MemoryClusterActions::default());
        let clock = Arc::new(ManualClock::default());
        let actions = ClusterActions {
            repository: repository.clone(),
            catalog: Arc::new(Catalog::new(definitions).unwrap()),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            signal: Arc::new(SilentSignal),
        };
        let execution = Execution { repository, clock: clock.clone() };
        let admin = Arc::new(Caller {
            user_id: "1".to_owned(),
            name: "admin".to_owned(),
            cluster_roles: vec![ClusterRole::Admin],
            scope: None,
        });
        Self { clock, actions, execution, claims: Vec::new(), admin }
    }

    fn start(&self, name: &str) -> Result<TaskId> {
        let pass = ClusterPass::<may::Start>::grant(self.admin.clone())?;
        Ok(self.actions.start(&pass, name, Map::new())?.0.task_id)
    }

    fn delete(&self, name: &str) -> Result<()> {
        self.actions.cancel(&ClusterPass::<may::Cancel>::grant(self.admin.clone())?, name)
    }

    fn claim(&mut self) {
        let claimed = self.execution.claim("runner", Duration::from_secs(LEASE)).unwrap();
        let grip = |action: ClusterAction| Grip { task: action.task_id, fencing: action.fencing };
        self.claims.extend(claimed.map(grip));
    }

    fn end_lost(&self, every: bool) {
        let which = if every { LostLease::Every } else { LostLease::RunOut };
        for action in self.execution.lost(which).unwrap() {
            assert!(self.execution.abort_lost(action.clone(), "lost").unwrap());
            assert!(!self.execution.abort_lost(action, "lost again").unwrap());
        }
    }

    fn find(&self, name: &str) -> Option<ClusterAction> {
        let key = ActionKey::cluster(ActionName::parse(name).unwrap());
        self.actions.repository.find(&key).unwrap()
    }
}

fn answer<T>(result: Result<T>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(Error::Conflict { .. }) => Answer::Conflict,
        Err(Error::NotFound { .. }) => Answer::NotFound,
        Err(Error::PreconditionFailed { .. }) => Answer::Refused,
        Err(error) => panic!("{error:?}"),
    }
}

fn outcome(way: usize) -> Outcome {
    match way {
        0 => Outcome::Completed,
        1 => Outcome::Failed(Failure::internal("it failed")),
        2 => Outcome::Stopped,
        _ => Outcome::Aborted("given up".to_owned()),
    }
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
            let until = model.now + LEASE;
            let expected = model.report(claim, |run| run.claim = Some((claim, until)));
            let lease = Duration::from_secs(LEASE);
            (expected, answer(system.execution.renew(system.claims[claim], lease)))
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
        Step::EndLost(every) => {
            model.end_lost(every);
            system.end_lost(every);
            done
        }
    }
}

/// An action, in the words of the model.
fn as_run(action: &ClusterAction, system: &System) -> Run {
    let grip = Grip { task: action.task_id, fencing: action.fencing };
    let claim = action.lease.as_ref().map(|lease| {
        let number = system.claims.iter().position(|claim| *claim == grip).expect("claimed");
        (number, u64::try_from(lease.until.timestamp()).unwrap())
    });
    Run {
        task: action.task_id,
        status: action.status.as_str(),
        progress: action.progress.percent(),
        cancel_wished: action.cancel_requested,
        has_failure: action.failure.is_some(),
        claim,
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
