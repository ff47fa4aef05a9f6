//! Connections that are kept for the next one who needs one.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection as _;
use r2d2::{ManageConnection, NopErrorHandler, PooledConnection};

use super::connection::{Connector, Purpose};
use super::{Connection, Fault};

/// A connection that has not been asked for so long whether it is still there is asked again. That it is in use says
/// nothing: diesel does not notice that it is gone when it has a statement to prepare.
const TRUSTED: Duration = Duration::from_millis(500);

/// How long to wait for a connection while the database cannot be reached: others try it.
const WHILE_DOWN: Duration = Duration::from_millis(50);

/// Keeps connections for one purpose.
pub(super) struct Pool {
    pool: r2d2::Pool<Sessions>,
    connector: Arc<Connector>,
}

impl Pool {
    /// A pool that connects when somebody needs it, at most `size` times at once.
    pub(super) fn new(
        connector: &Arc<Connector>,
        purpose: Purpose,
        size: u32,
        wait: Duration,
    ) -> Self {
        let pool = r2d2::Pool::builder()
            .max_size(size.max(1))
            .min_idle(Some(0))
            .connection_timeout(wait)
            .test_on_check_out(true)
            .error_handler(Box::new(NopErrorHandler))
            .build_unchecked(Sessions { connector: connector.clone(), purpose });
        Self { pool, connector: connector.clone() }
    }

    /// A connection, when one is free in time.
    pub(super) fn get(&self) -> Result<PooledConnection<Sessions>, Fault> {
        let got = match self.connector.is_down() {
            true => self.pool.get_timeout(WHILE_DOWN),
            false => self.pool.get(),
        };
        got.map_err(|error| match self.connector.is_down() {
            true => super::errors::unreachable(error.to_string()),
            false => error.into(),
        })
    }
}

/// Makes the connections of a pool, and knows which are worth keeping.
pub(super) struct Sessions {
    connector: Arc<Connector>,
    purpose: Purpose,
}

/// A connection, and when it was last found to be there.
pub(super) struct Session {
    connection: Connection,
    seen: Instant,
    epoch: u64,
}

/// Why there is no connection.
#[derive(Debug)]
pub(super) struct NoSession(Fault);

impl std::fmt::Display for NoSession {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Fault::Unavailable { cause, .. } | Fault::Internal(cause) => write!(f, "{cause:#}"),
            Fault::Taken => f.write_str("a unique key is taken"),
        }
    }
}

impl std::error::Error for NoSession {}

impl ManageConnection for Sessions {
    type Connection = Session;
    type Error = NoSession;

    fn connect(&self) -> Result<Session, NoSession> {
        let epoch = self.connector.epoch();
        let connection = self.connector.connect(self.purpose).map_err(NoSession)?;
        Ok(Session { connection, seen: Instant::now(), epoch })
    }

    fn is_valid(&self, session: &mut Session) -> Result<(), NoSession> {
        if session.epoch != self.connector.epoch() {
            return Err(NoSession(super::errors::unreachable("it is suspected".to_owned())));
        }
        if session.seen.elapsed() < TRUSTED {
            return Ok(());
        }
        session.connection.ping().map_err(|error| {
            self.connector.suspect(session.epoch);
            NoSession(error.into())
        })?;
        session.seen = Instant::now();
        Ok(())
    }

    fn has_broken(&self, session: &mut Session) -> bool {
        let is_broken = std::thread::panicking() || session.connection.is_broken();
        if is_broken {
            self.connector.suspect(session.epoch);
        }
        is_broken || session.epoch != self.connector.epoch()
    }
}

impl Deref for Session {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl DerefMut for Session {
    fn deref_mut(&mut self) -> &mut Connection {
        &mut self.connection
    }
}
