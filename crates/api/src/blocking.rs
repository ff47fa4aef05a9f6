//! Work that blocks, kept off the threads that serve connections.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use actiond_core::{Error, Pending};
use actix_web::{rt, web};
use anyhow::anyhow;
use futures_util::FutureExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::deadline;
use crate::rejection::Rejection;

/// The longest body, or document, that a worker looks at itself: some tenths of a millisecond.
pub(crate) const SMALL: usize = 4 * 1024;

/// Lets a number of blocking calls run at once. The others wait in line, in async code, where
/// waiting costs no thread; who waits too long is sent away.
pub(crate) struct Gate {
    places: Arc<Semaphore>,
    patience: Duration,
    /// How long a call may take that no request waits for.
    time: Option<Duration>,
}

/// Where the part of a request runs that takes time but waits for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On the worker's own thread.
    Here,
    /// On a thread that may block.
    Pool,
}

impl Place {
    /// To read a small body and make a document of it takes less than the way to another thread and
    /// back; a large one would keep the worker's other connections waiting.
    pub(crate) fn for_body(bytes: usize) -> Self {
        if bytes <= SMALL { Self::Here } else { Self::Pool }
    }
}

impl Gate {
    pub(crate) fn new(places: usize, patience: Duration) -> Self {
        Self { places: Arc::new(Semaphore::new(places.max(1))), patience, time: None }
    }

    /// The same with a time in which each call has to answer, where its request has none.
    pub(crate) fn in_time(self, time: Option<Duration>) -> Self {
        Self { time, ..self }
    }

    /// Runs `call` on a thread that may block.
    ///
    /// It keeps its place until it has ended, also when the client has long gone, or was refused
    /// because it took too long.
    pub(crate) async fn run<T, F>(&self, call: F) -> Result<T, Rejection>
    where
        F: FnOnce() -> Result<T, Rejection> + Send + 'static,
        T: Send + 'static,
    {
        let answer = async {
            let place = self.enter().await?;
            let work = move || {
                let _place = place;
                caught(call)
            };
            // The pool refuses work only when the server is being torn down.
            web::block(work).await.unwrap_or(Err(Rejection::Busy))
        };
        deadline::wait(self.time, answer).await
    }

    /// Runs `call`, which begins a write, and awaits the write's end without a thread.
    ///
    /// It keeps its place until then, also when the client has long gone.
    pub(crate) async fn begin<T, F>(&self, place: Place, call: F) -> Result<T, Rejection>
    where
        F: FnOnce() -> Result<Pending<T>, Rejection> + Send + 'static,
        T: Send + 'static,
    {
        let answer = async {
            let turn = self.enter().await?;
            let write = rt::spawn(async move {
                let _turn = turn;
                let begun = match place {
                    Place::Here => caught(call),
                    Place::Pool => {
                        web::block(|| caught(call)).await.unwrap_or(Err(Rejection::Busy))
                    }
                };
                let ended = AssertUnwindSafe(begun?).catch_unwind().await;
                Ok(ended.unwrap_or_else(|panic| Err(panicked(&*panic)))?)
            });
            // It fails only when the server is being torn down.
            write.await.unwrap_or(Err(Rejection::Busy))
        };
        deadline::wait(self.time, answer).await
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
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| Err(panicked(&*panic).into()))
}

fn panicked(panic: &(dyn Any + Send)) -> Error {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    Error::Internal(anyhow!("a use case panicked: {}", text.unwrap_or("no message")))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::future::join;
    use tokio::sync::oneshot;

    use super::*;

    #[actix_web::test]
    async fn who_waits_too_long_is_sent_away() {
        let gate = Gate::new(1, Duration::from_millis(1));
        let (release, released) = mpsc::channel::<()>();
        let (enter, entered) = mpsc::channel();
        let slow = gate.run(move || {
            enter.send(()).unwrap();
            released.recv().unwrap();
            Ok(())
        });
        let late = async {
            let waits = || entered.try_recv().is_err();
            while waits() {
                tokio::task::yield_now().await;
            }
            let late = gate.run(|| Ok(())).await;
            release.send(()).unwrap();
            late
        };
        let (slow, late) = join(slow, late).await;
        assert!(slow.is_ok());
        assert!(matches!(late, Err(Rejection::Busy)));
        assert!(gate.run(|| Ok(())).await.is_ok());
    }

    #[actix_web::test]
    async fn a_write_keeps_its_place_when_its_client_has_gone() {
        for place in [Place::Here, Place::Pool] {
            let gate = Gate::new(1, Duration::ZERO);
            let (end, ended) = oneshot::channel();
            let write = || Ok(Pending::new(async { Ok(ended.await.is_ok()) }));
            let mut client = Box::pin(gate.begin(place, write));
            assert!((&mut client).now_or_never().is_none());
            drop(client);
            let at_once = || gate.begin(place, || Ok(Pending::from(Ok(true))));
            assert!(matches!(at_once().await, Err(Rejection::Busy)));
            end.send(()).unwrap();
            while gate.places.available_permits() == 0 {
                tokio::task::yield_now().await;
            }
            assert!(at_once().await.unwrap());
        }
    }

    #[actix_web::test]
    async fn a_write_that_panics_later_is_an_internal_error_too() {
        let gate = Gate::new(1, Duration::ZERO);
        for place in [Place::Here, Place::Pool] {
            let write = || Ok(Pending::<()>::new(async { panic!("at noon") }));
            let outcome = gate.begin(place, write).await;
            let cause = outcome.as_ref().unwrap_err().cause().unwrap().to_string();
            assert_eq!(cause, "a use case panicked: at noon");
        }
    }

    #[actix_web::test]
    async fn a_panic_is_an_internal_error_and_gives_its_place_back() {
        let gate = Gate::new(1, Duration::ZERO);
        for _ in 0..2 {
            let outcome = gate.run(|| -> Result<(), _> { panic!("at {}", "noon") }).await;
            let cause = outcome.as_ref().unwrap_err().cause().unwrap().to_string();
            assert_eq!(cause, "a use case panicked: at noon");
        }
    }
}
