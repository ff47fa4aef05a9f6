//! Cluster actions: maintenance of a whole cluster or of its nodes, one instance of each at a time.
//!
//! The rules come from the Redis Enterprise Software REST API, `/v1/cluster/actions` and
//! `/v1/nodes/{uid}/actions`.

mod action;
mod catalog;
mod lease;
mod name;
mod parameters;
mod progress;
mod status;
mod target;
mod turn;

pub use action::{ClusterAction, Failure, Outcome};
pub use catalog::{ActionDefinition, Catalog, ExclusionKey, OnLost};
pub use lease::Lease;
pub use name::{ActionKey, ActionName, MAX_NAME_LENGTH, TaskId};
pub use parameters::ParameterSchema;
pub use progress::Progress;
pub use status::{ActionEvent, ActionStatus, transition};
pub use target::{Node, NodeUid, Target, TargetKind};
pub use turn::Turn;
