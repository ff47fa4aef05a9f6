//! How connections to SQLite are set up.

use std::path::Path;
use std::time::{Duration, Instant};

use diesel::Connection as _;
use diesel::RunQueryDsl as _;
use diesel::connection::{AnsiTransactionManager as Transactions, SimpleConnection as _};
use diesel::r2d2::{ConnectionManager, CustomizeConnection, Pool};
use diesel::result::QueryResult;

use super::Fault;
use super::errors::is_busy;
use crate::options::StoreOptions;

/// A connection to the database.
pub(crate) type Connection = diesel::SqliteConnection;

/// The connections for reading.
pub(crate) type Readers = Pool<ConnectionManager<Connection>>;

/// Each is a statement of its own, and the order matters: without the timeout the others can fail.
fn set_up(connection: &mut Connection, wait: Duration, settings: &[&str]) -> QueryResult<()> {
    connection.batch_execute(&format!("PRAGMA busy_timeout = {}", wait.as_millis()))?;
    settings.iter().try_for_each(|setting| connection.batch_execute(setting))
}

const WRITER: &[&str] = &[
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA foreign_keys = ON",
    // 4 MiB: four times as much made neither creates nor changes in a store of 100,000 actions measurably faster.
    "PRAGMA cache_size = -4096",
    // 16 MiB, written over again and again; a copy in progress may let it grow, but not for good.
    "PRAGMA wal_autocheckpoint = 4000",
    "PRAGMA journal_size_limit = 67108864",
    "PRAGMA mmap_size = 0",
    // What a savepoint may have to take back stays in memory: 4 KiB for each page that it changes and that was there
    // before. A change of the search index touches some 170, which would cost more writes than the store itself.
    "PRAGMA temp_store = MEMORY",
];

const READER: &[&str] = &[
    "PRAGMA query_only = ON",
    // 1 MiB: twice as much made no search and no list in a million actions measurably faster.
    "PRAGMA cache_size = -1024",
    "PRAGMA mmap_size = 0",
];

/// Opens the connection that writes.
pub(crate) fn open_writer(path: &Path, options: &StoreOptions) -> Result<Connection, Fault> {
    let mut connection = Connection::establish(&text(path)?)?;
    set_up(&mut connection, options.lock_wait, WRITER)?;
    // From here on the writer waits by itself.
    connection.batch_execute("PRAGMA busy_timeout = 0")?;
    Ok(connection)
}

/// How long to wait before the store is tried again while another process writes to it. SQLite's own
/// waiting grows to a tenth of a second, and would rarely meet the moment between two commits.
const RETRY: Duration = Duration::from_millis(1);

/// Begins a transaction as the one who writes, when nobody else does, or when `patience` ends not at
/// all.
pub(crate) fn begin_write(connection: &mut Connection, patience: Duration) -> QueryResult<()> {
    let deadline = Instant::now() + patience;
    loop {
        match Transactions::begin_transaction_sql(connection, "BEGIN IMMEDIATE") {
            Err(error) if is_busy(&error) && Instant::now() < deadline => std::thread::sleep(RETRY),
            begun => return begun,
        }
    }
}

diesel::define_sql_function! {
    /// The rowid of the row that this connection inserted last.
    fn last_insert_rowid() -> diesel::sql_types::BigInt;
}

/// What number the row got that was inserted last. `RETURNING` says it too, but makes a table for its
/// answer, each time, which costs several times as much.
pub(crate) fn last_rowid(connection: &mut Connection) -> QueryResult<i64> {
    diesel::select(last_insert_rowid()).get_result(connection)
}

/// Keeps others from changing users until the transaction ends: nobody else writes anyway.
pub(crate) fn lock_users(_: &mut Connection) -> Result<(), Fault> {
    Ok(())
}

/// The same for the line of those that wait.
pub(crate) fn lock_line(_: &mut Connection) -> Result<(), Fault> {
    Ok(())
}

/// Opens the connections that read.
pub(crate) fn open_readers(path: &Path, options: &StoreOptions) -> Result<Readers, Fault> {
    let pool = Pool::builder()
        .max_size(options.readers.max(1))
        .connection_timeout(options.read_wait)
        .test_on_check_out(false)
        .max_lifetime(None)
        .idle_timeout(None)
        .connection_customizer(Box::new(ReaderSettings(options.lock_wait)))
        .build(ConnectionManager::new(text(path)?))?;
    Ok(pool)
}

fn text(path: &Path) -> Result<String, Fault> {
    let text = path.to_str().map(str::to_owned);
    text.ok_or_else(|| Fault::Internal(anyhow::anyhow!("the store's path is not UTF-8")))
}

#[cfg(test)]
#[test]
fn a_commit_waits_for_the_disk_and_no_savepoint_does() {
    let folder = tempfile::tempdir().unwrap();
    let options =
        StoreOptions::new(std::sync::Arc::new(actiond_core::memory::ManualClock::default()));
    let mut writer = open_writer(&folder.path().join("store.db"), &options).unwrap();
    let mut asked = |pragma: &str| {
        diesel::dsl::sql::<diesel::sql_types::Text>(&format!(
            "SELECT CAST({pragma} AS TEXT) FROM pragma_{pragma}"
        ))
        .get_result::<String>(&mut writer)
        .unwrap()
    };
    assert_eq!((asked("synchronous"), asked("journal_mode")), ("2".to_owned(), "wal".to_owned()));
    assert_eq!(asked("temp_store"), "2", "in memory");
}

#[derive(Debug)]
struct ReaderSettings(Duration);

impl CustomizeConnection<Connection, diesel::r2d2::Error> for ReaderSettings {
    fn on_acquire(&self, connection: &mut Connection) -> Result<(), diesel::r2d2::Error> {
        set_up(connection, self.0, READER).map_err(diesel::r2d2::Error::QueryError)
    }
}
