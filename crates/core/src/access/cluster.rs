//! The role matrix of the cluster face (Redis Enterprise Software REST API, permissions).

use std::marker::PhantomData;
use std::sync::Arc;

use super::Caller;
use crate::cluster::{Target, TargetKind};
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
        /// The permission for the same on a node, where that is another one.
        const ON_NODE: ClusterPermission = Self::PERMISSION;
    }

    macro_rules! permissions {
        ($($(#[$doc:meta])* $name:ident => $permission:ident $(, on a node $on_node:ident)?;)*) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Permission for $name {
                const PERMISSION: ClusterPermission = ClusterPermission::$permission;
                $(const ON_NODE: ClusterPermission = ClusterPermission::$on_node;)?
            }
        )*};
    }

    permissions! {
        /// See actions.
        View => ViewStatusOfClusterAction, on a node ViewStatusOfNodeAction;
        /// See actions, whatever they are done to.
        ViewAll => ViewStatusOfClusterAction;
        /// See the actions of all nodes.
        ViewAllNodes => ViewStatusOfAllNodeActions;
        /// Start an action.
        Start => StartClusterAction, on a node StartNodeAction;
        /// Cancel an action.
        Cancel => CancelClusterAction, on a node CancelNodeAction;
        /// See all users.
        ViewUsers => ViewAllUsersInfo;
        /// See a user.
        ViewUser => ViewUserInfo;
        /// Make a user.
        CreateUser => CreateNewUser;
        /// Change a user.
        UpdateUser => UpdateUser;
        /// Remove a user.
        DeleteUser => DeleteUser;
    }
}

/// Proof that the caller has permission `P`, on a target.
#[derive(Clone, Debug)]
pub struct ClusterPass<P> {
    caller: Arc<Caller>,
    target: Target,
    permission: PhantomData<P>,
}

impl<P: cluster_permission::Permission> ClusterPass<P> {
    /// Checks the matrix, for the whole cluster.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when none of the caller's roles allows it.
    pub fn grant(caller: Arc<Caller>) -> Result<Self> {
        Self::grant_on(Target::Cluster, caller)
    }

    /// Checks the matrix, for a target. Whether there is such a node is another question.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when none of the caller's roles allows it.
    pub fn grant_on(target: Target, caller: Arc<Caller>) -> Result<Self> {
        let needed = match target.kind() {
            TargetKind::Cluster => P::PERMISSION,
            TargetKind::Node => P::ON_NODE,
        };
        if caller.cluster_roles.iter().any(|role| role.allows(needed)) {
            return Ok(Self { caller, target, permission: PhantomData });
        }
        Err(Error::Forbidden { permission: needed.as_str() })
    }

    /// Whose pass it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What it is for.
    pub fn target(&self) -> &Target {
        &self.target
    }
}

#[cfg(test)]
mod tests {
    use super::cluster_permission::{Cancel, Permission, Start, View, ViewAllNodes};
    use super::*;

    #[test]
    fn a_pass_for_a_node_takes_the_permission_for_nodes() {
        fn names<P: Permission>() -> [&'static str; 2] {
            let missing = |target| match ClusterPass::<P>::grant_on(target, Arc::default()) {
                Err(Error::Forbidden { permission }) => permission,
                other => panic!("{:?}", other.map(|pass| pass.target)),
            };
            [missing(Target::Cluster), missing(Target::node("1"))]
        }
        assert_eq!(
            names::<View>(),
            ["view_status_of_cluster_action", "view_status_of_node_action"]
        );
        assert_eq!(names::<Start>(), ["start_cluster_action", "start_node_action"]);
        assert_eq!(names::<Cancel>(), ["cancel_cluster_action", "cancel_node_action"]);
        assert_eq!(names::<ViewAllNodes>(), ["view_status_of_all_node_actions"; 2]);
    }

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
