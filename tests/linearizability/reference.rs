//! The definition itself: every order is tried. For histories of a few operations.

use std::collections::BTreeSet;

use super::history::{Answer, Operation, Task};
use super::spec::State;

/// Whether any order of the operations explains what was answered.
pub fn is_linearizable(history: &[Operation]) -> bool {
    let told = history.iter().filter_map(|operation| match &operation.answer {
        Answer::Started(task) => Some(task.clone()),
        _ => None,
    });
    let left: Vec<&Operation> = history.iter().collect();
    go_on(&State::default().later(), &left, &told.collect())
}

fn go_on(states: &BTreeSet<State>, left: &[&Operation], told: &BTreeSet<Task>) -> bool {
    let is_known = |operation: &&&Operation| operation.answer != Answer::Unknown;
    if !left.iter().any(|operation| is_known(&operation)) {
        // What is left may never have happened.
        return true;
    }
    let first_answer = left.iter().filter(is_known).map(|operation| operation.answered).min();
    (0..left.len()).any(|number| {
        let mut rest = left.to_vec();
        let next = rest.remove(number);
        if first_answer.is_some_and(|at| next.called > at) {
            return false;
        }
        let after = |state: &State| state.clone().after(next.call, &next.answer, told);
        let states: BTreeSet<_> = states.iter().filter_map(after).flat_map(State::later).collect();
        !states.is_empty() && go_on(&states, &rest, told)
    })
}
