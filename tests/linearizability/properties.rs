//! The checker against the definition, and against histories that are right by the way they are made.

use std::cell::Cell;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::history::Task;
use super::reference::is_linearizable;
use super::spec::{State, Status};
use super::{Answer, Call, Operation, Shown, check};
use crate::harness::chance;

fn operation() -> impl Strategy<Value = Operation> {
    let task = || select(vec!["x", "y"]).prop_map(Task::from);
    let status =
        select(vec![Status::Queued, Status::Running, Status::Cancelled, Status::Completed]);
    let shown = (task(), status).prop_map(|(task, status)| Answer::Shown(Shown { task, status }));
    let started = task().prop_map(Answer::Started);
    let told = prop_oneof![
        5 => started.prop_map(|answer| (Call::Start, answer)),
        2 => Just((Call::Start, Answer::InProgress)),
        3 => Just((Call::Cancel, Answer::Done)),
        1 => Just((Call::Cancel, Answer::NotFound)),
        5 => shown.prop_map(|answer| (Call::Read, answer)),
        1 => Just((Call::Read, Answer::NotFound)),
    ];
    let unknown = select(vec![Call::Start, Call::Cancel, Call::Read]);
    let unknown = unknown.prop_map(|call| (call, Answer::Unknown));
    (prop_oneof![4 => told, 1 => unknown], 0..12_u64, 0..6_u64).prop_map(
        |((call, answer), at, length)| {
            let (called, answered) = (Duration::from_secs(at), Duration::from_secs(at + length));
            Operation { by: String::new(), call, answer, called, answered }
        },
    )
}

/// Any history, right or wrong: the search says what trying every order says.
#[test]
fn the_search_agrees_with_the_definition() {
    let histories = prop::collection::vec(operation(), 1..7);
    let (right, wrong) = (Cell::new(0), Cell::new(0));
    let config = Config { failure_persistence: None, ..Config::with_cases(3000) };
    let outcome = TestRunner::new(config).run(&histories, |history| {
        let expected = is_linearizable(&history);
        let count = if expected { &right } else { &wrong };
        count.set(count.get() + 1);
        prop_assert_eq!(check(&history).is_ok(), expected);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
    assert!(right.get() > 200 && wrong.get() > 200, "{} right, {} wrong", right.get(), wrong.get());
}

/// A history as clients of one copy would have it, each of whose operations has its moment.
fn made(seed: u64, operations: usize) -> Vec<Operation> {
    let mut chance = chance(seed);
    let mut state = State::default();
    let mut history = Vec::new();
    for number in 0..operations {
        let later: Vec<_> = state.clone().later().into_iter().collect();
        state = if chance.random_bool(0.5) {
            later.choose(&mut chance).unwrap().clone()
        } else {
            state
        };
        let call = *[Call::Start, Call::Cancel, Call::Read].choose(&mut chance).unwrap();
        let mut answer = answer(&state, call, number);
        let happens = state.clone().after(call, &answer, &[].into()).expect("so it is answered");
        let is_cut_off = chance.random_bool(0.05);
        let is_lost = is_cut_off && chance.random_bool(0.5);
        state = if is_lost { state } else { happens };
        if is_cut_off {
            answer = Answer::Unknown;
        }
        history.push(around(10 * number as u64, call, answer, &mut chance));
    }
    history
}

/// What a client is told that is alone.
fn answer(state: &State, call: Call, number: usize) -> Answer {
    match (call, &state.run) {
        (Call::Start, Some(run)) if !run.status.has_ended() => Answer::InProgress,
        (Call::Start, _) => Answer::Started(format!("task {number}").into()),
        (_, None) => Answer::NotFound,
        (Call::Cancel, Some(_)) => Answer::Done,
        (Call::Read, Some(run)) => {
            let task = run.task.clone().expect("all are told here");
            Answer::Shown(Shown { task, status: run.status })
        }
    }
}

/// An operation whose moment is `at`, called some time before and answered some time after.
fn around(at: u64, call: Call, answer: Answer, chance: &mut StdRng) -> Operation {
    let called = Duration::from_secs((100 + at).saturating_sub(chance.random_range(0..40)));
    let answered = Duration::from_secs(100 + at + chance.random_range(0..40));
    Operation { by: format!("client {}", at % 7), call, answer, called, answered }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(40) })]

    #[test]
    fn what_one_copy_answers_is_right(seed: u64) {
        let history = made(seed, 120);
        if let Err(violation) = check(&history) {
            prop_assert!(false, "{violation}");
        }
    }

    /// A second run that starts while one is in progress, as two servers would let it that do not
    /// know of each other.
    #[test]
    fn a_second_instance_is_found_wherever_it_is_planted(seed: u64, place in 0..100_u64) {
        let mut history = made(seed, 100);
        let at = |moment: u64| Duration::from_secs(moment);
        let running = |task: &str| {
            Answer::Shown(Shown { task: task.into(), status: Status::Running })
        };
        // Everything from there on is later: it has its moments to itself.
        for operation in &mut history {
            if operation.called >= at(100 + 10 * place) {
                operation.called += at(1000);
                operation.answered += at(1000);
            }
        }
        let moment = 300 + 10 * place;
        let planted = [
            (0, Call::Start, Answer::Started("first".into())),
            (1, Call::Read, running("first")),
            (2, Call::Start, Answer::Started("second".into())),
            (3, Call::Read, running("second")),
            (4, Call::Read, running("first")),
        ];
        for (number, call, answer) in planted {
            let called = at(moment + 2 * number);
            let answered = called + at(1);
            history.push(Operation { by: "planted".to_owned(), call, answer, called, answered });
        }
        prop_assert!(check(&history).is_err());
    }
}
