//! How far the work says that it has come.

use actiond_core::cluster::Progress;
use tokio::sync::watch;

/// Passes progress from the work to the reporter; what the work says in between is passed over.
#[derive(Clone, Debug)]
pub(crate) struct Meter(watch::Sender<Progress>);

impl Meter {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Progress::ZERO))
    }

    /// Takes what the work says. What is no percentage is ignored, and logged.
    pub(crate) fn advance(&self, percent: f64) {
        match Progress::new(percent) {
            Ok(progress) => self.0.send_modify(|current| *current = current.at_least(progress)),
            Err(error) => tracing::warn!(%error, "ignored a progress report"),
        }
    }

    /// The highest so far.
    pub(crate) fn current(&self) -> Progress {
        *self.0.borrow()
    }

    /// Waits until the work is a whole percent further than `written`.
    pub(crate) async fn passes(&self, written: Progress) {
        let next = written.percent() + 1.0;
        // `self` sends, so the channel cannot close while this waits.
        let _ = self.0.subscribe().wait_for(|progress| progress.percent() >= next).await;
    }
}
