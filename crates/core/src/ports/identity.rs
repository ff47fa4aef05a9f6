//! What identity needs, and what it offers.

use std::sync::Arc;

use super::{Inserted, Swapped};
use crate::access::Caller;
use crate::error::Result;
use crate::identity::{IssuedToken, TokenDigest, TokenInfo, TokenRecord, TokenRequest, User};
use crate::project::ProjectId;

/// What a request of the project face brings to say whose it is.
#[derive(Clone, Copy)]
pub struct TokenCredentials<'a> {
    /// The caller's token. A secret.
    pub token: &'a str,
    /// The token of the service that passes the caller's request on, if one does. A secret.
    pub service_token: Option<&'a str>,
    /// The request's method: there are tokens that are good for some requests alone.
    pub method: &'a str,
    /// The request's path, decoded, without a slash at the end.
    pub path: &'a str,
}

/// Says who is calling.
pub trait IdentityProvider: Send + Sync {
    /// The caller behind a project token. A service token beside it must be good as well.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for a token that is unknown, has
    /// expired, or is not for this request;
    /// [`Error::Unavailable`](crate::Error::Unavailable) when that cannot be found out.
    fn by_token(&self, credentials: &TokenCredentials<'_>) -> Result<Arc<Caller>>;

    /// The caller behind a project token that was seen a short while ago and is still good:
    /// answered at once, without IO. `None` says nothing about the token.
    fn remembered(&self, credentials: &TokenCredentials<'_>) -> Option<Arc<Caller>> {
        let _ = credentials;
        None
    }

    /// The caller behind a name and a password, for the cluster face. Takes as long for a user that
    /// does not exist as for a wrong password.
    ///
    /// # Errors
    /// As [`IdentityProvider::by_token`].
    fn by_password(&self, name: &str, password: &str) -> Result<Arc<Caller>>;

    /// The caller behind a name and a password that are known to fit from before: without a password
    /// check, so that whoever floods the service with wrong ones keeps nobody else waiting. `None`
    /// says nothing about the pair; [`IdentityProvider::by_password`] does.
    ///
    /// # Errors
    /// Those of the store.
    fn familiar(&self, name: &str, password: &str) -> Result<Option<Arc<Caller>>> {
        let _ = (name, password);
        Ok(None)
    }
}

/// Issues project tokens: the embedded stand-in for Keystone.
pub trait TokenIssuer: Send + Sync {
    /// Issues a token.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for wrong credentials, and for a
    /// project in which the user has no role.
    fn issue(&self, request: &TokenRequest) -> Result<IssuedToken>;

    /// What a token says.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for one that is unknown or has
    /// expired.
    fn describe(&self, token: &str) -> Result<TokenInfo>;
}

/// What became of the removal of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRemoval {
    /// The user is gone.
    Removed,
    /// The user is the only one with the cluster role `admin`, and stays.
    LastAdmin,
    /// There is no such user.
    Unknown,
}

/// Keeps the users.
pub trait UserRepository: Send + Sync {
    /// Stores a user with its roles; [`Inserted::Taken`] when the name is in use.
    fn insert(&self, user: &User) -> Result<Inserted>;

    /// The user of this name.
    fn find_by_name(&self, name: &str) -> Result<Option<User>>;

    /// The user with this id.
    fn find_by_id(&self, id: &str) -> Result<Option<User>>;

    /// All users, by name.
    fn list(&self) -> Result<Vec<User>>;

    /// Stores another password hash for `name` and removes the user's tokens.
    fn set_password(&self, name: &str, password_hash: &str) -> Result<Swapped>;

    /// Removes the user `name` with its tokens and roles, unless nobody else has the cluster role
    /// `admin`.
    fn remove(&self, name: &str) -> Result<UserRemoval>;

    /// Whether any user grants something in this project: local projects exist by their members.
    fn project_exists(&self, project: &ProjectId) -> Result<bool>;
}

/// Keeps issued tokens, by digest alone.
pub trait TokenRepository: Send + Sync {
    /// Stores a token, and removes tokens that expired before `token.issued_at`.
    fn insert(&self, token: &TokenRecord) -> Result<()>;

    /// The token with this digest, expired or not.
    fn find(&self, digest: &TokenDigest) -> Result<Option<TokenRecord>>;
}
