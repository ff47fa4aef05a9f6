//! What the work is told while it goes on.

use std::time::Duration;

use actiond_core::cluster::Outcome;
use tokio::sync::watch;

/// An order to the work. They rise: a stronger one replaces a weaker one, never the reverse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Order {
    /// Nothing is asked of it.
    GoOn,
    /// Stop: a client wants it.
    Cancel,
    /// Stop: the time limit has run out.
    TimeLimit,
    /// Stop: the server ends.
    Shutdown,
    /// Stop at once: the server's grace time is over.
    Kill,
    /// Stop at once: the lease has run out, and the store could not be asked for more.
    LeaseRanOut,
    /// Stop at once: the store says that the action has been taken away.
    Refused,
}

impl Order {
    /// How work ends that was stopped by this order; `None` when the work says so itself.
    pub(crate) fn outcome(self, timeout: Duration) -> Option<Outcome> {
        let lost = |reason: &str| Some(Outcome::Lost(reason.to_owned()));
        match self {
            Self::GoOn | Self::Cancel => None,
            Self::TimeLimit => {
                let limit = humantime::format_duration(timeout);
                Some(Outcome::Aborted(format!("the time limit of {limit} ran out")))
            }
            Self::Shutdown | Self::Kill => lost("the server was stopped"),
            Self::LeaseRanOut | Self::Refused => {
                lost("the server lost its hold on the action: the store was out of reach")
            }
        }
    }
}

/// The orders of one piece of work: given by some, obeyed by others.
#[derive(Clone, Debug)]
pub(crate) struct Orders(watch::Sender<Order>);

impl Orders {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(Order::GoOn))
    }

    /// Gives an order, unless a stronger one is in force.
    pub(crate) fn raise(&self, order: Order) {
        self.0.send_if_modified(|current| {
            let rises = order > *current;
            if rises {
                *current = order;
            }
            rises
        });
    }

    /// The order in force.
    pub(crate) fn current(&self) -> Order {
        *self.0.borrow()
    }

    /// Waits until the order is at least this strong, and answers it.
    pub(crate) async fn reach(&self, least: Order) -> Order {
        // `self` sends, so the channel cannot close while this waits.
        let _ = self.0.subscribe().wait_for(|order| *order >= least).await;
        self.current()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn orders_rise_and_never_fall() {
        let orders = Orders::new();
        orders.raise(Order::Shutdown);
        orders.raise(Order::Cancel);
        assert_eq!(orders.reach(Order::Cancel).await, Order::Shutdown);
        orders.raise(Order::Refused);
        assert_eq!(orders.reach(Order::Kill).await, Order::Refused);
    }

    #[test]
    fn the_time_limit_is_said_in_words() {
        let outcome = Order::TimeLimit.outcome(Duration::from_secs(600)).unwrap();
        assert_eq!(outcome, Outcome::Aborted("the time limit of 10m ran out".to_owned()));
    }
}
