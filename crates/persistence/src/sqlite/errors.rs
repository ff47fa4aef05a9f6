//! What an error of SQLite means. The only place that reads their texts.

use std::io::{self, ErrorKind};

use diesel::result::{DatabaseErrorKind, Error as Driver};

use super::Fault;

/// Somebody else writes.
const BUSY: &str = "locked";

const FULL: &str = "the store's disk is full";
const UNUSABLE: &str = "the store's disk cannot be read or written";

/// What the store cannot do, by the words of SQLite's messages (`sqlite3ErrStr`). Diesel passes no
/// codes on, and has no kind for any of these.
const UNAVAILABLE: &[(&str, &str)] = &[
    (BUSY, "the store is busy"),
    ("disk is full", FULL),
    ("unable to open database", "the store's file cannot be opened"),
    ("disk I/O error", UNUSABLE),
    ("readonly database", "the store's file is read-only"),
];

/// Whether to try again a little later may help.
pub(crate) fn is_busy(error: &Driver) -> bool {
    error.to_string().contains(BUSY)
}

impl From<Driver> for Fault {
    fn from(error: Driver) -> Self {
        if let Driver::DatabaseError(DatabaseErrorKind::UniqueViolation, _) = error {
            return Self::Taken;
        }
        let text = error.to_string();
        match UNAVAILABLE.iter().find(|(words, _)| text.contains(words)) {
            Some((_, reason)) => Self::Unavailable { reason, cause: error.into() },
            None => Self::Internal(error.into()),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let reason = match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => FULL,
            _ => UNUSABLE,
        };
        Self::Unavailable { reason, cause: error.into() }
    }
}

impl From<diesel::ConnectionError> for Fault {
    fn from(error: diesel::ConnectionError) -> Self {
        Self::Unavailable { reason: "the store's file cannot be opened", cause: error.into() }
    }
}

impl From<r2d2::Error> for Fault {
    fn from(error: r2d2::Error) -> Self {
        Self::Unavailable { reason: "the store is busy", cause: error.into() }
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection as _;
    use diesel::{Connection as _, SqliteConnection};

    use super::*;

    fn open(path: &std::path::Path) -> SqliteConnection {
        SqliteConnection::establish(path.to_str().unwrap()).unwrap()
    }

    fn fault(connection: &mut SqliteConnection, sql: &str) -> Fault {
        connection.batch_execute(sql).unwrap_err().into()
    }

    fn reason(fault: Fault) -> &'static str {
        match fault {
            Fault::Unavailable { reason, .. } => reason,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_unique_key_that_is_taken() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection.batch_execute("CREATE TABLE t (a UNIQUE, b PRIMARY KEY)").unwrap();
        connection.batch_execute("INSERT INTO t VALUES (1, 1)").unwrap();
        for sql in ["INSERT INTO t VALUES (1, 2)", "INSERT INTO t VALUES (2, 1)"] {
            assert!(matches!(fault(&mut connection, sql), Fault::Taken), "{sql}");
        }
    }

    #[test]
    fn a_store_that_another_connection_writes_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        let mut writer = open(&path);
        writer.batch_execute("CREATE TABLE t (a); BEGIN IMMEDIATE").unwrap();
        let error = open(&path).batch_execute("BEGIN IMMEDIATE").unwrap_err();
        assert!(is_busy(&error), "{error}");
        assert_eq!(reason(error.into()), "the store is busy");
    }

    #[test]
    fn a_full_disk() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection.batch_execute("CREATE TABLE t (a); PRAGMA max_page_count = 3").unwrap();
        let fill = "INSERT INTO t VALUES (zeroblob(100000))";
        assert_eq!(reason(fault(&mut connection, fill)), "the store's disk is full");
    }

    #[test]
    fn a_disk_without_room() {
        let full = io::Error::from_raw_os_error(28);
        assert_eq!(reason(full.into()), "the store's disk is full");
        let folder = tempfile::tempdir().unwrap();
        crate::sqlite::room::take(folder.path()).unwrap();
        let nowhere = crate::sqlite::room::take(&folder.path().join("none")).unwrap_err();
        assert_eq!(reason(nowhere), "the store's disk cannot be read or written");
    }

    #[test]
    fn a_file_that_is_not_there() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("none/store.db");
        let error = SqliteConnection::establish(nowhere.to_str().unwrap()).err().unwrap();
        assert_eq!(reason(error.into()), "the store's file cannot be opened");
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        let attach = format!("ATTACH '{}' AS other", nowhere.display());
        assert_eq!(reason(fault(&mut connection, &attach)), "the store's file cannot be opened");
    }

    #[test]
    fn a_connection_that_may_only_read() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        connection.batch_execute("PRAGMA query_only = ON").unwrap();
        let write = fault(&mut connection, "CREATE TABLE t (a)");
        assert_eq!(reason(write), "the store's file is read-only");
    }

    #[test]
    fn everything_else_is_internal() {
        let mut connection = SqliteConnection::establish(":memory:").unwrap();
        assert!(matches!(fault(&mut connection, "SELECT * FROM t"), Fault::Internal(_)));
        assert!(matches!(Fault::from(Driver::NotFound), Fault::Internal(_)));
    }
}
