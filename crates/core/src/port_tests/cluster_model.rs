//! Random operations on two repositories of cluster actions, whose every answer must be the same.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};

use super::MakeClusterActions;
use super::sample::{at, key, own, queued};
use crate::cluster::{ActionEvent, ClusterAction, Lease, Outcome};
use crate::ports::ClusterActionRepository;

/// Runs random sequences of operations on `subject` and `model`, side by side.
pub fn cluster_actions_agree(
    subject: MakeClusterActions<'_>,
    model: MakeClusterActions<'_>,
    cases: u32,
) {
    let sequence = prop::collection::vec(operation(), 1..60);
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let outcome = TestRunner::new(config).run(&sequence, |operations| {
        let both = [subject(), model()];
        for (task, operation) in (0..).zip(&operations) {
            let [seen, expected] = [&both[0], &both[1]].map(|store| operation.on(&**store, task));
            prop_assert_eq!(seen, expected, "{:?}", operation);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[derive(Clone, Debug)]
enum Operation {
    /// Insert a run of this name that holds these alone.
    Insert(&'static str, Vec<&'static str>),
    /// Let this happen to the run that is stored, as it was read so many revisions ago.
    Change(&'static str, Event, u64),
    /// Remove the run that is stored, if it has ended.
    Remove(&'static str, u64),
    /// Let a run of this name wait for its turn, when not so many do.
    Enqueue(&'static str, u32),
    /// Make it the turn of the run of this place in line; it is to hold these alone.
    Admit(usize, Vec<&'static str>),
    /// Cancel the run of this place in line.
    Leave(usize),
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Claim,
    Start,
    Cancel,
    Complete,
    Abort,
    Lose,
}

impl Operation {
    /// What the store answers, and all that it holds then.
    fn on(&self, store: &dyn ClusterActionRepository, task: u64) -> String {
        let answer = match self {
            Self::Insert(name, held) => {
                let exclusions: Vec<_> = held.iter().flat_map(|name| own(name)).collect();
                format!("{:?}", store.insert(&queued(task, name), &exclusions).unwrap())
            }
            Self::Change(name, event, behind) => match read(store, name, *behind) {
                Some(mut action) => {
                    event.happens(&mut action);
                    format!("{:?}", store.update(&action).unwrap())
                }
                None => String::new(),
            },
            Self::Remove(name, behind) => match read(store, name, *behind) {
                Some(action) if action.status.is_terminal() => {
                    format!("{:?}", store.remove(&action).unwrap())
                }
                _ => String::new(),
            },
            Self::Enqueue(name, limit) => {
                format!("{:?}", store.enqueue(&queued(task, name), *limit).unwrap())
            }
            Self::Admit(place, held) => match store.waiting().unwrap().get(*place) {
                Some(action) => {
                    let exclusions: Vec<_> = held.iter().flat_map(|name| own(name)).collect();
                    format!("{:?}", store.admit(action, &exclusions, at(4)).unwrap())
                }
                None => String::new(),
            },
            Self::Leave(place) => match store.waiting().unwrap().get(*place).cloned() {
                Some(mut action) => {
                    action.apply(ActionEvent::Cancel, at(3));
                    format!("{:?}", store.update(&action).unwrap())
                }
                None => String::new(),
            },
        };
        let (all, queued) = (store.list().unwrap(), store.queued(2).unwrap());
        format!(
            "{answer} {all:?} {queued:?} {:?} {:?}",
            store.owned().unwrap(),
            store.waiting().unwrap()
        )
    }
}

fn read(store: &dyn ClusterActionRepository, name: &str, behind: u64) -> Option<ClusterAction> {
    let mut action = store.find(&key(name)).unwrap()?;
    action.revision = action.revision.saturating_sub(behind);
    Some(action)
}

impl Event {
    fn happens(self, action: &mut ClusterAction) {
        match self {
            Self::Claim => action.claim(Lease::new("r", Duration::from_secs(8), at(1)), at(1)),
            Self::Start => action.start(at(2)),
            Self::Cancel => action.apply(ActionEvent::Cancel, at(3)),
            Self::Complete => action.finish(Outcome::Completed, at(4)),
            Self::Abort => action.finish(Outcome::Aborted("too late".into()), at(4)),
            Self::Lose => action.finish(Outcome::Lost("lost".into()), at(4)),
        };
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let name = || select(vec!["a", "b", "c"]);
    let held = || subsequence(vec!["a", "b", "c", "d"], 0..4);
    let event = select(vec![
        Event::Claim,
        Event::Start,
        Event::Cancel,
        Event::Complete,
        Event::Abort,
        Event::Lose,
    ]);
    let behind = || prop_oneof![5 => Just(0), 1 => Just(1_u64)];
    prop_oneof![
        3 => (name(), held()).prop_map(|(name, held)| Operation::Insert(name, held)),
        5 => (name(), event, behind()).prop_map(|(n, e, b)| Operation::Change(n, e, b)),
        1 => (name(), behind()).prop_map(|(name, behind)| Operation::Remove(name, behind)),
        1 => (name(), 1..4_u32).prop_map(|(name, limit)| Operation::Enqueue(name, limit)),
        1 => (0..3_usize, held()).prop_map(|(place, held)| Operation::Admit(place, held)),
        1 => (0..3_usize).prop_map(Operation::Leave),
    ]
}
