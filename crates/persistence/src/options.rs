//! How a store is opened.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actiond_core::ports::Clock;

/// How a [`Store`](crate::Store) is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Says how old the marker of a removed action is.
    pub clock: Arc<dyn Clock>,
    /// How many searches, and pages that are not short, can go on at once: 1 or more. On SQLite each costs up to 1 MiB of
    /// cache, on PostgreSQL a connection.
    pub readers: u32,
    /// How many reads of a few rows by key, and on SQLite of short pages, can go on at once: 1 or more.
    pub point_readers: u32,
    /// How many changes of cluster actions, users and tokens can go on at once: 1 or more. On SQLite
    /// there is one writer for all.
    pub changers: u32,
    /// How long a read waits for its turn before it is `Unavailable`.
    pub read_wait: Duration,
    /// How long a write to a file waits for another process that writes before it is `Unavailable`.
    pub lock_wait: Duration,
    /// How long nobody has written to a file when its search index takes up the latest changes. Until
    /// then, or until they are some two thousand, searches look through them one by one.
    pub quiet: Duration,
    /// How long a search may look at documents before it is `Unavailable`.
    pub search_time: Duration,
    /// Within which time a database on a network answers, or the request is `Unavailable`; a search
    /// may take longer. At least a second.
    pub answer_time: Duration,
    /// A file that holds the password for the database, and nothing else; read for each connection.
    pub password_file: Option<PathBuf>,
}

impl StoreOptions {
    /// The defaults: 8 readers, 4 for reads by key, 4 for changes; two seconds for a turn, five for
    /// another process and for an answer, ten for a search; a tenth of a second is quiet.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            readers: 8,
            point_readers: 4,
            changers: 4,
            read_wait: Duration::from_secs(2),
            lock_wait: Duration::from_secs(5),
            quiet: Duration::from_millis(100),
            search_time: Duration::from_secs(10),
            answer_time: Duration::from_secs(5),
            password_file: None,
        }
    }
}
