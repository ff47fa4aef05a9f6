//! The domain of actiond.
//!
//! Two kinds of action: [`cluster`] actions, which are carried out, one instance of each at a time;
//! and [`project`] actions, which are kept for a project. [`usecase`] holds what can be done with
//! them, [`access`] who may, and [`ports`] what the domain needs from outside. Nothing in this crate
//! does IO, reads a clock or makes up a number: that is what the ports are for. [`memory`] has them
//! in memory, so that the domain can be used, and tested, without a server and a database.
//!
//! # A cluster action from its definition to its end
//!
//! ```
//! use std::sync::Arc;
//! use std::time::Duration;
//!
//! use actiond_core::access::{Caller, ClusterPass, ClusterRole};
//! use actiond_core::cluster::{
//!     ActionDefinition, ActionName, ActionStatus, Catalog, Outcome, Progress,
//! };
//! use actiond_core::memory::{CountingIds, ManualClock, MemoryClusterActions, SilentSignal};
//! use actiond_core::usecase::{ClusterActions, Execution, Grip};
//! use actiond_core::{Error, Result};
//! use serde_json::Map;
//!
//! # fn main() -> Result<()> {
//! // The operator defines an action.
//! let defragment = ActionDefinition::new(ActionName::parse("defragment")?);
//! let repository = Arc::new(MemoryClusterActions::default());
//! let clock = Arc::new(ManualClock::default());
//! let actions = ClusterActions {
//!     repository: repository.clone(),
//!     catalog: Arc::new(Catalog::new([defragment])?),
//!     clock: clock.clone(),
//!     ids: Arc::new(CountingIds::default()),
//!     signal: Arc::new(SilentSignal),
//! };
//!
//! // A client starts it. A use case wants a pass, which only a check of the permission gives.
//! let ann = Arc::new(Caller {
//!     user_id: "1".into(),
//!     name: "ann".into(),
//!     cluster_roles: vec![ClusterRole::Admin],
//!     ..Caller::default()
//! });
//! let may_start = ClusterPass::grant(ann.clone())?;
//! let started = actions.start(&may_start, "defragment", Map::new())?;
//! assert_eq!(started.action.status, ActionStatus::Queued);
//!
//! // There is one instance at a time: a second start collides with it.
//! let second = actions.start(&may_start, "defragment", Map::new());
//! assert!(matches!(second, Err(Error::Conflict { .. })));
//!
//! // A runner claims it, carries it out, and says how far it is.
//! let runner = Execution { repository, clock };
//! let claimed = runner.claim("runner-1", Duration::from_secs(30), |_| true)?;
//! let claimed = claimed.expect("it is queued");
//! let grip = Grip::of(&claimed);
//! runner.start(grip)?;
//! runner.advance(grip, Progress::new(42.0)?)?;
//! runner.finish(grip, &Outcome::Completed)?;
//!
//! // Its result is kept until the next start.
//! let (last_run, _) = actions.show(&ClusterPass::grant(ann)?, "defragment")?;
//! assert_eq!(last_run.status, ActionStatus::Completed);
//! assert_eq!(last_run.progress, Progress::DONE);
//! actions.start(&may_start, "defragment", Map::new())?;
//! # Ok(())
//! # }
//! ```
//!
//! # Project actions: keep, find, change
//!
//! ```
//! use std::sync::Arc;
//!
//! use actiond_core::access::{Caller, Policy, ProjectPass, Scope};
//! use actiond_core::document::{Page, Search};
//! use actiond_core::memory::{CountingIds, ManualClock, MemoryProjectActions};
//! use actiond_core::project::ProjectId;
//! use actiond_core::usecase::{Precondition, ProjectActions};
//! use actiond_core::{Error, Result};
//! use serde_json::json;
//!
//! # fn main() -> Result<()> {
//! let clock = Arc::new(ManualClock::default());
//! let store = Arc::new(MemoryProjectActions::new(clock.clone()));
//! let actions = ProjectActions::new(store, Arc::new(CountingIds::default()), clock);
//!
//! let project = ProjectId::new("alpha");
//! let ann = Arc::new(Caller {
//!     user_id: "1".into(),
//!     name: "ann".into(),
//!     scope: Some(Scope::project(project.clone(), vec!["member".into()])),
//!     ..Caller::default()
//! });
//! let policy = Policy::default();
//!
//! // Keep one.
//! let may_create = ProjectPass::grant(&policy, ann.clone(), project.clone())?;
//! let backup = json!({"freezer_action": {"action": "backup", "path_to_backup": "/srv"}});
//! let made = actions.create(&may_create, &Precondition::None, backup).wait()?;
//!
//! // Find it by what it holds, at any depth.
//! let may_list = ProjectPass::grant(&policy, ann.clone(), project.clone())?;
//! let search = Search::parse(&json!({"match": [{"path_to_backup": "/srv"}]}))?;
//! let found = actions.list(&may_list, &search, &Page::default())?;
//! assert_eq!(found.len(), 1);
//!
//! // Change it, if nobody else has meanwhile.
//! let may_update = ProjectPass::grant(&policy, ann, project)?;
//! let seen = Precondition::Versions(vec![found[0].version]);
//! let patch = json!({"freezer_action": {"container": "daily"}});
//! let changed = actions.patch(&may_update, made.id.as_str(), &seen, patch.clone())?;
//! assert_eq!(changed.version, 2);
//!
//! // What was seen is out of date by now.
//! let late = actions.patch(&may_update, made.id.as_str(), &seen, patch);
//! assert!(matches!(late, Err(Error::PreconditionFailed { .. })));
//! # Ok(())
//! # }
//! ```

pub mod access;
pub mod cluster;
pub mod document;
mod error;
pub mod identity;
pub mod memory;
pub mod once;
mod pending;
#[cfg(any(test, feature = "port-tests"))]
pub mod port_tests;
pub mod ports;
pub mod project;
pub mod usecase;

pub use error::{Error, Result};
pub use pending::Pending;

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
