//! Users, managed over the cluster face.

use std::sync::Arc;

use actiond_core::access::{ClusterPass, cluster_permission as may};
use actiond_core::identity::{
    Account, AccountChange, AccountKey, NewAccount, User, may_give, may_touch,
};
use actiond_core::ports::{Accounts, LoginFailureRepository};
use actiond_core::{Error, Result};

use crate::admin::{check_email, check_name, outcome};
use crate::{NewUser, UserAdmin, check_new_password};

/// The users of an operator, for those who may manage them.
pub struct UserAccounts {
    /// What the operator does.
    pub admin: UserAdmin,
}

impl UserAccounts {
    fn failures(&self) -> &Arc<dyn LoginFailureRepository> {
        &self.admin.failures
    }

    fn find(&self, uid: u32) -> Result<User> {
        let unknown = || Error::not_found(format!("there is no user {uid}"));
        self.admin.users.find_by_uid(uid)?.ok_or_else(unknown)
    }

    fn accounts(&self, users: Vec<User>) -> Result<Vec<Account>> {
        let keys: Vec<_> = users.iter().map(|user| AccountKey::of(&user.name)).collect();
        let (failures, now) = (self.failures().find(&keys)?, self.admin.clock.now());
        let is_locked = |key| failures.get(key).is_some_and(|known| known.is_locked(now));
        let accounts = users.into_iter().zip(&keys);
        Ok(accounts.map(|(user, key)| Account { is_locked: is_locked(key), user }).collect())
    }

    fn account(&self, uid: u32) -> Result<Account> {
        let found = self.accounts(vec![self.find(uid)?])?;
        found.into_iter().next().ok_or_else(|| Error::not_found("the user is gone"))
    }

    /// The user as the change makes it.
    fn changed(&self, seen: &User, change: &AccountChange) -> Result<User> {
        let mut user = seen.clone();
        if let Some(name) = &change.name {
            check_name(name)?;
            user.name.clone_from(name);
        }
        if let Some(email) = &change.email {
            user.email = Some(email.clone()).filter(|email| !email.is_empty());
            user.email.as_deref().map(check_email).transpose()?;
        }
        // A client that sends back the one role that it was shown takes no others away.
        if let Some(role) = change.role.filter(|role| *role != seen.main_role()) {
            user.cluster_roles = vec![role];
        }
        if let Some(password) = &change.password {
            check_new_password(password)?;
            user.password_hash = self.admin.passwords.hash(password)?;
            user.password_issued_at = self.admin.clock.now();
        }
        Ok(user)
    }
}

impl Accounts for UserAccounts {
    fn list(&self, _pass: &ClusterPass<may::ViewUsers>) -> Result<Vec<Account>> {
        self.accounts(self.admin.users.list()?)
    }

    fn show(&self, _pass: &ClusterPass<may::ViewUser>, uid: u32) -> Result<Account> {
        self.account(uid)
    }

    fn create(&self, pass: &ClusterPass<may::CreateUser>, new: NewAccount) -> Result<Account> {
        may_give(pass.caller(), &[new.role])?;
        let name = new.name.or_else(|| new.email.clone());
        let user = self.admin.add(NewUser {
            name: name.ok_or(Error::Missing { field: "email" })?,
            email: new.email,
            password: new.password.into(),
            cluster_roles: vec![new.role],
            grants: vec![],
        })?;
        Ok(Account { user, is_locked: false })
    }

    fn change(
        &self,
        pass: &ClusterPass<may::UpdateUser>,
        uid: u32,
        change: AccountChange,
    ) -> Result<Account> {
        let seen = self.find(uid)?;
        may_touch(pass.caller(), &seen)?;
        may_give(pass.caller(), change.role.as_slice())?;
        let wanted = self.changed(&seen, &change)?;
        self.admin.require_free(&wanted)?;
        outcome(&seen, self.admin.users.update(&seen, &wanted)?)?;
        if change.unlock || change.password.is_some() {
            self.failures().forget(&AccountKey::of(&seen.name))?;
        }
        self.account(uid)
    }

    fn remove(&self, pass: &ClusterPass<may::DeleteUser>, uid: u32) -> Result<()> {
        let user = self.find(uid)?;
        may_touch(pass.caller(), &user)?;
        self.admin.remove_seen(&user)
    }
}
