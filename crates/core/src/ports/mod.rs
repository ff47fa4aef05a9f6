//! What the domain needs from outside: stores, a clock, ids, and a bell for the runner.
//!
//! The methods block, but for those that answer a [`Pending`](crate::Pending). Callers on an async
//! runtime run them on a thread that may.

mod cluster;
mod identity;
mod login;
mod project;

pub use cluster::{ClusterActionRepository, Enqueued, RunnerSignal};
pub use identity::{
    IdentityProvider, TokenCredentials, TokenIssuer, TokenRepository, UserChange, UserRemoval,
    UserRepository,
};
pub use login::{Accounts, ClusterTokens, LoginFailureRepository, SigningKeyRepository};
pub use project::{PageAnswer, ProjectActionRepository};

use uuid::Uuid;

use crate::{Timestamp, error::Result};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// Now, cut to microseconds: what every store keeps.
    fn now(&self) -> Timestamp;
}

/// Makes ids.
pub trait Ids: Send + Sync {
    /// A new random UUID.
    fn uuid(&self) -> Uuid;
}

/// Answers whether the store can be used now.
pub trait StoreHealth: Send + Sync {
    /// Reads something trivial.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) when it does not answer.
    fn ping(&self) -> Result<()>;

    /// Looks whether there is room for more, and writes something trivial.
    ///
    /// # Errors
    /// [`Error::Unavailable`](crate::Error::Unavailable) with what cannot be done.
    fn try_write(&self) -> Result<()>;
}

/// What became of an insert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// It is stored.
    Stored,
    /// Something that must be unique is taken; nothing was stored.
    Taken,
}

/// What became of a compare-and-swap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Swapped {
    /// The change is stored.
    Updated,
    /// It exists, but was changed meanwhile; nothing was stored.
    Changed,
    /// It does not exist (any more).
    Gone,
}
