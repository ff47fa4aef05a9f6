//! Answers that come later.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;

/// What a store will say of a write that it has taken: a future for who runs one, and
/// [`Pending::wait`] for who may block.
///
/// The write goes on whether or not anybody waits.
#[must_use = "what became of the write is known only later"]
pub struct Pending<T>(Pin<Box<dyn Future<Output = Result<T>> + Send>>);

impl<T: Send + 'static> Pending<T> {
    /// The answer that this future has for a write that is under way.
    pub fn new(answer: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Box::pin(answer))
    }

    /// The answer with `next` done to it.
    pub fn and_then<U: Send + 'static>(
        self,
        next: impl FnOnce(T) -> Result<U> + Send + 'static,
    ) -> Pending<U> {
        Pending::new(async move { next(self.await?) })
    }

    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// Those of the write.
    pub fn wait(self) -> Result<T> {
        pollster::block_on(self)
    }
}

impl<T: Send + 'static> From<Result<T>> for Pending<T> {
    /// An answer that is there already.
    fn from(answer: Result<T>) -> Self {
        Self::new(std::future::ready(answer))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(context)
    }
}
