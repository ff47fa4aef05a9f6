//! Histories that are right, and histories with a violation planted in them.

use std::time::Duration;

use super::spec::Status::*;
use super::{Answer, Call, Operation, Shown, Status, check};

/// An operation from one moment to another.
fn op(from: u64, to: u64, call: Call, answer: Answer) -> Operation {
    let (called, answered) = (Duration::from_secs(from), Duration::from_secs(to));
    Operation { by: "a client".to_owned(), call, answer, called, answered }
}

fn start(from: u64, to: u64, task: &str) -> Operation {
    op(from, to, Call::Start, Answer::Started(task.into()))
}

fn refused(from: u64, to: u64) -> Operation {
    op(from, to, Call::Start, Answer::InProgress)
}

fn cancel(from: u64, to: u64) -> Operation {
    op(from, to, Call::Cancel, Answer::Done)
}

fn read(from: u64, to: u64, task: &str, status: Status) -> Operation {
    op(from, to, Call::Read, Answer::Shown(Shown { task: task.into(), status }))
}

fn absent(from: u64, to: u64) -> Operation {
    op(from, to, Call::Read, Answer::NotFound)
}

fn lost(from: u64, call: Call) -> Operation {
    op(from, from + 1, call, Answer::Unknown)
}

#[track_caller]
fn right(history: &[Operation]) {
    if let Err(violation) = check(history) {
        panic!("{violation}");
    }
}

/// The operation at `place`, from 0, is the one that nothing explains.
#[track_caller]
fn wrong(history: &[Operation], place: usize) {
    let violation = check(history).expect_err("it cannot have been so");
    assert_eq!(violation.operation, place, "{violation}");
    let said = violation.to_string();
    assert!(said.contains(&history[place].to_string()), "{said}");
}

#[test]
fn one_start_wins() {
    right(&[start(0, 9, "x"), refused(0, 9), refused(0, 9), read(10, 11, "x", Queued)]);
    let two = [start(0, 2, "x"), start(1, 3, "y"), read(4, 5, "x", Running)];
    right(&two);
    wrong(&[&two[..], &[read(6, 7, "y", Running)]].concat(), 3);
    wrong(
        &[
            start(0, 2, "x"),
            read(3, 4, "x", Running),
            start(5, 6, "y"),
            refused(7, 8),
            read(9, 10, "x", Running),
        ],
        4,
    );
    right(&[start(0, 2, "x"), read(3, 4, "x", Running), start(5, 6, "y")]);
    wrong(&[refused(0, 1)], 0);
    wrong(&[start(0, 1, "x"), read(2, 3, "x", Completed), refused(4, 5)], 2);
}

#[test]
fn two_at_once_are_seen_by_who_reads_both() {
    let two = [
        start(0, 1, "x"),
        read(2, 3, "x", Running),
        start(4, 5, "y"),
        read(6, 7, "y", Running),
        read(8, 9, "x", Running),
    ];
    wrong(&two, 4);
}

#[test]
fn a_read_never_goes_back() {
    right(&[start(0, 1, "x"), read(2, 9, "x", Queued), read(2, 9, "x", Completed)]);
    wrong(&[start(0, 1, "x"), read(2, 3, "x", Completed), read(4, 5, "x", Running)], 2);
    wrong(&[start(0, 1, "x"), absent(2, 3)], 1);
    wrong(&[read(0, 1, "x", Running), start(2, 3, "x")], 0);
    // Unless it was lost, and is tried again.
    right(&[start(0, 1, "x"), read(2, 3, "x", Running), read(4, 5, "x", Queued)]);
}

#[test]
fn a_cancel_that_was_acknowledged_counts() {
    right(&[start(0, 1, "x"), cancel(2, 3), read(4, 5, "x", Cancelled)]);
    right(&[start(0, 1, "x"), cancel(2, 3), read(4, 5, "x", Cancelling), read(6, 7, "x", Failed)]);
    wrong(
        &[start(0, 1, "x"), read(2, 3, "x", Queued), cancel(4, 5), read(6, 7, "x", Completed)],
        3,
    );
    wrong(&[start(0, 1, "x"), cancel(2, 3), read(4, 5, "x", Running)], 2);
    wrong(
        &[start(0, 1, "x"), cancel(2, 3), read(4, 5, "x", Cancelling), read(6, 7, "x", Queued)],
        3,
    );
    wrong(&[op(0, 1, Call::Cancel, Answer::Done)], 0);
}

#[test]
fn a_result_stays_until_it_is_removed() {
    let ended = [start(0, 1, "x"), read(2, 3, "x", Failed)];
    let with = |more: &[Operation]| [&ended[..], more].concat();
    right(&with(&[cancel(4, 5), absent(6, 7)]));
    right(&with(&[cancel(4, 9), read(4, 9, "x", Failed), absent(4, 9)]));
    wrong(&with(&[absent(4, 5)]), 2);
    wrong(&with(&[cancel(4, 5), read(6, 7, "x", Failed)]), 3);
    wrong(&with(&[op(4, 5, Call::Cancel, Answer::NotFound)]), 2);
}

#[test]
fn what_was_cut_off_may_have_been_or_may_be_later_or_never() {
    right(&[lost(0, Call::Start), absent(2, 3), read(4, 5, "x", Queued)]);
    right(&[lost(0, Call::Start), start(2, 3, "x")]);
    right(&[
        start(0, 1, "x"),
        lost(2, Call::Cancel),
        read(4, 5, "x", Running),
        read(6, 7, "x", Cancelling),
    ]);
    right(&[lost(0, Call::Read), absent(1, 2)]);
    // But once, and not before it was asked for.
    wrong(&[read(0, 1, "x", Queued), lost(2, Call::Start)], 0);
    let twice = [lost(0, Call::Start), read(2, 3, "x", Completed), read(4, 5, "y", Queued)];
    wrong(&twice, 2);
    right(&[&[lost(0, Call::Start)], &twice[..]].concat());
    // A run that was removed does not come back, whoever started it.
    let removed = [read(2, 3, "x", Completed), cancel(4, 5), read(6, 7, "x", Queued)];
    wrong(&[&[lost(0, Call::Start), lost(0, Call::Start)], &removed[..]].concat(), 4);
    // One whose start was acknowledged is not that of another start.
    wrong(&[lost(0, Call::Start), read(2, 3, "x", Completed), start(4, 5, "x")], 1);
}
