//! One user, uid 7, who can be managed; and signed tokens, which are `jwt-` and a role.

use std::sync::Arc;

use actiond_core::access::{Caller, ClusterPass, ClusterRole, cluster_permission as may};
use actiond_core::identity::{
    Account, AccountChange, ClusterToken, NewAccount, TokenLife, User, may_give,
};
use actiond_core::ports::{Accounts, ClusterTokens};
use actiond_core::{Error, Result, Timestamp};

use crate::world::PASSWORD;

pub(crate) struct Directory;

fn role(name: &str) -> Result<ClusterRole> {
    ClusterRole::parse(name).ok_or(Error::Unauthenticated)
}

fn token(name: &str, life: TokenLife) -> ClusterToken {
    let expires_at = Timestamp::UNIX_EPOCH + life.duration();
    ClusterToken { token: format!("jwt-{name}"), expires_at }
}

impl ClusterTokens for Directory {
    fn authorize(&self, login: &str, password: &str, life: TokenLife) -> Result<ClusterToken> {
        role(login)?;
        if password == PASSWORD { Ok(token(login, life)) } else { Err(Error::Unauthenticated) }
    }

    fn refresh(&self, old: &str, life: TokenLife) -> Result<ClusterToken> {
        Ok(token(&self.caller(old)?.name, life))
    }

    fn caller(&self, token: &str) -> Result<Arc<Caller>> {
        let name = token.strip_prefix("jwt-").ok_or(Error::Unauthenticated)?;
        let (name, cluster_roles) = (name.to_owned(), vec![role(name)?]);
        Ok(Arc::new(Caller { name, cluster_roles, ..Caller::default() }))
    }
}

fn eva() -> Account {
    let user = User {
        id: "id-eva".into(),
        uid: 7,
        name: "eva".into(),
        email: None,
        password_hash: "secret hash".into(),
        password_issued_at: Timestamp::UNIX_EPOCH,
        cluster_roles: vec![ClusterRole::DbMember, ClusterRole::DbViewer],
        grants: vec![],
        created_at: Timestamp::UNIX_EPOCH,
    };
    Account { user, is_locked: true }
}

fn find(uid: u32) -> Result<Account> {
    let unknown = || Error::not_found(format!("there is no user {uid}"));
    Some(eva()).filter(|_| uid == 7).ok_or_else(unknown)
}

impl Accounts for Directory {
    fn list(&self, _: &ClusterPass<may::ViewUsers>) -> Result<Vec<Account>> {
        Ok(vec![eva()])
    }

    fn show(&self, _: &ClusterPass<may::ViewUser>, uid: u32) -> Result<Account> {
        find(uid)
    }

    fn create(&self, pass: &ClusterPass<may::CreateUser>, new: NewAccount) -> Result<Account> {
        may_give(pass.caller(), &[new.role])?;
        let name = new.name.or(new.email.clone()).unwrap();
        if name == "eva" {
            return Err(Error::conflict("there is a user 'eva' already"));
        }
        let cluster_roles = vec![new.role];
        let user = User { uid: 8, name, email: new.email, cluster_roles, ..eva().user };
        Ok(Account { user, is_locked: false })
    }

    fn change(
        &self,
        _: &ClusterPass<may::UpdateUser>,
        uid: u32,
        change: AccountChange,
    ) -> Result<Account> {
        let Account { mut user, .. } = find(uid)?;
        user.name = change.name.unwrap_or(user.name);
        user.cluster_roles = change.role.map_or(user.cluster_roles, |role| vec![role]);
        Ok(Account { user, is_locked: !change.unlock })
    }

    fn remove(&self, _: &ClusterPass<may::DeleteUser>, uid: u32) -> Result<()> {
        find(uid).map(drop)
    }
}
