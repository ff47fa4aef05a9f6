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
        use ClusterPermission as P;
        match permission {
            P::ViewStatusOfClusterAction
            | P::ViewStatusOfNodeAction
            | P::ViewStatusOfAllNodeActions => self != Self::None,
            P::StartClusterAction
            | P::CancelClusterAction
            | P::StartNodeAction
            | P::CancelNodeAction => self == Self::Admin,
            P::ViewAllUsersInfo
            | P::ViewUserInfo
            | P::CreateNewUser
            | P::UpdateUser
            | P::DeleteUser => matches!(self, Self::Admin | Self::UserManager),
        }
    }
}

/// What the cluster face may ask for, by the names of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClusterPermission {
    /// See the actions of the cluster and how they go.
    ViewStatusOfClusterAction,
    /// See the actions of a node.
    ViewStatusOfNodeAction,
    /// See the actions of every node.
    ViewStatusOfAllNodeActions,
    /// Start an action of the cluster.
    StartClusterAction,
    /// Cancel an action of the cluster, or remove its result.
    CancelClusterAction,
    /// Start an action of a node.
    StartNodeAction,
    /// Cancel an action of a node.
    CancelNodeAction,
    /// See all users.
    ViewAllUsersInfo,
    /// See a user.
    ViewUserInfo,
    /// Make a user.
    CreateNewUser,
    /// Change a user.
    UpdateUser,
    /// Remove a user.
    DeleteUser,
}

impl ClusterPermission {
    /// Every permission.
    pub const ALL: [Self; 12] = [
        Self::ViewStatusOfClusterAction,
        Self::ViewStatusOfNodeAction,
        Self::ViewStatusOfAllNodeActions,
        Self::StartClusterAction,
        Self::CancelClusterAction,
        Self::StartNodeAction,
        Self::CancelNodeAction,
        Self::ViewAllUsersInfo,
        Self::ViewUserInfo,
        Self::CreateNewUser,
        Self::UpdateUser,
        Self::DeleteUser,
    ];

    /// The permission's documented name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ViewStatusOfClusterAction => "view_status_of_cluster_action",
            Self::ViewStatusOfNodeAction => "view_status_of_node_action",
            Self::ViewStatusOfAllNodeActions => "view_status_of_all_node_actions",
            Self::StartClusterAction => "start_cluster_action",
            Self::CancelClusterAction => "cancel_cluster_action",
            Self::StartNodeAction => "start_node_action",
            Self::CancelNodeAction => "cancel_node_action",
            Self::ViewAllUsersInfo => "view_all_users_info",
            Self::ViewUserInfo => "view_user_info",
            Self::CreateNewUser => "create_new_user",
            Self::UpdateUser => "update_user",
            Self::DeleteUser => "delete_user",
        }
    }
}

/// The permissions that a use case asks for, as types, for [`ClusterPass`].
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
        let mut table = format!("{:<33}", "");
        for role in ClusterRole::ALL {
            table += &format!("{:<16}", role.as_str());
        }
        for permission in ClusterPermission::ALL {
            table = format!("{}\n{:<33}", table.trim_end(), permission.as_str());
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
