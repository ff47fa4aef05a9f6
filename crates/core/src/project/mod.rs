//! Project actions: the backup, restore, admin, info and exec actions that a project keeps.
//!
//! The rules come from the OpenStack Freezer API v2, actions.

mod action;
mod fields;
mod id;
mod iso8601;
mod schedule;

pub use action::{ProjectAction, ProjectActionBody};
pub use id::{ActionId, MAX_ID_LENGTH, ProjectId};
