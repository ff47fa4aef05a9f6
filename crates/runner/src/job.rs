//! One claimed action, from its start to the record of its end.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::cluster::{
    ActionDefinition, ActionName, ActionStatus, ClusterAction, Node, Outcome,
};
use actiond_core::usecase::Grip;
use serde_json::{Map, Value};
use tokio::select;
use tokio::time::sleep;

use crate::bell::Listener;
use crate::hold::Hold;
use crate::meter::Meter;
use crate::order::{Order, Orders};
use crate::registry::Work;
use crate::reporter::Reporter;
use crate::settings::RunnerSettings;
use crate::{command, handler};

/// What the work needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) grip: Grip,
    pub(crate) name: ActionName,
    /// What it is done to, where that is a node.
    pub(crate) node: Option<Arc<Node>>,
    pub(crate) parameters: Arc<Map<String, Value>>,
    pub(crate) timeout: Duration,
    pub(crate) cancel_grace: Duration,
    pub(crate) orders: Orders,
    pub(crate) meter: Meter,
}

impl Job {
    pub(crate) fn new(
        action: ClusterAction,
        definition: &ActionDefinition,
        node: Option<Node>,
    ) -> Self {
        Self {
            grip: Grip::of(&action),
            name: action.key.name,
            node: node.map(Arc::new),
            parameters: Arc::new(action.parameters),
            timeout: definition.timeout,
            cancel_grace: definition.cancel_grace,
            orders: Orders::new(),
            meter: Meter::new(),
        }
    }

    /// Does the work, and records how it ended. Nothing is recorded of an action that was taken
    /// away, and nothing while its work may still be going on.
    pub(crate) async fn carry_out(
        self,
        work: Work,
        mut hold: Hold,
        listener: Listener,
        settings: Arc<RunnerSettings>,
    ) {
        let outcome = match self.start(&hold).await {
            Start::Begin => {
                tracing::info!("the work begins");
                let reporter =
                    Reporter::new(&mut hold, &self.meter, &self.orders, listener, &settings);
                self.work(work, reporter).await
            }
            Start::End(outcome) => Some(outcome),
            Start::Lost => None,
        };
        match outcome {
            Some(outcome) if self.orders.current() != Order::Refused => {
                hold.finish(self.meter.current(), outcome).await;
            }
            _ => tracing::warn!("the end of the work is not recorded"),
        }
    }

    /// Says that the work begins, before it does: a claim that is not in force begins nothing.
    async fn start(&self, hold: &Hold) -> Start {
        select! {
            biased;
            started = hold.start() => match started {
                Some(action) if action.status == ActionStatus::Cancelling => Start::End(Outcome::Stopped),
                // Another may have begun it while this server stood still.
                Some(_) if !hold.is_in_force() => Start::Lost,
                Some(_) => Start::Begin,
                None => Start::Lost,
            },
            order = self.orders.reach(Order::Shutdown) => self.given_up(order),
            () = hold.run_out() => Start::Lost,
        }
    }

    fn given_up(&self, order: Order) -> Start {
        order.outcome(self.timeout).map_or(Start::Lost, Start::End)
    }

    /// Does the work while the reporter reports and the clock runs.
    async fn work(&self, work: Work, reporter: Reporter<'_>) -> Option<Outcome> {
        let watch = async {
            let limit = async {
                sleep(self.timeout).await;
                self.orders.raise(Order::TimeLimit);
            };
            tokio::join!(limit, reporter.run());
            std::future::pending::<()>().await;
        };
        let work = async {
            match work {
                Work::Command(line) => Some(command::run(&line, self).await),
                Work::Handler(handler) => handler::run(handler, self).await,
            }
        };
        select! {
            outcome = work => outcome,
            () = watch => None,
        }
    }
}

/// What comes of starting.
enum Start {
    Begin,
    /// It ends before it has begun.
    End(Outcome),
    /// It was taken away.
    Lost,
}

#[cfg(test)]
mod tests {
    use std::thread;

    use actiond_core::cluster::{ActionKey, TaskId};
    use actiond_core::memory::{ManualClock, MemoryClusterActions};
    use actiond_core::ports::{Clock as _, ClusterActionRepository as _};
    use actiond_core::usecase::Execution;
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::*;

    const LEASE: Duration = Duration::from_millis(300);

    /// A claim, and what comes of it when the server stands still while it says that the work begins.
    async fn start_of_a_server_that_stood_still(is_alone: bool) -> Start {
        let (repository, clock) =
            (Arc::new(MemoryClusterActions::default()), Arc::new(ManualClock::default()));
        let name = ActionName::parse("work").unwrap();
        let (task, key) = (TaskId(Uuid::nil()), ActionKey::cluster(name.clone()));
        let action = ClusterAction::queued(task, key, Map::new(), "ann".into(), clock.now());
        repository.insert(&action, &[]).unwrap();
        let execution = Execution { repository, clock };
        let action = execution.claim("r", LEASE, |_| true).unwrap().unwrap();
        let hold = Hold::new(execution.clone(), &action, LEASE, is_alone, Instant::now());
        let grip = Grip::of(&action);
        let job = Job::new(action, &ActionDefinition::new(name), None);
        // Its one thread sleeps; the store answers meanwhile.
        let stands_still = async { thread::sleep(LEASE) };
        let (start, ()) = tokio::join!(job.start(&hold), stands_still);
        assert_eq!(execution.look(grip).unwrap().status, ActionStatus::Running);
        start
    }

    #[tokio::test]
    async fn a_server_that_stood_still_for_too_long_does_not_begin() {
        let start = start_of_a_server_that_stood_still(false).await;
        assert!(matches!(start, Start::Lost));
        let start = start_of_a_server_that_stood_still(true).await;
        assert!(matches!(start, Start::Begin), "nobody could take it away");
    }
}
