//! Users as the cluster face manages them.

use std::fmt;

use super::User;
use crate::access::{Caller, ClusterRole};
use crate::error::{Error, Result};

/// A user, and whether its password is good for anything just now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The user.
    pub user: User,
    /// Whether too many wrong passwords have locked it.
    pub is_locked: bool,
}

/// A user to be made.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAccount {
    /// What it logs in with; without one its e-mail address.
    pub name: Option<String>,
    /// Its e-mail address, with which it can log in too.
    pub email: Option<String>,
    /// Its password.
    pub password: String,
    /// Its role on the cluster face.
    pub role: ClusterRole,
}

/// What is to change of a user; what is `None` stays.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// What it logs in with.
    pub name: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its password. With another one its tokens are worth nothing any more.
    pub password: Option<String>,
    /// Its role, in the place of all that it has on the cluster face; the main one of these changes
    /// nothing.
    pub role: Option<ClusterRole>,
    /// Whether a lock ends.
    pub unlock: bool,
}

impl fmt::Debug for NewAccount {
    /// Leaves the password out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewAccount").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for AccountChange {
    /// Leaves the password out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccountChange").field("name", &self.name).finish_non_exhaustive()
    }
}

impl User {
    /// The role that says most of what the user may do on the cluster face.
    pub fn main_role(&self) -> ClusterRole {
        let has = |role: &ClusterRole| self.cluster_roles.contains(role);
        ClusterRole::ALL.into_iter().find(has).unwrap_or(ClusterRole::None)
    }
}

/// Lets everybody give roles but `admin`, and admins all: who may manage users could make itself an admin
/// otherwise.
///
/// # Errors
/// [`Error::Forbidden`] to others where one of `roles` is `admin`.
pub fn may_give(caller: &Caller, roles: &[ClusterRole]) -> Result<()> {
    let admin = ClusterRole::Admin;
    if !roles.contains(&admin) || caller.cluster_roles.contains(&admin) {
        return Ok(());
    }
    Err(Error::Forbidden { permission: "manage_admins" })
}

/// Lets everybody change and remove users who are no admins and have no project, and admins all: with
/// another's password one can do what he can.
///
/// # Errors
/// [`Error::Forbidden`] to others.
pub fn may_touch(caller: &Caller, user: &User) -> Result<()> {
    if user.grants.is_empty() || caller.cluster_roles.contains(&ClusterRole::Admin) {
        return may_give(caller, &user.cluster_roles);
    }
    Err(Error::Forbidden { permission: "manage_admins" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn admins_are_managed_by_admins_alone() {
        let caller = |role| Caller { cluster_roles: vec![role], ..Caller::default() };
        let check = |role, of: &[ClusterRole], may: bool| {
            assert_eq!(may_give(&caller(role), of).is_ok(), may, "{role:?} {of:?}");
        };
        check(ClusterRole::Admin, &[ClusterRole::Admin], true);
        check(ClusterRole::UserManager, &[ClusterRole::DbViewer, ClusterRole::Admin], false);
        check(ClusterRole::UserManager, &[ClusterRole::UserManager], true);
        check(ClusterRole::UserManager, &[], true);
    }

    #[test]
    fn who_has_a_project_is_touched_by_admins_alone() {
        let caller = |role| Caller { cluster_roles: vec![role], ..Caller::default() };
        let project = crate::project::ProjectId::new("p");
        let grants = vec![crate::identity::ProjectGrant { project, role: "reader".to_owned() }];
        let user = User {
            id: "1".to_owned(),
            uid: 1,
            name: "ops".to_owned(),
            email: None,
            password_hash: String::new(),
            password_issued_at: crate::Timestamp::default(),
            cluster_roles: vec![],
            grants,
            created_at: crate::Timestamp::default(),
        };
        assert!(may_touch(&caller(ClusterRole::UserManager), &user).is_err());
        assert!(may_touch(&caller(ClusterRole::Admin), &user).is_ok());
        let nobody = User { grants: vec![], ..user };
        assert!(may_touch(&caller(ClusterRole::UserManager), &nobody).is_ok());
    }
}
