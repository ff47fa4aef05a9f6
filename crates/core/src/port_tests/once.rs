//! Writes with a receipt: both are kept, or neither.

use std::sync::Arc;

use serde_json::json;

use super::sample::{at, document, id, key, own, project, queued};
use super::{MakeClusterActions, MakeProjectActions};
use crate::memory::ManualClock;
use crate::once::Receipt;
use crate::ports::{Enqueued, Inserted, Swapped};

/// A receipt of this name, kept so many seconds later.
fn receipt(name: u8, later: i64) -> Receipt {
    let subject = format!("subject {name}");
    Receipt { name: [name; 32], said: [9; 32], subject, version: 7, kept_at: at(later) }
}

const DAY: i64 = 24 * 60 * 60;

pub(super) fn runs(make: MakeClusterActions<'_>) {
    let store = make();
    assert_eq!(store.recall(&[1; 32]).unwrap(), None);
    let insert = |task, name: &str, receipt: &Receipt| {
        store.insert_once(&queued(task, name), &own(name), receipt).unwrap()
    };
    assert_eq!(insert(1, "a", &receipt(1, 0)), Inserted::Stored);
    assert_eq!(store.recall(&[1; 32]).unwrap(), Some(receipt(1, 0)));
    assert_eq!(store.find(&key("a")).unwrap(), Some(queued(1, "a")));
    assert_eq!(insert(2, "b", &receipt(1, DAY - 1)), Inserted::Taken, "the name is in use");
    assert_eq!(store.find(&key("b")).unwrap(), None);
    assert_eq!(insert(3, "a", &receipt(2, 0)), Inserted::Taken, "the action is in progress");
    assert_eq!(store.recall(&[2; 32]).unwrap(), None, "and leaves no receipt");
    let enqueue = |task, limit, receipt: &Receipt| {
        store.enqueue_once(&queued(task, "a"), limit, receipt).unwrap()
    };
    assert_eq!(enqueue(4, 0, &receipt(3, 0)), Enqueued::Full);
    assert_eq!(enqueue(4, 9, &receipt(1, 0)), Enqueued::Again);
    assert_eq!((store.recall(&[3; 32]).unwrap(), store.waiting().unwrap()), (None, vec![]));
    assert_eq!(enqueue(4, 9, &receipt(3, 0)), Enqueued::Waits);
    assert_eq!(store.recall(&[3; 32]).unwrap(), Some(receipt(3, 0)));
    assert_eq!(insert(5, "b", &receipt(1, DAY)), Inserted::Stored, "a day later it is free");
    assert_eq!(store.recall(&[1; 32]).unwrap(), Some(receipt(1, DAY)));
    assert_eq!(store.recall(&[3; 32]).unwrap(), None, "what is old goes when new ones come");
    one_of_the_same_is_done(make);
}

fn one_of_the_same_is_done(make: MakeClusterActions<'_>) {
    let store = make();
    let answers: Vec<_> = std::thread::scope(|scope| {
        let insert = |task| {
            let (store, name) = (store.clone(), format!("a{task}"));
            let insert =
                move || store.insert_once(&queued(task, &name), &own(&name), &receipt(1, 0));
            scope.spawn(move || insert().unwrap())
        };
        let threads: Vec<_> = (0..16).map(insert).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|answer| **answer == Inserted::Stored).count(), 1);
    assert_eq!(store.list().unwrap().len(), 1, "actions that do not meet, and one request");
}

pub(super) fn documents(make: MakeProjectActions<'_>) {
    let clock = Arc::new(ManualClock::default());
    let (store, p) = (make(clock), project("p"));
    let insert = |name: &str, receipt: &Receipt| {
        let new = document(&p, &id(name), 1, &json!({}));
        store.insert_once(&p, &id(name), &new, receipt).unwrap()
    };
    let has = |name: &str| store.find(&p, &id(name)).wait().unwrap().map(|found| found.version);
    assert_eq!(insert("a", &receipt(1, 0)), Inserted::Stored);
    assert_eq!(store.recall(&[1; 32]).unwrap(), Some(receipt(1, 0)));
    assert_eq!((insert("b", &receipt(1, 5)), has("b")), (Inserted::Taken, None));
    assert_eq!(insert("a", &receipt(2, 0)), Inserted::Taken);
    assert_eq!(store.recall(&[2; 32]).unwrap(), None);
    let update = |name: &str, expected, receipt: &Receipt| {
        let new = document(&p, &id(name), expected + 1, &json!({}));
        store.update_once(&p, &id(name), expected, &new, receipt).unwrap()
    };
    assert_eq!((update("a", 1, &receipt(1, 5)), has("a")), (Swapped::Changed, Some(1)));
    assert_eq!(update("a", 4, &receipt(2, 0)), Swapped::Changed);
    assert_eq!(update("c", 1, &receipt(2, 0)), Swapped::Gone);
    assert_eq!(store.recall(&[2; 32]).unwrap(), None);
    assert_eq!((update("a", 1, &receipt(2, 0)), has("a")), (Swapped::Updated, Some(2)));
    assert_eq!(store.recall(&[2; 32]).unwrap(), Some(receipt(2, 0)));
    for name in 10..20 {
        let later = DAY + i64::from(name);
        assert_eq!(insert(&format!("later-{name}"), &receipt(name, later)), Inserted::Stored);
    }
    let old = [store.recall(&[1; 32]).unwrap(), store.recall(&[2; 32]).unwrap()];
    assert_eq!(old, [None, None], "what is old goes when new ones come");
    assert_eq!(insert("b", &receipt(2, 2 * DAY)), Inserted::Stored);
    creates_at_once(make);
}

/// Creates with and without receipts, at the same moment: of those with the same one is done.
fn creates_at_once(make: MakeProjectActions<'_>) {
    let (store, p) = (make(Arc::new(ManualClock::default())), project("p"));
    let insert = |number: u8| {
        let (store, p) = (store.clone(), p.clone());
        move || {
            let name = id(&format!("a{number}"));
            let new = document(&p, &name, 1, &json!({}));
            match number % 2 {
                0 => store.insert(&p, &name, &new).wait().unwrap(),
                _ => store.insert_once(&p, &name, &new, &receipt(1, 0)).unwrap(),
            }
        }
    };
    let stored = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32).map(|number| scope.spawn(insert(number))).collect();
        let answers = threads.into_iter().map(|thread| thread.join().unwrap());
        answers.filter(|answer| *answer == Inserted::Stored).count()
    });
    assert_eq!(stored, 16 + 1);
    let kept = (0..32)
        .filter(|number| store.find(&p, &id(&format!("a{number}"))).wait().unwrap().is_some());
    assert_eq!(kept.count(), 16 + 1);
}
