//! The ports over tables. What is here is compiled once for each database, `backend` being the one
//! that it is compiled for.

mod cluster;
pub(crate) mod convert;
mod health;
mod identity;
mod project;
pub(crate) mod writer;

use super as backend;
pub(crate) use cluster::ClusterActionTable;
pub(crate) use health::Health;
pub(crate) use identity::{TokenTable, UserTable};
pub(crate) use project::ProjectActionTable;
