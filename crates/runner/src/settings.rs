//! How a runner goes about its work.

use std::time::Duration;

use actiond_core::cluster::Lease;
use actiond_core::{Error, Result};

/// The settings of a runner.
#[derive(Clone, Debug)]
pub struct RunnerSettings {
    /// The name of this runner, which no other has, now or before.
    pub owner: String,
    /// How long it takes at most until another runner takes an action that this one gives no sign of
    /// life of. It is given at each sixth. Work is stopped when there was none for two thirds: for so
    /// long it goes on while the store is out of reach.
    pub lease: Duration,
    /// How often the store is looked at when nobody rings, at least.
    pub poll_interval: Duration,
    /// How many actions are carried out at once; the others wait in the queue.
    pub max_concurrent: usize,
    /// Progress of one action is written no oftener than this, and when it rose by a whole percent.
    pub progress_interval: Duration,
    /// How long work may take to stop when the [`RunnerHandle`](crate::RunnerHandle) is dropped.
    pub shutdown_grace: Duration,
    /// The store is this server's alone: at its start everything that a runner holds is lost, and
    /// while it lives nobody can take an action away from it, however long the store is out of reach.
    pub exclusive_store: bool,
}

impl RunnerSettings {
    /// The defaults, for a runner of this name.
    pub fn new(owner: impl Into<String>) -> Self {
        Self {
            owner: owner.into(),
            lease: Duration::from_secs(30),
            poll_interval: Duration::from_secs(1),
            max_concurrent: 8,
            progress_interval: Duration::from_secs(1),
            shutdown_grace: Duration::from_secs(10),
            exclusive_store: false,
        }
    }

    /// Refuses what no runner can work with.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the setting that is out of bounds.
    pub fn check(&self) -> Result<()> {
        /// Far beyond any use, and far from where adding it to a time overflows.
        const LONGEST_LEASE: Duration = Duration::from_secs(24 * 60 * 60);
        let within = |lease| (Duration::from_millis(10)..=LONGEST_LEASE).contains(&lease);
        if self.owner.is_empty() {
            return Err(Error::invalid("owner", "must not be empty"));
        }
        if !within(self.lease) {
            return Err(Error::invalid("lease", "must be from 10 ms to 24 h"));
        }
        if self.poll_interval.is_zero() {
            return Err(Error::invalid("poll_interval", "must be more than 0"));
        }
        if self.max_concurrent == 0 {
            return Err(Error::invalid("max_concurrent", "must be at least 1"));
        }
        Ok(())
    }

    /// How often the store is looked at: often enough to find in time what others have lost.
    pub(crate) fn look_out(&self) -> Duration {
        if self.exclusive_store {
            return self.poll_interval;
        }
        self.poll_interval.min(Lease::look_out(self.lease))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_no_runner_can_work_with() {
        assert!(RunnerSettings::new("a").check().is_ok());
        type Damage = fn(&mut RunnerSettings);
        let broken: [(&str, Damage); 5] = [
            ("owner", |s| s.owner.clear()),
            ("lease", |s| s.lease = Duration::ZERO),
            ("lease", |s| s.lease = Duration::MAX),
            ("poll_interval", |s| s.poll_interval = Duration::ZERO),
            ("max_concurrent", |s| s.max_concurrent = 0),
        ];
        for (field, damage) in broken {
            let mut settings = RunnerSettings::new("a");
            damage(&mut settings);
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(field), "{error}");
        }
    }
}
