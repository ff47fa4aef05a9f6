//! What an error of PostgreSQL means. The only place that reads their texts.

use anyhow::anyhow;
use diesel::result::{DatabaseErrorKind as Kind, Error as Driver};

use super::Fault;

pub(super) const UNREACHABLE: &str = "the database cannot be reached";
pub(super) const LOST: &str = "the connection to the database was lost";
pub(super) const BUSY: &str = "the database is busy";
pub(super) const SLOW: &str = "the database takes too long to answer";
pub(super) const FULL: &str = "the database's disk is full";
pub(super) const READ_ONLY: &str = "the database can only be read just now";
pub(super) const REFUSED: &str = "the database cannot do it just now";
pub(super) const NO_PASSWORD: &str = "the database's password cannot be read";

/// What the database cannot do, by the words of its messages: diesel passes no codes on, and has no
/// kind for these. A server may speak another language, and then says no more than [`REFUSED`].
const UNAVAILABLE: &[(&str, &str)] = &[
    ("due to lock timeout", BUSY),
    ("deadlock detected", BUSY),
    ("due to statement timeout", SLOW),
    ("terminating connection", LOST),
    ("No space left on device", FULL),
    ("read-only", READ_ONLY),
];

impl From<Driver> for Fault {
    fn from(error: Driver) -> Self {
        let reason = match &error {
            Driver::DatabaseError(Kind::UniqueViolation, _) => return Self::Taken,
            Driver::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => LOST,
            Driver::DatabaseError(Kind::ReadOnlyTransaction, _) => READ_ONLY,
            Driver::DatabaseError(Kind::SerializationFailure, _) => BUSY,
            // The database points at the place in a statement that it does not understand.
            Driver::DatabaseError(Kind::Unknown, told) if told.statement_position().is_some() => {
                return Self::Internal(error.into());
            }
            Driver::DatabaseError(Kind::Unknown, told) => known(told.message()),
            Driver::BrokenTransactionManager => LOST,
            _ => return Self::Internal(error.into()),
        };
        Self::Unavailable { reason, cause: error.into() }
    }
}

fn known(message: &str) -> &'static str {
    let known = UNAVAILABLE.iter().find(|(words, _)| message.contains(words));
    known.map_or(REFUSED, |(_, reason)| reason)
}

impl From<r2d2::Error> for Fault {
    fn from(error: r2d2::Error) -> Self {
        Self::Unavailable { reason: BUSY, cause: error.into() }
    }
}

/// There is no connection; `text` says why, and holds no password.
pub(super) fn unreachable(text: String) -> Fault {
    Fault::Unavailable { reason: UNREACHABLE, cause: anyhow!(text) }
}
