//! What keeps cluster actions.

use std::time::Duration;

use super::MakeClusterActions;
use super::cluster_turns::cluster_turns;
use super::once;
use super::sample::{at, key, key_on, own, queued};
use crate::cluster::{ActionEvent, Catalog, ClusterAction, Failure, Lease, Outcome, Progress};
use crate::ports::{ClusterActionRepository, Inserted, Swapped};

/// Tests a repository of cluster actions.
pub fn cluster_actions(make: MakeClusterActions<'_>) {
    an_action_is_found_as_it_was_stored(&*make());
    every_column_survives_an_update(&*make());
    what_was_accepted_is_never_changed(&*make());
    an_action_in_progress_holds_its_exclusions(&*make());
    what_holds_nothing_is_still_one_of_its_key(&*make());
    a_refused_insert_leaves_nothing(&*make());
    the_next_insert_removes_an_ended_run(&*make());
    a_swap_needs_the_revision_that_was_read(&*make());
    a_removed_action_is_gone(&*make());
    the_queue_is_in_order(&*make());
    what_is_queued_again_keeps_what_it_holds(&*make());
    a_run_on_each_target(&*make());
    one_of_many_wins(make);
    cluster_turns(make);
    once::runs(make);
}

pub(super) fn insert(store: &dyn ClusterActionRepository, action: &ClusterAction) -> Inserted {
    store.insert(action, &own(action.key.name.as_str())).unwrap()
}

/// Stores `action` and answers it at the revision that it has now.
pub(super) fn update(
    store: &dyn ClusterActionRepository,
    mut action: ClusterAction,
) -> ClusterAction {
    assert_eq!(store.update(&action).unwrap(), Swapped::Updated);
    action.revision += 1;
    action
}

fn lease() -> Lease {
    Lease::new("runner-1", Duration::from_micros(1_500_001), at(60))
}

pub(super) fn ended(mut action: ClusterAction, outcome: Outcome) -> ClusterAction {
    assert!(action.claim(lease(), at(1)) && action.start(at(2)));
    assert!(action.apply(ActionEvent::Cancel, at(2)) && action.finish(outcome, at(3)));
    action
}

fn an_action_is_found_as_it_was_stored(store: &dyn ClusterActionRepository) {
    let (b, a) = (queued(1, "b"), queued(2, "a"));
    assert_eq!(insert(store, &b), Inserted::Stored);
    assert_eq!(insert(store, &a), Inserted::Stored);
    assert_eq!(store.find(&b.key).unwrap().as_ref(), Some(&b));
    assert_eq!(store.find_task(a.task_id).unwrap().as_ref(), Some(&a));
    assert_eq!(store.find(&key("c")).unwrap(), None);
    assert_eq!(store.find_task(queued(3, "a").task_id).unwrap(), None);
    assert_eq!(store.list().unwrap(), [a, b]);
}

fn every_column_survives_an_update(store: &dyn ClusterActionRepository) {
    let mut action = queued(1, "a");
    insert(store, &action);
    assert!(action.claim(lease(), at(1)));
    action = update(store, action);
    assert_eq!(store.find(&action.key).unwrap().as_ref(), Some(&action));
    assert!(action.start(at(2)) && action.apply(ActionEvent::Cancel, at(2)));
    assert!(action.advance(Progress::new(100.0 / 3.0).unwrap()));
    action = update(store, action);
    assert_eq!(store.find(&action.key).unwrap().as_ref(), Some(&action));
    let failure = Failure { code: "insufficient_resources".into(), message: "no\nroom".into() };
    assert!(action.finish(Outcome::Failed(failure), at(4)));
    action = update(store, action);
    assert_eq!(store.find(&action.key).unwrap().as_ref(), Some(&action));
}

fn what_was_accepted_is_never_changed(store: &dyn ClusterActionRepository) {
    let action = queued(1, "a");
    insert(store, &action);
    let mut other =
        ClusterAction { requested_by: "mallory".into(), max_attempts: 9, ..action.clone() };
    other.parameters.clear();
    other.queued_at += Duration::from_secs(1);
    update(store, other);
    let kept = ClusterAction { revision: action.revision + 1, ..action.clone() };
    assert_eq!(store.find(&action.key).unwrap(), Some(kept));
}

fn an_action_in_progress_holds_its_exclusions(store: &dyn ClusterActionRepository) {
    let (a, b) = (queued(1, "a"), queued(2, "b"));
    let shared = [own("a"), own("shared")].concat();
    assert_eq!(store.insert(&a, &shared).unwrap(), Inserted::Stored);
    assert_eq!(insert(store, &queued(3, "a")), Inserted::Taken);
    let also_shared = [own("b"), own("shared")].concat();
    assert_eq!(store.insert(&b, &also_shared).unwrap(), Inserted::Taken);
    let mut running = a;
    assert!(running.claim(lease(), at(1)));
    running = update(store, running);
    assert_eq!(store.insert(&b, &also_shared).unwrap(), Inserted::Taken);
    assert!(running.start(at(1)) && running.finish(Outcome::Completed, at(2)));
    update(store, running);
    assert_eq!(store.insert(&b, &also_shared).unwrap(), Inserted::Stored);
}

fn what_holds_nothing_is_still_one_of_its_key(store: &dyn ClusterActionRepository) {
    assert_eq!(store.insert(&queued(1, "a"), &[]).unwrap(), Inserted::Stored);
    assert_eq!(store.insert(&queued(2, "a"), &[]).unwrap(), Inserted::Taken);
    assert_eq!(store.list().unwrap(), [queued(1, "a")]);
}

fn a_refused_insert_leaves_nothing(store: &dyn ClusterActionRepository) {
    let old = ended(queued(1, "b"), Outcome::Completed);
    insert(store, &queued(1, "b"));
    let old = update(store, old);
    store.insert(&queued(2, "a"), &own("shared")).unwrap();
    let refused = [own("b"), own("shared")].concat();
    assert_eq!(store.insert(&queued(3, "b"), &refused).unwrap(), Inserted::Taken);
    assert_eq!(store.find(&key("b")).unwrap(), Some(old), "the last run is still there");
    assert_eq!(insert(store, &queued(4, "b")), Inserted::Stored, "its own key is free");
}

fn the_next_insert_removes_an_ended_run(store: &dyn ClusterActionRepository) {
    for outcome in [
        Outcome::Completed,
        Outcome::Failed(Failure::internal("x")),
        Outcome::Stopped,
        Outcome::Aborted("x".into()),
    ] {
        let task = store.list().unwrap().len() as u64 * 10 + 1;
        let name = format!("a{task}");
        insert(store, &queued(task, &name));
        update(store, ended(queued(task, &name), outcome));
        let next = queued(task + 1, &name);
        assert_eq!(insert(store, &next), Inserted::Stored);
        assert_eq!(store.find(&key(&name)).unwrap(), Some(next));
        assert_eq!(store.find_task(queued(task, &name).task_id).unwrap(), None);
    }
}

fn a_swap_needs_the_revision_that_was_read(store: &dyn ClusterActionRepository) {
    let first = queued(1, "a");
    insert(store, &first);
    let second = update(store, first.clone());
    assert_eq!(store.update(&first).unwrap(), Swapped::Changed);
    assert_eq!(store.remove(&first).unwrap(), Swapped::Changed);
    assert_eq!(store.find(&first.key).unwrap(), Some(second));
    assert_eq!(store.update(&queued(2, "a")).unwrap(), Swapped::Gone, "another run");
    assert_eq!(store.update(&queued(3, "b")).unwrap(), Swapped::Gone);
    assert_eq!(store.remove(&queued(3, "b")).unwrap(), Swapped::Gone);
}

fn a_removed_action_is_gone(store: &dyn ClusterActionRepository) {
    insert(store, &queued(1, "a"));
    let done = update(store, ended(queued(1, "a"), Outcome::Stopped));
    assert_eq!(store.remove(&done).unwrap(), Swapped::Updated);
    assert_eq!(store.remove(&done).unwrap(), Swapped::Gone);
    assert_eq!(store.list().unwrap(), []);
}

fn the_queue_is_in_order(store: &dyn ClusterActionRepository) {
    let mut late = queued(1, "late");
    late.queued_at = at(9);
    let (early, also_early) = (queued(3, "early"), queued(2, "also_early"));
    for action in [&late, &early, &also_early] {
        insert(store, action);
    }
    let mut running = queued(4, "running");
    insert(store, &running);
    assert!(running.claim(lease(), at(1)));
    let running = update(store, running);
    insert(store, &queued(5, "done"));
    update(store, ended(queued(5, "done"), Outcome::Stopped));
    assert_eq!(store.queued(9).unwrap(), [also_early.clone(), early, late]);
    assert_eq!(store.queued(1).unwrap(), [also_early]);
    assert_eq!(store.owned().unwrap(), [running]);
}

fn what_is_queued_again_keeps_what_it_holds(store: &dyn ClusterActionRepository) {
    let mut action = queued(1, "a");
    insert(store, &action);
    assert!(action.claim(lease(), at(1)) && action.start(at(2)));
    assert!(action.advance(Progress::new(40.0).unwrap()));
    action = update(store, action);
    assert!(action.finish(Outcome::Lost("lost".into()), at(3)));
    action = update(store, action);
    assert_eq!(store.queued(9).unwrap(), [action.clone()]);
    assert_eq!(store.owned().unwrap(), []);
    assert_eq!(insert(store, &queued(2, "a")), Inserted::Taken);
    assert!(action.claim(lease(), at(4)));
    let again = update(store, action);
    assert_eq!(store.owned().unwrap(), std::slice::from_ref(&again));
    assert_eq!((again.task_id, again.fencing), (queued(1, "a").task_id, 2));
}

fn a_run_on_each_target(store: &dyn ClusterActionRepository) {
    let on = |task, node| ClusterAction { key: key_on(node, "a"), ..queued(task, "a") };
    let insert = |action: &ClusterAction| {
        store.insert(action, &Catalog::default().exclusions(&action.key)).unwrap()
    };
    let (whole, one, ten, two) = (queued(1, "a"), on(2, "1"), on(3, "10"), on(4, "2"));
    for action in [&two, &whole, &ten, &one] {
        assert_eq!(insert(action), Inserted::Stored);
    }
    assert_eq!(insert(&on(5, "1")), Inserted::Taken);
    assert_eq!(store.find(&one.key).unwrap().as_ref(), Some(&one));
    assert_eq!(store.find(&key_on("3", "a")).unwrap(), None);
    assert_eq!(store.find_task(two.task_id).unwrap().as_ref(), Some(&two));
    assert_eq!(store.list().unwrap(), [whole, one.clone(), ten, two]);
    update(store, ended(one, Outcome::Completed));
    assert_eq!(insert(&on(6, "1")), Inserted::Stored, "its own key is free again");
}

fn one_of_many_wins(make: MakeClusterActions<'_>) {
    let store = make();
    let stored = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..64)
            .map(|task| {
                let store = store.clone();
                scope.spawn(move || insert(&*store, &queued(task, "a")))
            })
            .collect();
        let outcomes = tries.into_iter().map(|thread| thread.join().unwrap());
        outcomes.filter(|outcome| *outcome == Inserted::Stored).count()
    });
    assert_eq!(stored, 1);
    assert_eq!(store.list().unwrap().len(), 1);
}
