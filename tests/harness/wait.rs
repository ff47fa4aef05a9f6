//! Waiting on a condition, with a deadline.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Long enough for a busy machine; a test that waits so long has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds.
#[track_caller]
pub fn until(what: &str, mut condition: impl FnMut() -> bool) {
    until_some(what, || condition().then_some(()));
}

/// Waits until `look` finds something.
#[track_caller]
pub fn until_some<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    let Some(found) = before_deadline(look) else { panic!("waited {DEADLINE:?} in vain: {what}") };
    found
}

/// Waits until `look` finds something, and gives up after a time.
pub fn before_deadline<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let begun = Instant::now();
    while begun.elapsed() < DEADLINE {
        let found = look();
        if found.is_some() {
            return found;
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

/// Raises a flag when it goes, also when the test fails: else the threads that go on until it is raised, and the
/// scope that waits for them, would never end.
pub struct RaiseAtEnd<'a>(pub &'a AtomicBool);

impl Drop for RaiseAtEnd<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
