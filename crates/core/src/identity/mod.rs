//! Local users and their tokens, as they are kept.

mod account;
mod lockout;
mod signing;

pub use account::{Account, AccountChange, NewAccount, may_give, may_touch};
pub use lockout::{AccountKey, LockoutPolicy, LoginFailures};
pub use signing::{ClusterToken, SigningKey, TokenLife};

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::Timestamp;
use crate::access::{Caller, ClusterRole, Scope, ScopeTarget};
use crate::error::{Error, Result};
use crate::project::ProjectId;

/// The id and the name of the domain that all local users and projects are in.
pub const DOMAIN: (&str, &str) = ("default", "Default");

/// A local project. It exists by the roles that users have in it, or by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Project {
    /// Its id, which never changes.
    pub id: ProjectId,
    /// What people call it; its id until it is given another name.
    pub name: String,
}

/// A role that a user has in a project (`member`, `reader`, `admin`, `service`, or any other word).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectGrant {
    /// The project.
    pub project: ProjectId,
    /// The role, in lower case.
    pub role: String,
}

/// A user of the service's own store.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// 32 hex digits; never changes, and never comes back for another user.
    pub id: String,
    /// The number by which the cluster face knows it; never changes, and never comes back for another
    /// user. 0 in one that is not stored yet.
    pub uid: u32,
    /// What the user logs in with. Unique.
    pub name: String,
    /// Its e-mail address, with which it can log in on the cluster face too. Unique.
    pub email: Option<String>,
    /// An argon2id hash in PHC form.
    pub password_hash: String,
    /// Since when that is its password.
    pub password_issued_at: Timestamp,
    /// Roles on the cluster face.
    pub cluster_roles: Vec<ClusterRole>,
    /// Roles in projects.
    pub grants: Vec<ProjectGrant>,
    /// When the user was made.
    pub created_at: Timestamp,
}

impl User {
    /// Whether the user administers the service.
    pub fn is_admin(&self) -> bool {
        self.cluster_roles.contains(&ClusterRole::Admin)
    }

    /// The roles that the user has in `project`.
    pub fn roles_in(&self, project: &ProjectId) -> Vec<String> {
        let of_project = self.grants.iter().filter(|grant| grant.project == *project);
        of_project.map(|grant| grant.role.clone()).collect()
    }

    /// This user as a caller, with the roles of `project` when the credentials are scoped to one.
    pub fn caller(&self, project: Option<&ProjectId>) -> Caller {
        Caller {
            user_id: self.id.clone(),
            name: self.name.clone(),
            user_domain: Some(DOMAIN.0.to_owned()),
            cluster_roles: self.cluster_roles.clone(),
            scope: project.map(|id| Scope {
                target: ScopeTarget::Project { id: id.clone(), domain: Some(DOMAIN.0.to_owned()) },
                roles: self.roles_in(id),
            }),
        }
    }
}

impl fmt::Debug for User {
    /// Leaves the hash out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

/// What others may know of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserSummary {
    /// The user's id.
    pub id: String,
    /// The user's name.
    pub name: String,
    /// The projects in which the user has a role.
    pub projects: BTreeSet<ProjectId>,
}

impl From<User> for UserSummary {
    fn from(user: User) -> Self {
        let projects = user.grants.into_iter().map(|grant| grant.project).collect();
        Self { id: user.id, name: user.name, projects }
    }
}

/// The SHA-256 of a token. Tokens are random and long, so a plain digest keeps them safe at rest,
/// and a look-up by digest tells an attacker's clock nothing about the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenDigest(pub [u8; 32]);

impl TokenDigest {
    /// The digest of a token's text.
    pub fn of(token: &str) -> Self {
        Self(Sha256::digest(token.as_bytes()).into())
    }
}

/// An issued token, without the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRecord {
    /// What the token hashes to.
    pub digest: TokenDigest,
    /// Whose it is.
    pub user_id: String,
    /// The project it is scoped to; without one it opens no project.
    pub project: Option<ProjectId>,
    /// The first token of its chain, when it was got for another token.
    pub chain: Option<TokenDigest>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

/// Names a user when it asks for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// By name.
    Name(String),
    /// By id.
    Id(String),
}

/// Names a project that a token is to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectRef {
    /// By id.
    Id(ProjectId),
    /// By name.
    Name(String),
}

/// What a user shows for a token.
#[derive(Clone)]
pub enum Proof {
    /// A password.
    Password {
        /// Whose it is.
        user: UserRef,
        /// The password.
        password: String,
    },
    /// Another token of the user's. The new one lives no longer than that, and ends with it.
    Token(String),
}

impl fmt::Debug for Proof {
    /// Leaves the password and the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Password { user, .. } => {
                f.debug_struct("Password").field("user", user).finish_non_exhaustive()
            }
            Self::Token(_) => f.write_str("Token"),
        }
    }
}

/// A request for a token.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// What the user shows.
    pub proof: Proof,
    /// The project that the token is to open.
    pub project: Option<ProjectRef>,
}

/// The project that a token opens, and its user's roles there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenScope {
    /// The project.
    pub project: Project,
    /// The roles, in lower case.
    pub roles: Vec<String>,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenInfo {
    /// The user's id.
    pub user_id: String,
    /// The user's name.
    pub user_name: String,
    /// The project that the token opens.
    pub scope: Option<TokenScope>,
    /// The first token of its chain, when it was got for another token.
    pub chain: Option<TokenDigest>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// From when on it is worth nothing.
    pub expires_at: Timestamp,
}

impl TokenInfo {
    /// Lets admins pass, and everybody to what is `own`: what the identity face asks before it tells.
    ///
    /// # Errors
    /// [`Error::Forbidden`] to all others.
    pub fn require(&self, own: bool, permission: &'static str) -> Result<()> {
        let scope = self.scope.as_ref();
        let is_admin = scope.is_some_and(|scope| scope.roles.iter().any(|role| role == "admin"));
        if own || is_admin { Ok(()) } else { Err(Error::Forbidden { permission }) }
    }
}

/// A token that has just been made: the only time that it is seen.
#[derive(Clone)]
pub struct IssuedToken {
    /// The token. A secret.
    pub token: String,
    /// What it says.
    pub info: TokenInfo,
}

impl fmt::Debug for IssuedToken {
    /// Leaves the token out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuedToken").field("info", &self.info).finish_non_exhaustive()
    }
}
