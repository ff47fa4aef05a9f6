//! A runner on a thread of its own.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use actiond_core::{Error, Result};
use tokio::sync::oneshot;

use crate::runner::Runner;

/// A runner that runs. Dropped, it stops by itself, after the settings' grace, and is not waited
/// for: call [`RunnerHandle::shutdown`] to leave no work behind.
#[derive(Debug)]
#[must_use = "the runner stops when its handle is dropped"]
pub struct RunnerHandle {
    stop: oneshot::Sender<Duration>,
    thread: JoinHandle<()>,
}

impl RunnerHandle {
    /// Stops the runner, and blocks until it has: see [`Runner::run`].
    pub fn shutdown(self, grace: Duration) {
        // It fails when the runner has ended already.
        let _ = self.stop.send(grace);
        if self.thread.join().is_err() {
            tracing::error!("the runner's thread panicked");
        }
    }
}

impl Runner {
    /// Runs on a thread of its own, until the handle stops it.
    ///
    /// # Errors
    /// [`Error::Internal`] when the system gives no thread.
    pub fn spawn(self) -> Result<RunnerHandle> {
        let (stop, stopped) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("runner-blocking")
            .max_blocking_threads(self.blocking_threads())
            .build()
            .map_err(Error::internal)?;
        let run = move || {
            let grace = self.settings().shutdown_grace;
            runtime.block_on(self.run(async move { stopped.await.unwrap_or(grace) }));
            // A handler that goes on would hold up the end of the runtime for ever.
            runtime.shutdown_background();
        };
        let thread =
            thread::Builder::new().name("runner".to_owned()).spawn(run).map_err(Error::internal)?;
        Ok(RunnerHandle { stop, thread })
    }
}
