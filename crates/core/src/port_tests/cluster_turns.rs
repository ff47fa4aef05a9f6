//! Runs that wait for their turn.

use super::MakeClusterActions;
use super::cluster::{ended, insert, update};
use super::sample::{at, key, own, queued};
use crate::cluster::{ActionEvent, ClusterAction, Outcome, Turn};
use crate::ports::{ClusterActionRepository, Enqueued, Inserted, Swapped};

pub(super) fn cluster_turns(make: MakeClusterActions<'_>) {
    those_that_wait_are_in_line(&*make());
    the_line_is_as_long_as_it_may_be(&*make());
    it_is_the_turn_of_one(&*make());
    what_is_held_keeps_others_waiting(&*make());
    what_is_over_is_kept_for_a_while(&*make());
    what_is_over_goes_with_the_next_that_comes(&*make());
    one_that_waits_is_cancelled(&*make());
    many_come_at_once(make);
}

fn enqueue(store: &dyn ClusterActionRepository, task: u64, name: &str) -> ClusterAction {
    let action = queued(task, name);
    assert_eq!(store.enqueue(&action, 9).unwrap(), Enqueued::Waits);
    store.find_task(action.task_id).unwrap().unwrap()
}

/// Makes it the turn of a run, when nothing is in its way.
fn admit(store: &dyn ClusterActionRepository, action: &ClusterAction) -> Inserted {
    store.admit(action, &own(action.key.name.as_str()), at(0)).unwrap()
}

/// Lets the run that is stored under this name end.
fn end(store: &dyn ClusterActionRepository, name: &str) -> ClusterAction {
    let run = store.find(&key(name)).unwrap().unwrap();
    update(store, ended(run, Outcome::Stopped))
}

fn those_that_wait_are_in_line(store: &dyn ClusterActionRepository) {
    // The clock of whoever came last was behind.
    let late = ClusterAction { queued_at: at(-9), ..queued(1, "a") };
    let (first, second) = (enqueue(store, 3, "a"), enqueue(store, 2, "b"));
    assert_eq!(store.enqueue(&late, 9).unwrap(), Enqueued::Waits);
    let third = store.find_task(late.task_id).unwrap().unwrap();
    assert_eq!(store.waiting().unwrap(), [first.clone(), second, third.clone()]);
    assert_eq!(first, ClusterAction { turn: Turn::Waiting(1), ..queued(3, "a") });
    assert_eq!(third.turn, Turn::Waiting(3));
    assert_eq!(store.find(&key("a")).unwrap(), None, "it is nobody's turn");
    assert_eq!((store.queued(9).unwrap(), store.owned().unwrap()), (vec![], vec![]));
    assert_eq!(insert(store, &queued(4, "a")), Inserted::Stored, "they hold nothing yet");
    assert_eq!(store.list().unwrap().len(), 4);
}

fn the_line_is_as_long_as_it_may_be(store: &dyn ClusterActionRepository) {
    assert_eq!(store.enqueue(&queued(1, "a"), 0).unwrap(), Enqueued::Full);
    enqueue(store, 2, "a");
    assert_eq!(store.enqueue(&queued(3, "a"), 1).unwrap(), Enqueued::Full);
    assert_eq!(store.enqueue(&queued(4, "b"), 1).unwrap(), Enqueued::Waits, "each has its own");
    assert_eq!(store.list().unwrap().len(), 2);
}

fn it_is_the_turn_of_one(store: &dyn ClusterActionRepository) {
    insert(store, &queued(1, "a"));
    let (next, last) = (enqueue(store, 2, "a"), enqueue(store, 3, "a"));
    assert_eq!(admit(store, &next), Inserted::Taken);
    assert_eq!(store.waiting().unwrap(), [next.clone(), last.clone()], "nothing has changed");
    let first = end(store, "a");
    assert_eq!(admit(store, &next), Inserted::Stored);
    let now = ClusterAction { turn: Turn::Now, revision: next.revision + 1, ..next.clone() };
    assert_eq!(store.find(&key("a")).unwrap().as_ref(), Some(&now));
    assert_eq!(store.queued(9).unwrap(), [now]);
    let over = ClusterAction { turn: Turn::Over, revision: first.revision + 1, ..first.clone() };
    assert_eq!(store.find_task(first.task_id).unwrap(), Some(over));
    assert_eq!(store.remove(&first).unwrap(), Swapped::Changed, "as it was read before");
    assert_eq!(admit(store, &next), Inserted::Taken, "it does not wait any more");
    assert_eq!(admit(store, &last), Inserted::Taken);
    assert_eq!(insert(store, &queued(4, "a")), Inserted::Taken, "it holds what is its own");
    end(store, "a");
    assert_eq!(admit(store, &last), Inserted::Stored);
    assert_eq!(store.waiting().unwrap(), []);
}

fn what_is_held_keeps_others_waiting(store: &dyn ClusterActionRepository) {
    let shared = [own("a"), own("shared")].concat();
    let both = [own("b"), own("shared")].concat();
    assert_eq!(store.insert(&queued(1, "a"), &shared).unwrap(), Inserted::Stored);
    let waits = enqueue(store, 2, "b");
    assert_eq!(store.admit(&waits, &both, at(0)).unwrap(), Inserted::Taken);
    end(store, "a");
    assert_eq!(store.admit(&waits, &both, at(0)).unwrap(), Inserted::Stored);
    assert_eq!(store.insert(&queued(3, "a"), &shared).unwrap(), Inserted::Taken);
    end(store, "b");
    assert_eq!(store.insert(&queued(3, "a"), &shared).unwrap(), Inserted::Stored);
}

/// The tasks of all runs that are kept.
fn tasks(store: &dyn ClusterActionRepository) -> Vec<u64> {
    let number = |run: &ClusterAction| run.task_id.0.as_u64_pair().1;
    let mut tasks: Vec<_> = store.list().unwrap().iter().map(number).collect();
    tasks.sort_unstable();
    tasks
}

fn what_is_over_is_kept_for_a_while(store: &dyn ClusterActionRepository) {
    insert(store, &queued(1, "a"));
    let waiting: Vec<_> = (2..5).map(|task| enqueue(store, task, "a")).collect();
    for next in &waiting[..2] {
        // It ends at 3 seconds.
        end(store, "a");
        assert_eq!(store.admit(next, &own("a"), at(3)).unwrap(), Inserted::Stored);
    }
    assert_eq!(tasks(store), [1, 2, 3, 4]);
    end(store, "a");
    assert_eq!(store.admit(&waiting[2], &own("a"), at(4)).unwrap(), Inserted::Stored);
    assert_eq!(tasks(store), [3, 4], "the one that is over last is kept in any case");
}

fn what_is_over_goes_with_the_next_that_comes(store: &dyn ClusterActionRepository) {
    let late = |task, name: &str, seconds| {
        let kept = Turn::KEPT.num_seconds();
        ClusterAction { queued_at: at(kept + seconds), ..queued(task, name) }
    };
    let cancel = |task| {
        let mut run = enqueue(store, task, "a");
        assert!(run.apply(ActionEvent::Cancel, at(1)));
        update(store, run);
    };
    cancel(1);
    assert_eq!(insert(store, &late(2, "b", 1)), Inserted::Stored);
    assert_eq!(tasks(store), [1, 2], "it is kept for as long as may be");
    assert_eq!(insert(store, &late(3, "b", 2)), Inserted::Taken);
    assert_eq!(insert(store, &late(4, "c", 2)), Inserted::Stored);
    assert_eq!(tasks(store), [2, 4]);
    cancel(5);
    assert_eq!(store.enqueue(&late(6, "a", 1), 1).unwrap(), Enqueued::Waits);
    assert_eq!(tasks(store), [2, 4, 5, 6]);
    assert_eq!(store.enqueue(&late(7, "b", 2), 1).unwrap(), Enqueued::Waits);
    assert_eq!(tasks(store), [2, 4, 6, 7]);
}

fn one_that_waits_is_cancelled(store: &dyn ClusterActionRepository) {
    insert(store, &queued(1, "a"));
    let mut waits = enqueue(store, 2, "a");
    assert!(waits.apply(ActionEvent::Cancel, at(1)));
    assert_eq!(waits.turn, Turn::Over);
    let cancelled = update(store, waits.clone());
    assert_eq!(store.find_task(cancelled.task_id).unwrap(), Some(cancelled));
    assert_eq!(store.waiting().unwrap(), []);
    assert_eq!(insert(store, &queued(3, "a")), Inserted::Taken, "the other holds what it held");
    assert_eq!(store.update(&waits).unwrap(), Swapped::Changed);
}

fn many_come_at_once(make: MakeClusterActions<'_>) {
    let store = make();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let enqueue = |task| {
            let store = store.clone();
            scope.spawn(move || {
                loop {
                    match store.enqueue(&queued(task, "a"), 5).unwrap() {
                        Enqueued::Again => {}
                        answer => return answer,
                    }
                }
            })
        };
        let threads: Vec<_> = (0..24).map(enqueue).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Enqueued::Waits).count(), 5);
    let turns: Vec<_> = store.waiting().unwrap().iter().map(|run| run.turn).collect();
    assert_eq!(turns, [1, 2, 3, 4, 5].map(Turn::Waiting));
    let admitted = std::thread::scope(|scope| {
        let waiting = store.waiting().unwrap();
        let admit = |run: ClusterAction| {
            let store = store.clone();
            scope.spawn(move || admit(&*store, &run))
        };
        let threads: Vec<_> = [waiting.clone(), waiting].concat().into_iter().map(admit).collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.filter(|answer| *answer == Inserted::Stored).count()
    });
    assert_eq!((admitted, store.waiting().unwrap().len()), (1, 4));
}
