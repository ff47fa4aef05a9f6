//! What signals do to a running server.

use std::sync::Arc;

use actix_web::dev::ServerHandle;
use anyhow::{Context, Result};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::tls::Pair;

/// SIGTERM, SIGINT and SIGQUIT stop the server. SIGHUP has it read its certificates again; without
/// any it stops it too, since it comes when the terminal is closed.
pub struct Signals {
    stop: [Signal; 3],
    hangup: Signal,
}

impl Signals {
    /// Listens to them from now on.
    pub fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        Ok(Self {
            stop: [
                listen(SignalKind::terminate())?,
                listen(SignalKind::interrupt())?,
                listen(SignalKind::quit())?,
            ],
            hangup: listen(SignalKind::hangup())?,
        })
    }

    /// The first to stop stops accepting and lets requests end; another does not wait for them.
    pub async fn heed(mut self, servers: Vec<ServerHandle>, certificates: Vec<Arc<Pair>>) {
        for graceful in [true, false] {
            self.until_stop(&certificates).await;
            tracing::info!(graceful, "stopping");
            for server in &servers {
                drop(tokio::spawn(server.stop(graceful)));
            }
        }
    }

    async fn until_stop(&mut self, certificates: &[Arc<Pair>]) {
        let Self { stop: [terminate, interrupt, quit], hangup } = self;
        loop {
            tokio::select! {
                _ = terminate.recv() => return,
                _ = interrupt.recv() => return,
                _ = quit.recv() => return,
                _ = hangup.recv() => {}
            }
            if certificates.is_empty() {
                return;
            }
            certificates.iter().for_each(|pair| pair.reload());
        }
    }
}
