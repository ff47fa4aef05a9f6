//! How a store is opened.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::ports::Clock;

/// How a [`Store`](crate::Store) is opened.
#[derive(Clone)]
pub struct StoreOptions {
    /// Says how old the marker of a removed action is.
    pub clock: Arc<dyn Clock>,
    /// How many pages and searches can go on at once: 1 or more. Each costs up to 2 MiB of cache.
    pub readers: u32,
    /// How long a read waits for its turn before it is `Unavailable`.
    pub read_wait: Duration,
    /// How long a write waits for another process that writes before it is `Unavailable`.
    pub lock_wait: Duration,
    /// How long a search may look at documents before it is `Unavailable`.
    pub search_time: Duration,
}

impl StoreOptions {
    /// The defaults: 8 readers, two seconds for a turn, five for another process, ten for a search.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            readers: 8,
            read_wait: Duration::from_secs(2),
            lock_wait: Duration::from_secs(5),
            search_time: Duration::from_secs(10),
        }
    }
}
