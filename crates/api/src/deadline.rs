//! How long a request may wait for the store, in all its calls together.
//!
//! A database on a network may stand still without breaking a connection. Then a thread waits as long
//! as it does; the request does not.

use std::cell::Cell;
use std::time::{Duration, Instant};

use actiond_core::Error;
use anyhow::anyhow;
use tokio::time::timeout;

use crate::rejection::Rejection;

tokio::task_local! {
    /// What is left of the time of the request that this task serves.
    static LEFT: Cell<Duration>;
}

/// Serves a request that may wait so long; without a time, as long as the store takes.
pub(crate) async fn allow<F: Future>(time: Option<Duration>, serve: F) -> F::Output {
    match time {
        Some(time) => LEFT.scope(Cell::new(time), serve).await,
        None => serve.await,
    }
}

/// Gives the request that this task serves more time.
pub(crate) fn extend(more: Duration) {
    // Without a time there is nothing to add to.
    let _ = LEFT.try_with(|left| left.set(left.get() + more));
}

/// Waits for a call, as long as the request still may; outside of one, for `time`. The call goes on.
pub(crate) async fn wait<T>(
    time: Option<Duration>,
    call: impl Future<Output = Result<T, Rejection>>,
) -> Result<T, Rejection> {
    let Some(left) = LEFT.try_with(Cell::get).ok().or(time) else { return call.await };
    let begun = Instant::now();
    let answer = timeout(left, call).await;
    let _ = LEFT.try_with(|left| left.set(left.get().saturating_sub(begun.elapsed())));
    answer.unwrap_or_else(|_| Err(late(left)))
}

fn late(left: Duration) -> Rejection {
    let cause = anyhow!("no answer in the {left:?} that the request had left");
    Error::Unavailable { reason: "what the request needs does not answer in time", cause }.into()
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use tokio::time::sleep;

    use super::*;

    const SOON: Duration = Duration::from_millis(40);

    fn is_late<T>(answer: &Result<T, Rejection>) -> bool {
        matches!(answer, Err(Rejection::Domain(Error::Unavailable { .. })))
    }

    async fn slow() -> Result<(), Rejection> {
        sleep(SOON / 4 * 3).await;
        Ok(())
    }

    #[actix_web::test]
    async fn all_calls_of_a_request_share_its_time() {
        let served = allow(Some(SOON), async {
            assert!(wait(None, slow()).await.is_ok());
            let second = wait(None, slow()).await;
            assert!(is_late(&second));
            is_late(&wait(None, pending::<Result<(), _>>()).await)
        });
        assert!(served.await);
    }

    #[actix_web::test]
    async fn other_waiting_does_not_count() {
        let served = allow(Some(SOON), async {
            sleep(SOON * 2).await;
            wait(None, ready(Ok(()))).await
        });
        assert!(served.await.is_ok());
    }

    #[actix_web::test]
    async fn time_can_be_added() {
        let served = allow(Some(Duration::ZERO), async {
            extend(Duration::from_secs(60));
            wait(None, slow()).await
        });
        assert!(served.await.is_ok());
    }

    #[actix_web::test]
    async fn without_a_request_each_call_has_its_own_time() {
        extend(SOON);
        assert!(is_late(&wait(Some(SOON), pending::<Result<(), _>>()).await));
        assert!(wait(None, slow()).await.is_ok());
        assert!(allow(None, wait(None, slow())).await.is_ok());
    }
}
