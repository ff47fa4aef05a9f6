//! The use cases of cluster actions, in the words of the model.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::access::{Caller, ClusterPass, ClusterRole, cluster_permission as may};
use actiond_core::cluster::{
    ActionDefinition, ActionKey, ActionName, Catalog, ClusterAction, Failure, OnLost, Outcome,
    TaskId,
};
use actiond_core::memory::{CountingIds, ManualClock, MemoryClusterActions, SilentSignal};
use actiond_core::ports::Clock;
use actiond_core::usecase::{ClusterActions, Execution, Grip, Lookout};
use actiond_core::{Error, Result, Timestamp};
use serde_json::Map;

use crate::model::{Answer, CONFLICT, LEASE, NAMES, Run, TRIED_AGAIN, UNINTERRUPTIBLE};

/// The real thing.
pub(crate) struct System {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) actions: ClusterActions,
    pub(crate) execution: Execution,
    pub(crate) lookout: Lookout,
    pub(crate) claims: Vec<Grip>,
    pub(crate) admin: Arc<Caller>,
}

impl System {
    pub(crate) fn new() -> Self {
        let definitions = NAMES.map(|name| {
            let mut definition = ActionDefinition::new(ActionName::parse(name).unwrap());
            definition.cancellable = name != UNINTERRUPTIBLE;
            if name == TRIED_AGAIN.0 {
                let max_attempts = u32::try_from(TRIED_AGAIN.1).unwrap();
                definition.on_lost = OnLost::Requeue { max_attempts };
            }
            if name == CONFLICT[1] {
                definition.conflicts_with.insert(ActionName::parse(CONFLICT[0]).unwrap());
            }
            definition
        });
        let repository = Arc::new(MemoryClusterActions::default());
        let clock = Arc::new(ManualClock::default());
        let actions = ClusterActions {
            repository: repository.clone(),
            catalog: Arc::new(Catalog::new(definitions).unwrap()),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            signal: Arc::new(SilentSignal),
        };
        let execution = Execution { repository, clock: clock.clone() };
        let admin = Arc::new(Caller {
            user_id: "1".to_owned(),
            name: "admin".to_owned(),
            cluster_roles: vec![ClusterRole::Admin],
            ..Caller::default()
        });
        let lookout = Lookout::default();
        Self { clock, actions, execution, lookout, claims: Vec::new(), admin }
    }

    pub(crate) fn start(&self, name: &str) -> Result<TaskId> {
        let pass = ClusterPass::<may::Start>::grant(self.admin.clone())?;
        Ok(self.actions.start(&pass, name, Map::new())?.action.task_id)
    }

    pub(crate) fn delete(&self, name: &str) -> Result<()> {
        self.actions.cancel(&ClusterPass::<may::Cancel>::grant(self.admin.clone())?, name)
    }

    pub(crate) fn claim(&mut self) {
        let claimed = self.execution.claim("runner", Duration::from_secs(LEASE), |_| true);
        let grip = |action: ClusterAction| Grip::of(&action);
        self.claims.extend(claimed.unwrap().map(grip));
    }

    pub(crate) fn end_all(&self) {
        self.end_lost(self.execution.owned().unwrap());
    }

    pub(crate) fn look_out(&mut self) {
        let now = self.clock.now() - Timestamp::UNIX_EPOCH;
        let now = now.to_std().unwrap();
        let lost = self.lookout.lost(self.execution.owned().unwrap(), now, now);
        self.end_lost(lost);
    }

    fn end_lost(&self, lost: Vec<ClusterAction>) {
        for action in lost {
            assert!(self.execution.end_lost(action.clone(), "lost").unwrap().is_some());
            assert!(self.execution.end_lost(action, "lost again").unwrap().is_none());
        }
    }

    pub(crate) fn find(&self, name: &str) -> Option<ClusterAction> {
        let key = ActionKey::cluster(ActionName::parse(name).unwrap());
        self.actions.repository.find(&key).unwrap()
    }
}

pub(crate) fn answer<T>(result: Result<T>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(Error::Conflict { .. }) => Answer::Conflict,
        Err(Error::NotFound { .. }) => Answer::NotFound,
        Err(Error::PreconditionFailed { .. }) => Answer::Refused,
        Err(error) => panic!("{error:?}"),
    }
}

pub(crate) fn outcome(way: usize) -> Outcome {
    match way {
        0 => Outcome::Completed,
        1 => Outcome::Failed(Failure::internal("it failed")),
        2 => Outcome::Stopped,
        3 => Outcome::Aborted("given up".to_owned()),
        _ => Outcome::Lost("lost".to_owned()),
    }
}

/// An action, in the words of the model.
pub(crate) fn as_run(action: &ClusterAction, system: &System) -> Run {
    let grip = Grip::of(action);
    let claim = action.lease.as_ref().map(|lease| {
        let number = system.claims.iter().position(|claim| *claim == grip).expect("claimed");
        (number, u64::try_from(lease.until.timestamp()).unwrap())
    });
    Run {
        task: action.task_id,
        status: action.status.as_str(),
        progress: action.progress.percent(),
        cancel_wished: action.cancel_requested,
        has_failure: action.failure.is_some(),
        attempts: action.fencing,
        attempts_left: u64::from(action.max_attempts) - action.fencing,
        claim,
    }
}
