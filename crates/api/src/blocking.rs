//! Work that blocks, kept off the threads that serve connections.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use actiond_core::Error;
use actix_web::web;
use anyhow::anyhow;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::rejection::Rejection;

/// Lets a number of blocking calls run at once. The others wait in line, in async code, where
/// waiting costs no thread; who waits too long is sent away.
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Gate {
    pub(crate) fn new(places: usize, patience: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places)), patience }
    }

    /// Runs `call` on a thread that may block.
    ///
    /// It keeps its place until it has ended, also when the client has long gone.
    pub(crate) async fn run<T, F>(&self, call: F) -> Result<T, Rejection>
    where
        F: FnOnce() -> Result<T, Rejection> + Send + 'static,
        T: Send + 'static,
    {
        let place = self.enter().await?;
        let work = move || {
            let _place = place;
            caught(call)
        };
        // The pool refuses work only when the server is being torn down.
        web::block(work).await.unwrap_or(Err(Rejection::Busy))
    }

    async fn enter(&self) -> Result<OwnedSemaphorePermit, Rejection> {
        if let Ok(place) = self.places.clone().try_acquire_owned() {
            return Ok(place);
        }
        match timeout(self.patience, self.places.clone().acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(Rejection::Busy),
        }
    }
}

/// Turns a panic into an internal error, whose cause is the panic's message.
pub(crate) fn caught<T>(call: impl FnOnce() -> Result<T, Rejection>) -> Result<T, Rejection> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(Error::Internal(anyhow!("a use case panicked: {}", message(&*panic))).into())
    })
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
