//! Users and tokens in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::access::ClusterRole;
use crate::error::Result;
use crate::identity::{Project, ProjectGrant, TokenDigest, TokenRecord, User};
use crate::ports::{Inserted, RoleChange, Swapped, TokenRepository, UserRemoval, UserRepository};
use crate::project::ProjectId;

/// Keeps tokens as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<HashMap<TokenDigest, TokenRecord>>);

/// Keeps users as long as it lives, over the tokens that go with them.
#[derive(Debug, Default)]
pub struct MemoryUsers {
    users: Mutex<BTreeMap<String, User>>,
    /// Names of projects.
    names: Mutex<BTreeMap<ProjectId, String>>,
    tokens: Arc<MemoryTokens>,
}

impl MemoryUsers {
    /// No users, over these tokens.
    pub fn new(tokens: Arc<MemoryTokens>) -> Self {
        Self { users: Mutex::default(), names: Mutex::default(), tokens }
    }

    fn forget_tokens(&self, user: &User) {
        lock(&self.tokens.0).retain(|_, token| token.user_id != user.id);
    }
}

impl UserRepository for MemoryUsers {
    fn insert(&self, user: &User) -> Result<Inserted> {
        let mut users = lock(&self.users);
        if users.contains_key(&user.name) {
            return Ok(Inserted::Taken);
        }
        users.insert(user.name.clone(), user.clone());
        Ok(Inserted::Stored)
    }

    fn find_by_name(&self, name: &str) -> Result<Option<User>> {
        Ok(lock(&self.users).get(name).cloned())
    }

    fn find_by_id(&self, id: &str) -> Result<Option<User>> {
        Ok(lock(&self.users).values().find(|user| user.id == id).cloned())
    }

    fn list(&self) -> Result<Vec<User>> {
        Ok(lock(&self.users).values().cloned().collect())
    }

    fn set_password(&self, name: &str, password_hash: &str) -> Result<Swapped> {
        let mut users = lock(&self.users);
        let Some(user) = users.get_mut(name) else { return Ok(Swapped::Gone) };
        user.password_hash = password_hash.to_owned();
        self.forget_tokens(user);
        Ok(Swapped::Updated)
    }

    fn remove(&self, name: &str) -> Result<UserRemoval> {
        let mut users = lock(&self.users);
        let Some(user) = users.get(name) else { return Ok(UserRemoval::Unknown) };
        if is_last_admin(&users, name) {
            return Ok(UserRemoval::LastAdmin);
        }
        self.forget_tokens(user);
        users.remove(name);
        Ok(UserRemoval::Removed)
    }

    fn set_roles(
        &self,
        seen: &User,
        cluster_roles: &[ClusterRole],
        grants: &[ProjectGrant],
    ) -> Result<RoleChange> {
        let mut users = lock(&self.users);
        let is_last = is_last_admin(&users, &seen.name);
        let Some(user) = users.get_mut(&seen.name) else { return Ok(RoleChange::Unknown) };
        if (&user.cluster_roles, &user.grants) != (&seen.cluster_roles, &seen.grants) {
            return Ok(RoleChange::Changed);
        }
        if is_last && !cluster_roles.contains(&ClusterRole::Admin) {
            return Ok(RoleChange::LastAdmin);
        }
        (user.cluster_roles, user.grants) = (cluster_roles.to_vec(), grants.to_vec());
        Ok(RoleChange::Updated)
    }

    fn projects(&self) -> Result<Vec<Project>> {
        let (users, names) = (lock(&self.users), lock(&self.names));
        let granted = users.values().flat_map(|user| &user.grants).map(|grant| &grant.project);
        let ids: BTreeSet<_> = granted.chain(names.keys()).collect();
        let name = |id: &ProjectId| names.get(id).cloned().unwrap_or_else(|| id.to_string());
        Ok(ids.into_iter().map(|id| Project { id: id.clone(), name: name(id) }).collect())
    }

    fn name_project(&self, project: &Project) -> Result<Inserted> {
        let mut names = lock(&self.names);
        if names.iter().any(|(id, name)| *id != project.id && *name == project.name) {
            return Ok(Inserted::Taken);
        }
        names.insert(project.id.clone(), project.name.clone());
        Ok(Inserted::Stored)
    }
}

fn is_last_admin(users: &BTreeMap<String, User>, name: &str) -> bool {
    let admins: Vec<_> = users.values().filter(|user| user.is_admin()).collect();
    admins.len() == 1 && admins[0].name == name
}

impl TokenRepository for MemoryTokens {
    fn insert(&self, token: &TokenRecord) -> Result<()> {
        let mut tokens = lock(&self.0);
        tokens.retain(|_, kept| kept.expires_at > token.issued_at);
        tokens.insert(token.digest, token.clone());
        Ok(())
    }

    fn find(&self, digest: &TokenDigest) -> Result<Option<TokenRecord>> {
        Ok(lock(&self.0).get(digest).cloned())
    }

    fn remove(&self, digest: &TokenDigest) -> Result<()> {
        lock(&self.0).retain(|own, token| own != digest && token.chain != Some(*digest));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port_tests;

    fn make() -> (Arc<dyn UserRepository>, Arc<dyn TokenRepository>) {
        let tokens = Arc::new(MemoryTokens::default());
        (Arc::new(MemoryUsers::new(tokens.clone())), tokens)
    }

    #[test]
    fn behave_as_the_ports_say() {
        port_tests::users(&make);
        port_tests::tokens(&make);
    }
}
