//! The role matrix of the cluster face (Redis Enterprise Software REST API, permissions).

use std::marker::PhantomData;
use std::sync::Arc;

use super::Caller;
use crate::error::{Error, Result};

/// A role of a user on the cluster face. A user may hold several; what any of them allows is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterRole {
    /// Everything.
    Admin,
    /// Sees the cluster, manages databases.
    ClusterMember,
    /// Sees the cluster.
    ClusterViewer,
    /// Manages databases.
    DbMember,
    /// Sees databases.
    DbViewer,
    /// Manages users.
    UserManager,
    /// Nothing.
    None,
}

impl ClusterRole {
    /// Every role.
    pub const ALL: [Self; 7] = [
        Self::Admin,
        Self::ClusterMember,
        Self::ClusterViewer,
        Self::DbMember,
        Self::DbViewer,
        Self::UserManager,
        Self::None,
    ];

    /// The role's name in requests, configuration and store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ClusterMember => "cluster_member",
            Self::ClusterViewer => "cluster_viewer",
            Self::DbMember => "db_member",
            Self::DbViewer => "db_viewer",
            Self::UserManager => "user_manager",
            Self::None => "none",
        }
    }

    /// Reads what [`ClusterRole::as_str`] wrote; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// Whether the role allows `permission`: the matrix.
    pub fn allows(self, permission: ClusterPermission) -> bool {
        match permission {
            ClusterPermission::ViewStatusOfClusterAction => self != Self::None,
            ClusterPermission::StartClusterAction | ClusterPermission::CancelClusterAction => {
                self == Self::Admin
            }
        }
    }
}

/// What the cluster face asks for, by the names of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterPermission {
    /// See actions and how they go.
    ViewStatusOfClusterAction,
    /// Start an action.
    StartClusterAction,
    /// Cancel an action, or remove its result.
    CancelClusterAction,
}

impl ClusterPermission {
    /// Every permission.
    pub const ALL: [Self; 3] =
        [Self::ViewStatusOfClusterAction, Self::StartClusterAction, Self::CancelClusterAction];

    /// The permission's documented name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViewStatusOfClusterAction => "view_status_of_cluster_action",
            Self::StartClusterAction => "start_cluster_action",
            Self::CancelClusterAction => "cancel_cluster_action",
        }
    }
}

/// The permissions as types, for [`ClusterPass`].
pub mod cluster_permission {
    use super::ClusterPermission;

    /// A permission that is known when the program is compiled.
    pub trait Permission: Send + 'static {
        /// The permission.
        const PERMISSION: ClusterPermission;
    }

    macro_rules! permissions {
        ($($(#[$doc:meta])* $name:ident => $permission:ident),* $(,)?) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Permission for $name {
                const PERMISSION: ClusterPermission = ClusterPermission::$permission;
            }
        )*};
    }

    permissions! {
        /// See actions.
        View => ViewStatusOfClusterAction,
        /// Start an action.
        Start => StartClusterAction,
        /// Cancel an action.
        Cancel => CancelClusterAction,
    }
}

/// Proof that the caller has permission `P`.
#[derive(Clone, Debug)]
pub struct ClusterPass<P> {
    caller: Arc<Caller>,
    permission: PhantomData<P>,
}

impl<P: cluster_permission::Permission> ClusterPass<P> {
    /// Checks the matrix.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when none of the caller's roles allows it.
    pub fn grant(caller: Arc<Caller>) -> Result<Self> {
        if caller.cluster_roles.iter().any(|role| role.allows(P::PERMISSION)) {
            return Ok(Self { caller, permission: PhantomData });
        }
        Err(Error::Forbidden { permission: P::PERMISSION.as_str() })
    }

    /// Whose pass it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_matrix_is_as_checked_in() {
        let mut table = format!("{:<31}", "");
        for role in ClusterRole::ALL {
            table += &format!("{:<16}", role.as_str());
        }
        for permission in ClusterPermission::ALL {
            table = format!("{}\n{:<31}", table.trim_end(), permission.as_str());
            for role in ClusterRole::ALL {
                table += &format!("{:<16}", if role.allows(permission) { "yes" } else { "-" });
            }
        }
        let expected = include_str!("../../tests/tables/cluster_roles.txt");
        assert_eq!(
            table.trim_end(),
            expected.trim_end(),
            "update tests/tables/cluster_roles.txt if this is meant"
        );
    }
}
