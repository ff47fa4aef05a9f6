//! Answers that come later.

use std::future::{Ready, ready};
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::error::Result;

/// What a store will say of what it was asked: a future for who runs one, and [`Pending::wait`] for
/// who may block.
///
/// A write goes on whether or not anybody waits.
#[must_use = "the answer is known only later"]
pub struct Pending<T>(Answer<T>);

enum Answer<T> {
    /// It is there already, and costs no more than a value.
    There(Ready<Result<T>>),
    Later(Pin<Box<dyn Future<Output = Result<T>> + Send>>),
}

impl<T: Send + 'static> Pending<T> {
    /// The answer that this future has for what is under way.
    pub fn new(answer: impl Future<Output = Result<T>> + Send + 'static) -> Self {
        Self(Answer::Later(Box::pin(answer)))
    }

    /// The answer with `next` done to it.
    pub fn and_then<U: Send + 'static>(
        self,
        next: impl FnOnce(T) -> Result<U> + Send + 'static,
    ) -> Pending<U> {
        match self.0 {
            Answer::There(answer) => answer.into_inner().and_then(next).into(),
            Answer::Later(answer) => Pending::new(async move { next(answer.await?) }),
        }
    }

    /// Blocks until the answer is there.
    ///
    /// # Errors
    /// Those of what was asked.
    pub fn wait(self) -> Result<T> {
        match self.0 {
            Answer::There(answer) => answer.into_inner(),
            Answer::Later(answer) => pollster::block_on(answer),
        }
    }
}

impl<T> From<Result<T>> for Pending<T> {
    /// An answer that is there already.
    fn from(answer: Result<T>) -> Self {
        Self(Answer::There(ready(answer)))
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Answer::There(answer) => Pin::new(answer).poll(context),
            Answer::Later(answer) => answer.as_mut().poll(context),
        }
    }
}
