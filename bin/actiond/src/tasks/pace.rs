//! Keeps maintenance from taking the whole disk.

use std::time::{Duration, Instant};

/// How often a waiting task looks whether it is to stop.
const LOOK: Duration = Duration::from_millis(50);

/// Waits so long that no more than a given number of MiB a second go by.
pub struct Pace {
    begun: Instant,
    bytes_a_second: Option<f64>,
}

impl Pace {
    /// At most `mib` a second; none is as fast as it goes.
    pub fn of_mib_a_second(mib: Option<f64>) -> Self {
        let bytes_a_second = mib.filter(|mib| *mib > 0.0).map(|mib| mib * 1024.0 * 1024.0);
        Self { begun: Instant::now(), bytes_a_second }
    }

    /// How much to do before one looks again: `most` pieces of `bytes` each, or fewer if these took
    /// longer than a look.
    pub fn part_of(&self, most: i32, bytes: u64) -> i32 {
        let Some(rate) = self.bytes_a_second else { return most };
        let pieces = rate * LOOK.as_secs_f64() / bytes as f64;
        (pieces as i32).clamp(1, most)
    }

    /// Waits until `done` bytes since the beginning are within the pace, or it is to stop.
    pub fn keep(&self, done: u64, is_to_stop: impl Fn() -> bool) {
        let Some(rate) = self.bytes_a_second else { return };
        let due = Duration::try_from_secs_f64(done as f64 / rate).unwrap_or(Duration::MAX);
        loop {
            let left = due.saturating_sub(self.begun.elapsed());
            if left.is_zero() || is_to_stop() {
                return;
            }
            std::thread::sleep(left.min(LOOK));
        }
    }
}
