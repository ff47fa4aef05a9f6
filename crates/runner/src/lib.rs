//! Carries out queued cluster actions.
//!
//! A [`Runner`] claims what is queued, does the [`Work`] that the [`Registry`] names for it, reports
//! how far it has come, and records how it ended. Work is a command, in a process group of its own,
//! or a Rust function. What a runner that is gone has left behind is ended by the next one. Unix only;
//! leftover processes are found on Linux only.
//!
//! ```
//! use std::sync::Arc;
//!
//! use actiond_core::cluster::{ActionDefinition, ActionName, Catalog};
//! use actiond_core::memory::MemoryClusterActions;
//! use actiond_core::usecase::Execution;
//! use actiond_runner::{Registry, Runner, RunnerSettings, SystemClock, Work};
//!
//! # fn main() -> actiond_core::Result<()> {
//! let name = ActionName::parse("tidy_up")?;
//! let work = Work::handler(|context| {
//!     context.progress(50.0);
//!     Ok(())
//! });
//! let execution = Execution {
//!     repository: Arc::new(MemoryClusterActions::default()),
//!     clock: Arc::new(SystemClock),
//! };
//! let catalog = Arc::new(Catalog::new([ActionDefinition::new(name.clone())])?);
//! let registry = Registry::new().with(name, work);
//! let runner = Runner::new(execution, catalog, registry, RunnerSettings::new("runner-1"))?;
//! let bell = runner.signal(); // for `ClusterActions`, which rings it
//! let handle = runner.spawn()?;
//! # drop(bell);
//! handle.shutdown(std::time::Duration::from_secs(10));
//! # Ok(())
//! # }
//! ```

mod bell;
mod command;
mod handle;
mod handler;
mod hold;
mod job;
mod meter;
mod order;
mod orphans;
mod registry;
mod reporter;
mod runner;
mod settings;
mod stat;
mod store;
mod system;

pub use command::CommandLine;
pub use handle::RunnerHandle;
pub use handler::{Context, Handler};
pub use orphans::kill_left_behind;
pub use registry::{Registry, Work};
pub use runner::Runner;
pub use settings::RunnerSettings;
pub use system::{RandomIds, SystemClock};

/// The variable that tells a command which task it belongs to, and by which its processes are found
/// again when the server that started them is gone.
pub const TASK_VARIABLE: &str = "ACTIOND_TASK_ID";

/// The variable that tells a command which attempt of the task it is: 1, and one more each time that
/// the work was lost and is tried again.
pub const ATTEMPT_VARIABLE: &str = "ACTIOND_ATTEMPT";

/// The variable that tells a command which action it carries out.
pub const ACTION_VARIABLE: &str = "ACTIOND_ACTION";

/// What the names of the variables begin with that tell a command about its node.
pub const NODE_VARIABLES: &str = "ACTIOND_NODE_";
