//! Lets a few in at a time.

use std::num::NonZeroUsize;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// As many places as were asked for at the start; who finds none free waits.
#[derive(Debug)]
pub(crate) struct Gate {
    free: Mutex<usize>,
    freed: Condvar,
}

impl Gate {
    pub(crate) fn new(places: NonZeroUsize) -> Self {
        Self { free: Mutex::new(places.get()), freed: Condvar::new() }
    }

    /// Does `work` in one of the places.
    pub(crate) fn pass<T>(&self, work: impl FnOnce() -> T) -> T {
        let waiting = self.freed.wait_while(self.free(), |free| *free == 0);
        *waiting.unwrap_or_else(PoisonError::into_inner) -= 1;
        let _place = Place(self);
        work()
    }

    fn free(&self) -> MutexGuard<'_, usize> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A taken place; free again when it is dropped, after a panic too.
struct Place<'a>(&'a Gate);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        *self.0.free() += 1;
        self.0.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn never_lets_in_more_than_it_has_places() {
        let gate = Gate::new(NonZeroUsize::new(2).unwrap());
        let (inside, most, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|threads| {
            for _ in 0..16 {
                threads.spawn(|| {
                    for _ in 0..200 {
                        gate.pass(|| {
                            most.fetch_max(
                                inside.fetch_add(1, Ordering::SeqCst) + 1,
                                Ordering::SeqCst,
                            );
                            std::thread::yield_now();
                            inside.fetch_sub(1, Ordering::SeqCst);
                            done.fetch_add(1, Ordering::SeqCst);
                        });
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 2);
        assert_eq!(done.into_inner(), 16 * 200);
    }

    #[test]
    fn a_panic_gives_its_place_back() {
        let gate = Gate::new(NonZeroUsize::MIN);
        let failed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            gate.pass(|| panic!("as the test wants"))
        }));
        assert!(failed.is_err());
        assert_eq!(gate.pass(|| 7), 7);
    }
}
