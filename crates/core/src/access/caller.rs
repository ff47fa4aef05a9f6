//! The one who asks.

use super::ClusterRole;
use crate::project::ProjectId;

/// What credentials are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScopeTarget {
    /// One project.
    Project {
        /// Its id.
        id: ProjectId,
        /// The id of the domain that owns it.
        domain: Option<String>,
    },
    /// A domain, by its id.
    Domain(String),
    /// The whole deployment.
    System,
}

/// What a caller's credentials are for, and the roles that they carry there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// What they are for.
    pub target: ScopeTarget,
    /// The roles, in lower case.
    pub roles: Vec<String>,
}

impl Scope {
    /// Roles in one project, whose domain is not known.
    pub fn project(id: ProjectId, roles: Vec<String>) -> Self {
        Self { target: ScopeTarget::Project { id, domain: None }, roles }
    }
}

/// An authenticated user, with what the credentials say about it. The default one is nobody, and may
/// nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// The user's id; becomes the `user_id` of what it creates.
    pub user_id: String,
    /// The user's name.
    pub name: String,
    /// The id of the domain that owns the user, where users have one.
    pub user_domain: Option<String>,
    /// Roles on the cluster face.
    pub cluster_roles: Vec<ClusterRole>,
    /// What the credentials are for; unscoped ones are for nothing.
    pub scope: Option<Scope>,
}

impl Caller {
    /// The project that the credentials are for, if they are for one.
    pub fn project(&self) -> Option<&ProjectId> {
        match &self.scope.as_ref()?.target {
            ScopeTarget::Project { id, .. } => Some(id),
            ScopeTarget::Domain(_) | ScopeTarget::System => None,
        }
    }

    /// The roles that the credentials carry, in lower case.
    pub fn roles(&self) -> &[String] {
        self.scope.as_ref().map_or(&[], |scope| &scope.roles)
    }

    /// Whether the credentials carry this role (in lower case), whatever they are for.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles().iter().any(|own| own == role)
    }
}
