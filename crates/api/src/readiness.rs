//! Whether the store can be used, found out once for all who ask.
//!
//! Anybody may ask, and to find out takes a write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use actiond_core::Error;
use actiond_core::ports::StoreHealth;
use actix_web::web;
use anyhow::anyhow;
use tokio::sync::Mutex;

use crate::deadline;
use crate::rejection::Rejection;

/// What the store has answered last. Who asks it holds this until it has answered, also when no
/// request waits for that any more: so there is one at most.
#[derive(Default)]
pub(crate) struct Readiness(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    read: Option<Answer>,
    write: Option<Answer>,
}

struct Answer {
    asked: Instant,
    error: Option<Error>,
}

impl Readiness {
    /// Has the store read, unless somebody else has since this one came, and write, unless that is
    /// younger than `age`. Waits for it as long as `time`.
    pub(crate) async fn check(
        &self,
        store: Arc<dyn StoreHealth>,
        age: Duration,
        time: Duration,
    ) -> Result<(), Rejection> {
        let came = Instant::now();
        let answer = async {
            let mut known = self.0.clone().lock_owned().await;
            if known.read.as_ref().is_some_and(|read| read.asked >= came) {
                return known.answer();
            }
            let ask = move || {
                known.ask(&*store, age);
                known.answer()
            };
            // It fails when the store panicked, or the server is being torn down.
            web::block(ask).await.unwrap_or(Err(Rejection::Busy))
        };
        deadline::wait(Some(time), answer).await
    }
}

impl Known {
    fn ask(&mut self, store: &dyn StoreHealth, age: Duration) {
        let read = self.read.insert(Answer::of(|| store.ping()));
        let is_young = self.write.as_ref().is_some_and(|write| write.asked.elapsed() < age);
        if read.error.is_none() && !is_young {
            self.write = Some(Answer::of(|| store.try_write()));
        }
    }

    /// What to tell one who asks.
    fn answer(&self) -> Result<(), Rejection> {
        let errors = [&self.read, &self.write].into_iter().flatten();
        let error = match errors.filter_map(|answer| answer.error.as_ref()).next() {
            None => return Ok(()),
            Some(Error::Unavailable { reason, cause }) => {
                Error::Unavailable { reason, cause: anyhow!("{cause:#}") }
            }
            Some(other) => Error::Internal(anyhow!("{other:?}")),
        };
        Err(error.into())
    }
}

impl Answer {
    fn of(call: impl FnOnce() -> Result<(), Error>) -> Self {
        Self { asked: Instant::now(), error: call().err() }
    }
}
