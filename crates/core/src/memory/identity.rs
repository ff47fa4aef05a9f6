//! Users and tokens in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::Timestamp;
use crate::error::Result;
use crate::identity::{Project, TokenDigest, TokenRecord, User};
use crate::ports::{Inserted, Swapped, TokenRepository, UserChange, UserRemoval, UserRepository};
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
    /// The last uid that was given.
    last_uid: Mutex<u32>,
    tokens: Arc<MemoryTokens>,
}

impl MemoryUsers {
    /// No users, over these tokens.
    pub fn new(tokens: Arc<MemoryTokens>) -> Self {
        Self { tokens, ..Self::default() }
    }

    fn forget_tokens(&self, user: &User) {
        lock(&self.tokens.0).retain(|_, token| token.user_id != user.id);
    }
}

impl UserRepository for MemoryUsers {
    fn insert(&self, user: &User) -> Result<Inserted> {
        let mut users = lock(&self.users);
        if is_taken(&users, user) {
            return Ok(Inserted::Taken);
        }
        let mut last = lock(&self.last_uid);
        let uid = if user.uid == 0 { *last + 1 } else { user.uid };
        *last = uid.max(*last);
        users.insert(user.name.clone(), User { uid, ..user.clone() });
        Ok(Inserted::Stored)
    }

    fn find_by_name(&self, name: &str) -> Result<Option<User>> {
        Ok(lock(&self.users).get(name).cloned())
    }

    fn find_by_id(&self, id: &str) -> Result<Option<User>> {
        Ok(lock(&self.users).values().find(|user| user.id == id).cloned())
    }

    fn find_by_uid(&self, uid: u32) -> Result<Option<User>> {
        Ok(lock(&self.users).values().find(|user| user.uid == uid).cloned())
    }

    fn find_by_login(&self, login: &str) -> Result<Option<User>> {
        let users = lock(&self.users);
        let by_email = || users.values().find(|user| user.email.as_deref() == Some(login));
        Ok(users.get(login).or_else(by_email).cloned())
    }

    fn list(&self) -> Result<Vec<User>> {
        Ok(lock(&self.users).values().cloned().collect())
    }

    fn set_password(&self, name: &str, password_hash: &str, since: Timestamp) -> Result<Swapped> {
        let mut users = lock(&self.users);
        let Some(user) = users.get_mut(name) else { return Ok(Swapped::Gone) };
        (user.password_hash, user.password_issued_at) = (password_hash.to_owned(), since);
        self.forget_tokens(user);
        Ok(Swapped::Updated)
    }

    fn remove(&self, seen: &User) -> Result<UserRemoval> {
        let mut users = lock(&self.users);
        let Some(now) = users.values().find(|user| user.id == seen.id) else {
            return Ok(UserRemoval::Unknown);
        };
        if now != seen {
            return Ok(UserRemoval::Changed);
        }
        if is_last_admin(&users, &seen.name) {
            return Ok(UserRemoval::LastAdmin);
        }
        self.forget_tokens(seen);
        users.remove(&seen.name);
        Ok(UserRemoval::Removed)
    }

    fn update(&self, seen: &User, wanted: &User) -> Result<UserChange> {
        let mut users = lock(&self.users);
        let Some(now) = users.values().find(|user| user.id == seen.id).cloned() else {
            return Ok(UserChange::Unknown);
        };
        let (id, uid, created_at) = (now.id.clone(), now.uid, now.created_at);
        let wanted = User { id, uid, created_at, ..wanted.clone() };
        if now != *seen {
            return Ok(UserChange::Changed);
        }
        if is_last_admin(&users, &now.name) && !wanted.is_admin() {
            return Ok(UserChange::LastAdmin);
        }
        if is_taken(&users, &wanted) {
            return Ok(UserChange::Taken);
        }
        if wanted.password_hash != now.password_hash {
            self.forget_tokens(&now);
        }
        users.remove(&now.name);
        users.insert(wanted.name.clone(), wanted);
        Ok(UserChange::Updated)
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

/// Whether another user has the name, the e-mail address or the uid.
fn is_taken(users: &BTreeMap<String, User>, user: &User) -> bool {
    let same = |other: &User| {
        let has_email = other.email.is_some() && other.email == user.email;
        other.name == user.name || other.uid == user.uid || has_email
    };
    users.values().any(|other| other.id != user.id && same(other))
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
