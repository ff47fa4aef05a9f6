//! What identity needs, and what it offers.

use std::sync::Arc;

use super::{Inserted, Swapped};
use crate::Timestamp;
use crate::access::Caller;
use crate::error::Result;
use crate::identity::{
    IssuedToken, Project, TokenDigest, TokenInfo, TokenRecord, TokenRequest, User, UserSummary,
};

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
    /// project that is not there or in which the user has no role.
    /// [`Error::NotFound`](crate::Error::NotFound) for a token that is shown and is none.
    fn issue(&self, request: &TokenRequest) -> Result<IssuedToken>;

    /// What a token says.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`](crate::Error::Unauthenticated) for one that is unknown or has
    /// expired.
    fn describe(&self, token: &str) -> Result<TokenInfo>;

    /// Ends a token, and those that were got for it.
    ///
    /// # Errors
    /// Those of the store.
    fn revoke(&self, token: &str) -> Result<()>;

    /// All users, by name.
    ///
    /// # Errors
    /// Those of the store.
    fn users(&self) -> Result<Vec<UserSummary>>;

    /// All projects, by id.
    ///
    /// # Errors
    /// Those of the store.
    fn projects(&self) -> Result<Vec<Project>>;
}

/// What became of the removal of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRemoval {
    /// The user is gone.
    Removed,
    /// The user is not as it was seen, and stays.
    Changed,
    /// The user is the only one with the cluster role `admin`, and stays.
    LastAdmin,
    /// There is no such user.
    Unknown,
}

/// What became of a change of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserChange {
    /// The user is as it was to be.
    Updated,
    /// The user is not as it was seen, and stays as it is.
    Changed,
    /// Another user has the name or the e-mail address.
    Taken,
    /// The user would not have the cluster role `admin` any more, and is the only one who has it.
    LastAdmin,
    /// There is no such user.
    Unknown,
}

/// Keeps the users, and what projects are called.
pub trait UserRepository: Send + Sync {
    /// Stores a user with its roles; [`Inserted::Taken`] when its name or its e-mail address is in
    /// use. One without a uid gets the next one.
    fn insert(&self, user: &User) -> Result<Inserted>;

    /// The user of this name.
    fn find_by_name(&self, name: &str) -> Result<Option<User>>;

    /// The user with this id.
    fn find_by_id(&self, id: &str) -> Result<Option<User>>;

    /// The user with this uid.
    fn find_by_uid(&self, uid: u32) -> Result<Option<User>>;

    /// The user of this name, or else the one with this e-mail address.
    fn find_by_login(&self, login: &str) -> Result<Option<User>>;

    /// All users, by name.
    fn list(&self) -> Result<Vec<User>>;

    /// Stores another password hash for `name`, since when it is that, and removes the user's tokens.
    fn set_password(&self, name: &str, password_hash: &str, since: Timestamp) -> Result<Swapped>;

    /// Removes a user that was `seen` so, with its tokens and roles, unless nobody else has the cluster
    /// role `admin`.
    fn remove(&self, seen: &User) -> Result<UserRemoval>;

    /// Makes a user that was `seen` so the one that is `wanted`, unless nobody has the cluster role
    /// `admin` then. Its ids and the moment when it was made stay; with another password hash its
    /// tokens go.
    fn update(&self, seen: &User, wanted: &User) -> Result<UserChange>;

    /// All projects in which somebody has a role or that have a name, by id. Those without a name
    /// have their id for one.
    fn projects(&self) -> Result<Vec<Project>>;

    /// Calls a project by a name; [`Inserted::Taken`] when another is called by it.
    fn name_project(&self, project: &Project) -> Result<Inserted>;
}

/// Keeps issued tokens, by digest alone.
pub trait TokenRepository: Send + Sync {
    /// Stores a token, and removes tokens that expired before `token.issued_at`.
    fn insert(&self, token: &TokenRecord) -> Result<()>;

    /// The token with this digest, expired or not.
    fn find(&self, digest: &TokenDigest) -> Result<Option<TokenRecord>>;

    /// Removes the token with this digest, and those whose chain it began.
    fn remove(&self, digest: &TokenDigest) -> Result<()>;
}
