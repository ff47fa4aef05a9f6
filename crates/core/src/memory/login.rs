//! Failed logins and signing keys in memory.

use std::collections::HashMap;
use std::sync::Mutex;

use super::lock;
use crate::Timestamp;
use crate::error::Result;
use crate::identity::{AccountKey, LockoutPolicy, LoginFailures, SigningKey};
use crate::ports::{Inserted, LoginFailureRepository, SigningKeyRepository};

/// Keeps failed logins as long as it lives.
#[derive(Debug, Default)]
pub struct MemoryLoginFailures(Mutex<HashMap<AccountKey, LoginFailures>>);

/// Keeps signing keys as long as it lives.
#[derive(Debug, Default)]
pub struct MemorySigningKeys(Mutex<Vec<SigningKey>>);

impl LoginFailureRepository for MemoryLoginFailures {
    fn find(&self, accounts: &[AccountKey]) -> Result<HashMap<AccountKey, LoginFailures>> {
        let all = lock(&self.0);
        let known = |key: &AccountKey| Some((*key, all.get(key)?.clone()));
        Ok(accounts.iter().filter_map(known).collect())
    }

    fn note(
        &self,
        account: &AccountKey,
        now: Timestamp,
        policy: &LockoutPolicy,
    ) -> Result<LoginFailures> {
        let mut all = lock(&self.0);
        all.retain(|_, failures| now < failures.over_at(policy));
        let failures = all.remove(account).unwrap_or_default().and_another(now, policy);
        all.insert(*account, failures.clone());
        Ok(failures)
    }

    fn forget(&self, account: &AccountKey) -> Result<()> {
        lock(&self.0).remove(account);
        Ok(())
    }
}

impl SigningKeyRepository for MemorySigningKeys {
    fn list(&self) -> Result<Vec<SigningKey>> {
        let mut keys = lock(&self.0).clone();
        keys.sort_by(|a, b| (b.made_at, &b.id).cmp(&(a.made_at, &a.id)));
        Ok(keys)
    }

    fn rotate(&self, key: &SigningKey, others_until: Timestamp) -> Result<()> {
        rotate(&mut lock(&self.0), key, others_until);
        Ok(())
    }

    fn rotate_after(
        &self,
        last: Option<&str>,
        key: &SigningKey,
        others_until: Timestamp,
    ) -> Result<Inserted> {
        let mut keys = lock(&self.0);
        let signs = keys.iter().find(|key| key.good_until.is_none());
        if signs.map(|key| key.id.as_str()) != last {
            return Ok(Inserted::Taken);
        }
        rotate(&mut keys, key, others_until);
        Ok(Inserted::Stored)
    }
}

fn rotate(keys: &mut Vec<SigningKey>, key: &SigningKey, others_until: Timestamp) {
    for other in keys.iter_mut() {
        let until = other.good_until.unwrap_or(others_until).min(others_until);
        other.good_until = Some(until);
    }
    keys.retain(|other| other.is_good(key.made_at));
    keys.push(key.clone());
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::port_tests;

    #[test]
    fn behave_as_every_repository_does() {
        port_tests::login_failures(&|| Arc::new(MemoryLoginFailures::default()));
        port_tests::signing_keys(&|| Arc::new(MemorySigningKeys::default()));
    }
}
