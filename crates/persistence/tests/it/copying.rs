//! Copies of a store that is in use.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use actiond_core::Error;
use actiond_persistence::{Copied, Pacing, Store, copy_store};

use crate::support::{Home, has, insert, options};

const SMALL: Pacing = Pacing { pages: 4, pause: Duration::ZERO };

fn go_on(_: u64, _: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

fn files(folder: &Path) -> Vec<String> {
    let name = |entry: fs::DirEntry| entry.file_name().into_string().unwrap();
    let mut names: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| name(entry.unwrap())).collect();
    names.sort();
    names
}

#[test]
fn a_copy_made_while_others_write_is_whole() {
    let (home, target) = (Home::new(), tempfile::tempdir().unwrap());
    let actions = home.open().project_actions();
    (0..300).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
    let copy = target.path().join("copy.db");
    let (written, done) = (AtomicU32::new(300), AtomicBool::new(false));
    let mut seen = vec![];
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                let n = written.fetch_add(1, Ordering::Relaxed);
                insert(&*actions, &format!("a{n}")).unwrap();
            }
        });
        let mut last = 0;
        let copied = copy_store(&home.path(), &copy, SMALL, |pages, all| {
            seen.push((pages, all));
            // Another write between any two steps.
            while written.load(Ordering::Relaxed) < last + 2 && !writer.is_finished() {
                std::thread::yield_now();
            }
            last = written.load(Ordering::Relaxed);
            ControlFlow::Continue(())
        });
        done.store(true, Ordering::Relaxed);
        assert_eq!(copied.unwrap(), Copied::Done);
    });
    assert!(seen.len() > 10 && seen.is_sorted(), "{seen:?}");
    assert!(seen.iter().all(|(_, all)| *all == seen[0].1), "it began again: {seen:?}");
    assert_eq!(seen.last().map(|(pages, all)| pages == all), Some(true));
    assert_eq!(files(target.path()), ["copy.db"]);

    let store = Store::open(&format!("sqlite:{}", copy.display()), options()).unwrap();
    assert_eq!(store.pending_migrations().unwrap(), [""; 0]);
    let copied = store.project_actions();
    let last = (0..1000).take_while(|n| has(&*copied, &format!("a{n}"))).count();
    assert!(last >= 300, "{last}");
    insert(&*copied, "new").unwrap();
    assert!(!has(&*actions, "new"));
}

#[test]
fn a_copy_never_replaces_anything() {
    let home = Home::new();
    drop(home.open());
    let target = home.path().with_file_name("there.db");
    fs::write(&target, "precious").unwrap();
    let refused = copy_store(&home.path(), &target, SMALL, go_on).unwrap_err();
    assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
}

#[test]
fn a_copy_that_is_stopped_leaves_nothing() {
    let (home, target) = (Home::new(), tempfile::tempdir().unwrap());
    drop(home.open());
    let stop = |_, _| ControlFlow::Break(());
    let copied = copy_store(&home.path(), &target.path().join("copy.db"), SMALL, stop);
    assert_eq!(copied.unwrap(), Copied::Stopped);
    assert_eq!(files(target.path()), [""; 0]);
}

#[test]
fn a_copy_of_nothing_is_unavailable() {
    let (home, target) = (Home::new(), tempfile::tempdir().unwrap());
    let copy = target.path().join("copy.db");
    let refused = copy_store(&home.path(), &copy, SMALL, go_on).unwrap_err();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
    let nowhere = target.path().join("none/copy.db");
    let refused = copy_store(&home.path(), &nowhere, SMALL, go_on).unwrap_err();
    assert!(matches!(refused, Error::Unavailable { .. }), "{refused:?}");
    assert_eq!(files(target.path()), [""; 0]);
}
