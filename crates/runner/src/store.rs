//! The way to the store.

use actiond_core::{Error, Result};

/// Calls the store.
///
/// Its ports block, for seconds when it is busy, and one thread looks after all actions: it must be
/// free to stop work in time. So each call has a thread of its own.
pub(crate) async fn call<T: Send + 'static>(
    request: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(request).await.unwrap_or_else(|error| Err(Error::internal(error)))
}
