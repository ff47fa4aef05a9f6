//! What every implementation of a repository port must do: one suite of tests for the memory and
//! for every database.
//!
//! Each function takes a maker of empty repositories, and panics where one does not behave.
#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

mod cluster;
mod cluster_model;
mod cluster_turns;
mod identity;
mod login;
mod once;
mod project;
mod project_model;
mod sample;

pub use cluster::cluster_actions;
pub use cluster_model::cluster_actions_agree;
pub use identity::{tokens, users};
pub use login::{login_failures, signing_keys};
pub use project::project_actions;
pub use project_model::project_actions_agree;

use std::sync::Arc;

use crate::memory::ManualClock;
use crate::ports::{
    ClusterActionRepository, LoginFailureRepository, ProjectActionRepository, SigningKeyRepository,
    TokenRepository, UserRepository,
};

/// Makes an empty repository of cluster actions.
pub type MakeClusterActions<'a> = &'a dyn Fn() -> Arc<dyn ClusterActionRepository>;

/// Makes an empty repository of project actions that goes by this clock.
pub type MakeProjectActions<'a> = &'a dyn Fn(Arc<ManualClock>) -> Arc<dyn ProjectActionRepository>;

/// Makes empty repositories of users and of their tokens.
pub type MakeUsers<'a> = &'a dyn Fn() -> (Arc<dyn UserRepository>, Arc<dyn TokenRepository>);

/// Makes an empty repository of failed logins.
pub type MakeLoginFailures<'a> = &'a dyn Fn() -> Arc<dyn LoginFailureRepository>;

/// Makes an empty repository of signing keys.
pub type MakeSigningKeys<'a> = &'a dyn Fn() -> Arc<dyn SigningKeyRepository>;
