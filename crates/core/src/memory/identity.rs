//! Users and tokens in memory.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex};

use super::lock;
use crate::error::Result;
use crate::identity::{TokenDigest, TokenRecord, User};
use crate::ports::{Inserted, Swapped, TokenRepository, UserRemoval, UserRepository};
use crate::project::ProjectId;

/// Keeps tokens as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryTokens(Mutex<HashMap<TokenDigest, TokenRecord>>);

/// Keeps users as long as it lives, over the tokens that go with them.
#[derive(Debug, Default)]
pub struct MemoryUsers {
    users: Mutex<BTreeMap<String, User>>,
    tokens: Arc<MemoryTokens>,
}

impl MemoryUsers {
    /// No users, over these tokens.
    pub fn new(tokens: Arc<MemoryTokens>) -> Self {
        Self { users: Mutex::default(), tokens }
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
        if user.is_admin() && users.values().filter(|user| user.is_admin()).count() == 1 {
            return Ok(UserRemoval::LastAdmin);
        }
        self.forget_tokens(user);
        users.remove(name);
        Ok(UserRemoval::Removed)
    }

    fn project_exists(&self, project: &ProjectId) -> Result<bool> {
        let users = lock(&self.users);
        Ok(users.values().any(|user| user.grants.iter().any(|grant| grant.project == *project)))
    }
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
