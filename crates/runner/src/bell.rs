//! The bell that says: look at the store now.

use actiond_core::ports::RunnerSignal;
use tokio::sync::watch;

/// Rings for everybody who listens; rings that come close together may count as one.
#[derive(Clone, Debug)]
pub(crate) struct Bell(watch::Sender<()>);

/// Hears what rings after it was made.
pub(crate) struct Listener {
    /// Keeps the channel open.
    _bell: Bell,
    rung: watch::Receiver<()>,
}

impl Bell {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(()))
    }

    pub(crate) fn listen(&self) -> Listener {
        Listener { _bell: self.clone(), rung: self.0.subscribe() }
    }
}

impl RunnerSignal for Bell {
    fn ring(&self) {
        self.0.send_replace(());
    }
}

impl Listener {
    /// Waits for the next ring, or returns at once when there was one since the last call.
    pub(crate) async fn heard(&mut self) {
        if self.rung.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
