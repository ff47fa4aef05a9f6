//! How far an action has come.

use crate::error::{Error, Result};

/// A share done, in percent: finite, from 0 to 100, by construction.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Progress(f64);

impl Progress {
    /// Nothing done yet.
    pub const ZERO: Self = Self(0.0);
    /// All done.
    pub const DONE: Self = Self(100.0);

    /// Takes a number of percent.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not a finite number from 0 to 100.
    pub fn new(percent: f64) -> Result<Self> {
        if percent.is_finite() && (0.0..=100.0).contains(&percent) {
            // The sum is 0 for -0, which no client should see.
            return Ok(Self(percent + 0.0));
        }
        Err(Error::invalid("progress", format!("{percent} is not a number from 0 to 100")))
    }

    /// The percentage.
    pub fn percent(self) -> f64 {
        self.0
    }

    /// The greater of the two: progress never falls.
    #[must_use]
    pub fn at_least(self, other: Self) -> Self {
        if other.0 > self.0 { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_only_finite_percentages() {
        for good in [0.0, 0.5, 100.0] {
            assert_eq!(Progress::new(good).unwrap().percent(), good);
        }
        for bad in [-0.1, 100.1, f64::NAN, f64::INFINITY] {
            assert!(Progress::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn never_falls() {
        let half = Progress::new(50.0).unwrap();
        assert_eq!(half.at_least(Progress::ZERO), half);
        assert_eq!(half.at_least(Progress::DONE), Progress::DONE);
    }
}
