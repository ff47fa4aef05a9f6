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
    ("could not extend file", FULL),
    ("read-only", READ_ONLY),
];

impl From<Driver> for Fault {
    fn from(error: Driver) -> Self {
        let reason = match &error {
            Driver::DatabaseError(Kind::UniqueViolation, _) => return Self::Taken,
            Driver::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => LOST,
            Driver::DatabaseError(Kind::ReadOnlyTransaction, _) => READ_ONLY,
            Driver::DatabaseError(Kind::SerializationFailure, _) => BUSY,
            Driver::DatabaseError(Kind::Unknown, told) => {
                // At a statement that it does not understand, the database points with a finger.
                let is_defect = told.statement_position().is_some();
                match known(told.message()) {
                    Some(reason) => reason,
                    None if is_defect => return Self::Internal(error.into()),
                    None => REFUSED,
                }
            }
            Driver::BrokenTransactionManager => LOST,
            _ => return Self::Internal(error.into()),
        };
        Self::Unavailable { reason, cause: error.into() }
    }
}

fn known(message: &str) -> Option<&'static str> {
    let known = UNAVAILABLE.iter().find(|(words, _)| message.contains(words));
    known.map(|(_, reason)| *reason)
}

impl From<r2d2::Error> for Fault {
    fn from(error: r2d2::Error) -> Self {
        Self::Unavailable { reason: BUSY, cause: error.into() }
    }
}

/// The same failure, for another who meets it.
pub(super) fn again(fault: &Fault) -> Fault {
    match fault {
        Fault::Taken => Fault::Taken,
        Fault::Unavailable { reason, cause } => {
            Fault::Unavailable { reason, cause: anyhow!("{cause:#}") }
        }
        Fault::Internal(cause) => Fault::Internal(anyhow!("{cause:#}")),
    }
}

/// There is no connection; `text` says why, and holds no password.
pub(super) fn unreachable(text: String) -> Fault {
    Fault::Unavailable { reason: UNREACHABLE, cause: anyhow!(text) }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;

    use super::*;
    use crate::postgres::testing::Scratch;

    fn fault(sql: &str) -> Fault {
        Scratch::new().connect().batch_execute(sql).unwrap_err().into()
    }

    #[track_caller]
    fn unavailable(sql: &str, expected: &str) {
        match fault(sql) {
            Fault::Unavailable { reason, .. } => assert_eq!(reason, expected, "{sql}"),
            other => panic!("{sql}: {other:?}"),
        }
    }

    fn raised(message: &str, code: &str) -> String {
        format!(
            "DO $$ BEGIN RAISE EXCEPTION USING message = '{message}', errcode = '{code}'; END $$"
        )
    }

    #[test]
    fn a_unique_key_that_is_taken() {
        let sql = "CREATE TABLE t (a BIGINT PRIMARY KEY); INSERT INTO t VALUES (1), (1)";
        assert!(matches!(fault(sql), Fault::Taken));
    }

    #[test]
    fn what_passes_is_unavailable() {
        let full = "could not extend file \"base/1/2\": No space left on device";
        unavailable(&raised(full, "53100"), FULL);
        unavailable(&raised("could not extend file \"1\": File too large", "XX000"), FULL);
        unavailable(&raised("deadlock detected", "40P01"), BUSY);
        unavailable(&raised("could not serialize access", "40001"), BUSY);
        unavailable(&raised("im Wiederherstellungsmodus", "57P03"), REFUSED);
        let slow = "canceling statement due to statement timeout";
        unavailable(&raised(slow, "57014"), SLOW);
        unavailable("BEGIN READ ONLY; CREATE TABLE t (a BIGINT)", READ_ONLY);
        unavailable("SELECT pg_terminate_backend(pg_backend_pid())", LOST);
    }

    #[test]
    fn a_lock_that_somebody_else_holds() {
        let scratch = Scratch::new();
        let (mut one, mut other) = (scratch.connect(), scratch.connect());
        one.batch_execute("CREATE TABLE t (a BIGINT)").unwrap();
        one.batch_execute("BEGIN; LOCK TABLE t").unwrap();
        let waits = "SET lock_timeout = 1; SELECT * FROM t";
        let Fault::Unavailable { reason, .. } = other.batch_execute(waits).unwrap_err().into()
        else {
            panic!()
        };
        assert_eq!(reason, BUSY);
    }

    #[test]
    fn everything_else_is_internal() {
        for sql in [
            "SELECT nothing",
            "SELEC 1",
            "CREATE TABLE t (a INT NOT NULL); INSERT INTO t VALUES (NULL)",
        ] {
            assert!(matches!(fault(sql), Fault::Internal(_)), "{sql}");
        }
    }
}
