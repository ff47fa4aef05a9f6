//! What logins with passwords and signed tokens need.

use std::collections::HashMap;
use std::sync::Arc;

use super::Inserted;
use crate::Timestamp;
use crate::access::{Caller, ClusterPass, cluster_permission as may};
use crate::error::Result;
use crate::identity::{
    Account, AccountChange, AccountKey, ClusterToken, LockoutPolicy, LoginFailures, NewAccount,
    SigningKey, TokenLife,
};

/// Keeps failed logins.
pub trait LoginFailureRepository: Send + Sync {
    /// What is known of these accounts' failures; nothing is said of those that have none.
    fn find(&self, accounts: &[AccountKey]) -> Result<HashMap<AccountKey, LoginFailures>>;

    /// Notes one more, and answers what is known then. What counts no more by now goes, of all
    /// accounts.
    fn note(
        &self,
        account: &AccountKey,
        now: Timestamp,
        policy: &LockoutPolicy,
    ) -> Result<LoginFailures>;

    /// Forgets an account's failures, and with them its lock.
    fn forget(&self, account: &AccountKey) -> Result<()>;
}

/// Keeps the keys that tokens of the cluster face are signed with.
pub trait SigningKeyRepository: Send + Sync {
    /// All keys, the newest first.
    fn list(&self) -> Result<Vec<SigningKey>>;

    /// Stores a key, which signs from now on. Those before it are good until `others_until` at the
    /// longest, and those whose time is over when `key` was made are removed.
    fn rotate(&self, key: &SigningKey, others_until: Timestamp) -> Result<()>;

    /// As [`SigningKeyRepository::rotate`], when the key that signs is the one of the id `last`, or there
    /// is none and it is `None`; else [`Inserted::Taken`], and nothing is stored.
    fn rotate_after(
        &self,
        last: Option<&str>,
        key: &SigningKey,
        others_until: Timestamp,
    ) -> Result<Inserted>;
}

/// Signs tokens of the cluster face, and says whose they are.
pub trait ClusterTokens: Send + Sync {
    /// A token for the user of this name or e-mail address.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for wrong credentials, and while the
    /// account is locked.
    fn authorize(&self, login: &str, password: &str, life: TokenLife) -> Result<ClusterToken>;

    /// Another token for one that is good.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for one that is not.
    fn refresh(&self, token: &str, life: TokenLife) -> Result<ClusterToken>;

    /// The caller behind a token, with the roles of today.
    ///
    /// # Errors
    /// As [`ClusterTokens::refresh`].
    fn caller(&self, token: &str) -> Result<Arc<Caller>>;
}

/// Manages users, for those who may.
pub trait Accounts: Send + Sync {
    /// All, by name.
    ///
    /// # Errors
    /// Those of the store.
    fn list(&self, pass: &ClusterPass<may::ViewUsers>) -> Result<Vec<Account>>;

    /// The one of this number.
    ///
    /// # Errors
    /// [`Error::NotFound`](crate::Error::NotFound).
    fn show(&self, pass: &ClusterPass<may::ViewUser>, uid: u32) -> Result<Account>;

    /// Makes one.
    ///
    /// # Errors
    /// [`Error::Invalid`](crate::Error::Invalid) for what breaks a rule,
    /// [`Error::Conflict`](crate::Error::Conflict) for a name or an address that is in use,
    /// [`Error::Forbidden`](crate::Error::Forbidden) when somebody else than an admin makes one.
    fn create(&self, pass: &ClusterPass<may::CreateUser>, new: NewAccount) -> Result<Account>;

    /// Changes one.
    ///
    /// # Errors
    /// As [`Accounts::create`]; [`Error::Conflict`](crate::Error::Conflict) also when nobody would be
    /// an admin then, or somebody else changes the user too; [`Error::NotFound`](crate::Error::NotFound).
    fn change(
        &self,
        pass: &ClusterPass<may::UpdateUser>,
        uid: u32,
        change: AccountChange,
    ) -> Result<Account>;

    /// Removes one, with its tokens.
    ///
    /// # Errors
    /// As [`Accounts::change`].
    fn remove(&self, pass: &ClusterPass<may::DeleteUser>, uid: u32) -> Result<()>;
}
