//! Hears what other servers have done: the triggers of `cluster_actions` tell it.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use actiond_core::Error;
use actiond_core::ports::RunnerSignal;
use diesel::connection::SimpleConnection as _;

use super::connection::Connector;
use super::{Connection, Fault, presence};

/// How often to look whether something has come: it takes no way to the database.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait before the database is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// A thread that rings whenever a server says that there is something to do.
pub(super) struct Listener {
    /// Dropped to end the thread.
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    /// Begins on the connection that says that this server is at work, if there is one.
    pub(super) fn start(
        connector: Arc<Connector>,
        present: Option<Connection>,
        signal: Arc<dyn RunnerSignal>,
    ) -> Result<Self, Error> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("store-listener".to_owned())
            .spawn(move || listen(&connector, present, &*signal, &stopped))
            .map_err(Error::internal)?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Listens until it is stopped, on one connection after the other.
fn listen(
    connector: &Connector,
    mut present: Option<Connection>,
    signal: &dyn RunnerSignal,
    stopped: &Receiver<()>,
) {
    loop {
        let connection = present.take().map_or_else(|| presence::go_on(connector), Ok);
        let heard = connection
            .and_then(|mut connection| hear(&mut connection, signal, || waits(stopped, LOOK)));
        match heard {
            Ok(()) => return,
            Err(fault) => tracing::debug!(?fault, "nothing is heard from other servers"),
        }
        if !waits(stopped, RETRY) {
            return;
        }
    }
}

/// Rings for what comes on this connection, and once for what may have come before it.
fn hear(
    connection: &mut Connection,
    signal: &dyn RunnerSignal,
    waits: impl Fn() -> bool,
) -> Result<(), Fault> {
    connection.batch_execute("LISTEN actiond")?;
    signal.ring();
    while waits() {
        let heard = connection.notifications_iter().collect::<Result<Vec<_>, _>>()?;
        if !heard.is_empty() {
            signal.ring();
        }
    }
    Ok(())
}

/// Waits a while; false when it is stopped.
fn waits(stopped: &Receiver<()>, time: Duration) -> bool {
    stopped.recv_timeout(time) == Err(RecvTimeoutError::Timeout)
}
