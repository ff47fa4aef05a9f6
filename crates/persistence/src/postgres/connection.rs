//! How connections to PostgreSQL are made and set up, and what a transaction locks.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actiond_core::{Error, Result};
use diesel::Connection as _;
use diesel::connection::{AnsiTransactionManager as Transactions, SimpleConnection as _};
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::{Integer, Text};

use super::errors;
use super::{Fault, Place};
use crate::options::StoreOptions;

/// A connection to the database.
pub(crate) type Connection = diesel::PgConnection;

/// What is locked, as numbers that no other program is likely to use ("actiond" and one more byte).
const LOCK: i64 = 0x61_63_74_69_6f_6e_64_00;
const ORDER: i64 = LOCK + 1;
const USERS: i64 = LOCK + 2;
pub(super) const MIGRATIONS: i64 = LOCK + 3;
pub(super) const SERVERS: i64 = LOCK + 4;
const LINE: i64 = LOCK + 5;

/// How often the primary is looked for while none is found that can be written to.
const LOOK: Duration = Duration::from_secs(1);

/// The oldest server that has all that is used here.
const OLDEST: i32 = 13;

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Reads alone.
    Reading,
    /// Short transactions.
    Writing,
    /// Work that takes as long as it takes, by an operator.
    Maintenance,
}

/// Makes connections.
pub(super) struct Connector {
    place: Place,
    password_file: Option<PathBuf>,
    answer_time: Duration,
    /// Goes up whenever a connection is found broken: then all older ones are suspected.
    epoch: AtomicU64,
    /// When connections were last suspected because they can only be read, and how often they were.
    doubted: Mutex<Option<Instant>>,
    doubts: AtomicU64,
    /// The last try to connect failed.
    is_down: AtomicBool,
}

impl Connector {
    pub(super) fn new(place: Place, options: &StoreOptions) -> Self {
        Self {
            place,
            password_file: options.password_file.clone(),
            answer_time: options.answer_time.max(Duration::from_secs(1)),
            epoch: AtomicU64::new(0),
            doubted: Mutex::default(),
            doubts: AtomicU64::new(0),
            is_down: AtomicBool::new(false),
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// How often connections were found that can only be read.
    pub(super) fn doubts(&self) -> u64 {
        self.doubts.load(Ordering::Acquire)
    }

    /// A connection of this epoch is broken: others may be. Answers whether that is news.
    pub(super) fn suspect(&self, epoch: u64) -> bool {
        let next = epoch + 1;
        self.epoch.compare_exchange(epoch, next, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// A connection of this epoch has met a fault. When it can only be read, the primary may be another
    /// server by now, and no connection is worth keeping.
    pub(super) fn doubt(&self, epoch: u64, fault: &Fault) {
        if !matches!(fault, Fault::Unavailable { reason, .. } if *reason == errors::READ_ONLY) {
            return;
        }
        let mut doubted = self.doubted.lock().unwrap_or_else(PoisonError::into_inner);
        // Reads go on meanwhile, and are not to connect anew for each write that is refused.
        if doubted.is_none_or(|last| last.elapsed() >= LOOK) && self.suspect(epoch) {
            *doubted = Some(Instant::now());
            self.doubts.fetch_add(1, Ordering::AcqRel);
        }
    }

    pub(super) fn is_down(&self) -> bool {
        self.is_down.load(Ordering::Relaxed)
    }

    /// Connects, and says in the log when that begins to fail and when it works again.
    pub(super) fn connect(&self, purpose: Purpose) -> Result<Connection, Fault> {
        let connected = self.try_connect(purpose);
        match &connected {
            Ok(_) if self.is_down.swap(false, Ordering::Relaxed) => {
                tracing::info!("the database can be reached again");
            }
            Err(fault) if !self.is_down.swap(true, Ordering::Relaxed) => {
                tracing::warn!(?fault, "the database cannot be reached");
            }
            _ => {}
        }
        connected
    }

    fn try_connect(&self, purpose: Purpose) -> Result<Connection, Fault> {
        let secret = self
            .place
            .connection_string(&self.settings(), self.password_file.as_deref())
            .map_err(|cause| Fault::Unavailable { reason: errors::NO_PASSWORD, cause })?;
        let mut connection = Connection::establish(&secret.url)
            .map_err(|error| errors::unreachable(secret.without(&error.to_string())))?;
        connection.batch_execute(&self.session(purpose))?;
        Ok(connection)
    }

    /// For libpq: which of several hosts to take, how long to wait for one, and how soon a silent one
    /// counts as gone.
    fn settings(&self) -> [(&'static str, String); 8] {
        let seconds = |part: u32| (self.answer_time / part).as_secs().max(1).to_string();
        [
            ("fallback_application_name", "actiond".to_owned()),
            ("target_session_attrs", "primary".to_owned()),
            ("connect_timeout", seconds(2)),
            ("keepalives", "1".to_owned()),
            ("keepalives_idle", seconds(4)),
            ("keepalives_interval", seconds(4)),
            ("keepalives_count", "2".to_owned()),
            ("tcp_user_timeout", (self.answer_time / 2).as_millis().to_string()),
        ]
    }

    /// For the database. A server that stands still in the midst of a transaction keeps the others
    /// waiting for a quarter of the time in which each has to answer.
    fn session(&self, purpose: Purpose) -> String {
        let part = |part: f64| match purpose {
            Purpose::Maintenance => 0,
            _ => self.answer_time.mul_f64(part).as_millis(),
        };
        let seconds = (self.answer_time / 4).as_secs().max(1);
        format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}; \
             SET tcp_keepalives_idle = {seconds}; SET tcp_keepalives_interval = {seconds}; \
             SET tcp_keepalives_count = 2; \
             SET default_transaction_isolation = 'read committed'; SET jit = off; \
             {}\
             SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
            part(0.5),
            part(0.4),
            part(0.25),
            match purpose {
                // A plan that was made for a small table must do for a large one.
                Purpose::Reading => {
                    "SET enable_seqscan = off; SET default_transaction_read_only = on; "
                }
                Purpose::Writing => "SET enable_seqscan = off; ",
                Purpose::Maintenance => "",
            },
        )
    }
}

/// Whether the database is one to keep a store in.
pub(super) fn check_server(connection: &mut Connection) -> Result<()> {
    let version = "current_setting('server_version_num')::integer / 10000";
    let version: i32 = one::<Integer, _>(connection, version)?;
    if version < OLDEST {
        let reason = format!("is a PostgreSQL {version}; {OLDEST} is the oldest that will do");
        return Err(Error::invalid("store.url", reason));
    }
    let encoding: String = one::<Text, _>(connection, "current_setting('server_encoding')")?;
    if encoding != "UTF8" {
        let reason = format!(
            "is a database in the encoding {encoding}: make one with CREATE DATABASE … ENCODING 'UTF8' \
             TEMPLATE template0"
        );
        return Err(Error::invalid("store.url", reason));
    }
    Ok(())
}

/// The value of an expression.
pub(super) fn one<T, V>(connection: &mut Connection, expression: &str) -> Result<V, Fault>
where
    diesel::expression::SqlLiteral<T>:
        diesel::query_dsl::methods::LoadQuery<'static, Connection, V>,
    T: diesel::sql_types::SingleValue,
{
    let query = diesel::dsl::sql::<T>(&format!("SELECT {expression}"));
    Ok(query.get_result(connection)?)
}

/// Begins a transaction as the one who adds to what has an order, of all servers: who comes later
/// gets later places, and nobody sees a later place before an earlier one.
pub(crate) fn begin_write(connection: &mut Connection, _patience: Duration) -> QueryResult<()> {
    let begin = format!("BEGIN; SELECT pg_advisory_xact_lock({ORDER})");
    Transactions::begin_transaction_sql(connection, &begin)
}

/// Keeps others from changing users until the transaction ends.
pub(crate) fn lock_users(connection: &mut Connection) -> Result<(), Fault> {
    lock(connection, USERS)
}

/// Keeps others from joining the line of those that wait until the transaction ends.
pub(crate) fn lock_line(connection: &mut Connection) -> Result<(), Fault> {
    lock(connection, LINE)
}

fn lock(connection: &mut Connection, what: i64) -> Result<(), Fault> {
    Ok(connection.batch_execute(&format!("SELECT pg_advisory_xact_lock({what})"))?)
}
