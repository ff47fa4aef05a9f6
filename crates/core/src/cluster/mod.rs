//! Cluster actions: maintenance of a whole cluster, one instance of each at a time.
//!
//! The rules come from the Redis Enterprise Software REST API, `/v1/cluster/actions`.

mod action;
mod catalog;
mod name;
mod parameters;
mod progress;
mod status;

pub use action::{ClusterAction, Failure, Lease, Outcome};
pub use catalog::{ActionDefinition, Catalog, ExclusionKey};
pub use name::{ActionKey, ActionName, MAX_NAME_LENGTH, Target, TaskId};
pub use parameters::ParameterSchema;
pub use progress::Progress;
pub use status::{ActionEvent, ActionStatus, transition};
