//! The one who asks.

use super::ClusterRole;
use crate::project::ProjectId;

/// The project that a caller's credentials are for, and the caller's roles in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectScope {
    /// The project.
    pub project: ProjectId,
    /// The roles, in lower case.
    pub roles: Vec<String>,
}

/// An authenticated user, with what the credentials say about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The user's id; becomes the `user_id` of what it creates.
    pub user_id: String,
    /// The user's name.
    pub name: String,
    /// Roles on the cluster face.
    pub cluster_roles: Vec<ClusterRole>,
    /// The project of the credentials, if they are for one.
    pub scope: Option<ProjectScope>,
}
