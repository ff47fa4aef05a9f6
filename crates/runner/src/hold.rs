//! A runner's hold on one action.

use std::future::pending;
use std::time::Duration;

use actiond_core::cluster::{ClusterAction, Lease, Outcome, Progress};
use actiond_core::usecase::{Execution, Grip};
use actiond_core::{Error, Result};
use tokio::time::{Instant, sleep, sleep_until};

use crate::store;

/// What the store answers to whoever holds an action.
pub(crate) enum Answer {
    /// The action, as it is now.
    Held(Box<ClusterAction>),
    /// It has been taken away.
    Refused,
    /// No answer: ask again.
    OutOfReach,
}

/// A claimed action.
pub(crate) struct Hold {
    execution: Execution,
    grip: Grip,
    lease: Duration,
    /// When the claim or its last renewal was asked for: before anybody can have seen it.
    asked: Instant,
    /// There is nobody who could take it away.
    is_alone: bool,
}

impl Hold {
    /// The hold that a claim gave which was asked for at `asked`.
    pub(crate) fn new(
        execution: Execution,
        action: &ClusterAction,
        lease: Duration,
        is_alone: bool,
        asked: Instant,
    ) -> Self {
        let grip = Grip::of(action);
        Self { execution, grip, lease, asked, is_alone }
    }

    /// When the work must stop, before others may take it away; `None` when there are no others.
    fn until(&self) -> Option<Instant> {
        (!self.is_alone).then(|| self.asked + Lease::hold(self.lease))
    }

    /// Whether the work may go on. A server that stood still has to ask: its timers come late.
    pub(crate) fn is_in_force(&self) -> bool {
        self.until().is_none_or(|until| Instant::now() < until)
    }

    /// When it is time to renew the lease.
    pub(crate) fn renew_at(&self) -> Instant {
        self.asked + Lease::renewal(self.lease)
    }

    /// Waits until the lease, which was not renewed, is about to be another's.
    pub(crate) async fn run_out(&self) {
        match self.until() {
            Some(until) => sleep_until(until).await,
            None => pending().await,
        }
    }

    /// The lease was renewed; it was asked for at `asked`.
    pub(crate) fn extend(&mut self, asked: Instant) {
        self.asked = asked;
    }

    /// Asks the store once.
    pub(crate) async fn ask(
        &self,
        request: impl FnOnce(&Execution, Grip) -> Result<ClusterAction> + Send + 'static,
    ) -> Answer {
        let (execution, grip) = (self.execution.clone(), self.grip);
        match store::call(move || request(&execution, grip)).await {
            Ok(action) => Answer::Held(Box::new(action)),
            Err(Error::PreconditionFailed { reason }) => {
                tracing::warn!(reason, "the action was taken away");
                Answer::Refused
            }
            Err(error) => {
                tracing::warn!(?error, "the store does not answer; trying again");
                Answer::OutOfReach
            }
        }
    }

    /// Renews the lease once.
    pub(crate) async fn renew(&self) -> Answer {
        let lease = self.lease;
        self.ask(move |execution, grip| execution.renew(grip, lease)).await
    }

    /// Says that the work begins, until the store answers. `None` when the action was taken away.
    pub(crate) async fn start(&self) -> Option<Box<ClusterAction>> {
        self.insist(|execution, grip| execution.start(grip)).await
    }

    /// Records how the work ended, until the store answers.
    pub(crate) async fn finish(&self, progress: Progress, outcome: Outcome) {
        let record = move |execution: &Execution, grip: Grip| {
            if outcome != Outcome::Completed {
                execution.advance(grip, progress)?;
            }
            execution.finish(grip, &outcome)
        };
        if let Some(action) = self.insist(record).await {
            let why = action.failure.as_ref().map(|failure| &*failure.message);
            tracing::info!(status = %action.status, why, "the action has ended");
        }
    }

    async fn insist(
        &self,
        request: impl Fn(&Execution, Grip) -> Result<ClusterAction> + Clone + Send + 'static,
    ) -> Option<Box<ClusterAction>> {
        let mut pause = Pause::new();
        loop {
            match self.ask(request.clone()).await {
                Answer::Held(action) => return Some(action),
                Answer::Refused => return None,
                Answer::OutOfReach => pause.wait().await,
            }
        }
    }
}

/// The time between two tries, longer each time.
pub(crate) struct Pause(Duration);

impl Pause {
    const SHORTEST: Duration = Duration::from_millis(50);
    const LONGEST: Duration = Duration::from_secs(2);

    pub(crate) fn new() -> Self {
        Self(Self::SHORTEST)
    }

    pub(crate) async fn wait(&mut self) {
        sleep(self.0).await;
        self.0 = (self.0 * 2).min(Self::LONGEST);
    }
}
