//! `actiond serve`: wires the crates, and stops them in order.

use std::net::SocketAddr;
use std::sync::Arc;

use actiond_api::{ApiSettings, PointReads, Services};
use actiond_core::cluster::Catalog;
use actiond_core::ports::Ids;
use actiond_core::usecase::{ClusterActions, Execution, ProjectActions};
use actiond_persistence::Store;
use actiond_runner::{RandomIds, Runner, RunnerHandle, SystemClock};
use actix_web::dev::ServerHandle;
use anyhow::{Context, Result};
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{guide, identity, say, store};
use crate::cli::LogFormat;
use crate::config::{ActionConfig, Config};
use crate::policy;

/// Runs the server until SIGTERM or SIGINT.
pub fn run(config: &Config, show_guide: bool) -> Result<()> {
    // Before the store is touched: a wrong address must not leave one behind.
    let listener = config.listen()?;
    let address = listener.local_addr()?;
    config.cluster.warn_of_missing_programs();
    let policy = policy::load(config.policy_file().as_deref())?;
    policy.warn();
    let store = store::open_alone(config)?;
    let identity = Arc::new(identity::provider(config, &store)?);

    let catalog = Arc::new(config.cluster.catalog(&config.origin)?);
    let runner = runner(config, &store, &catalog)?;
    let (policy, _watch) = policy.in_force().context("cannot watch the policy file")?;
    let services = Services {
        cluster: ClusterActions {
            repository: store.cluster_actions(),
            catalog,
            clock: Arc::new(SystemClock),
            ids: Arc::new(RandomIds),
            signal: runner.signal(),
        },
        project: ProjectActions::new(store.project_actions(), Arc::new(RandomIds))
            .with_largest_body(config.server.max_body),
        policy,
        identity: identity.clone(),
        tokens: Some(identity),
        health: store.health(),
    };
    let first_admin = identity::ensure_first_admin(config, &store)?;
    let system = actix_web::rt::System::new();
    // Before anything runs that a signal would leave behind.
    let signals = system.block_on(async { Signals::listen() })?;
    let runner = runner.spawn().context("cannot start the runner")?;
    let outcome = system.block_on(async {
        let server = actiond_api::serve(listener, services, api_settings(config))?;
        tokio::spawn(signals.stop(server.handle()));
        // Whoever does not read it does not need it.
        let _ = announce(config, address, first_admin.is_some())
            .and_then(|()| guide::print(config, first_admin.as_ref(), address, show_guide));
        server.await.context("the server failed")
    });
    stop_runner(config, runner);
    outcome
}

fn runner(config: &Config, store: &Store, catalog: &Arc<Catalog>) -> Result<Runner> {
    let execution = Execution { repository: store.cluster_actions(), clock: Arc::new(SystemClock) };
    let works = config.cluster.actions.iter().map(ActionConfig::work);
    let settings = config.runner.settings(RandomIds.uuid());
    Ok(Runner::new(execution, Arc::clone(catalog), works.collect::<Result<_>>()?, settings)?)
}

fn api_settings(config: &Config) -> ApiSettings {
    let defaults = ApiSettings::default();
    ApiSettings {
        max_body: config.server.max_body,
        // The other half of the readers answers everything else.
        max_lists: (config.store.read_connections / 2).max(1) as usize,
        public_url: Some(config.server.public_url.clone()).filter(|url| !url.is_empty()),
        shutdown_timeout: config.server.shutdown_grace,
        // The embedded store answers from memory, in microseconds: docs/adr/0005-ports-block.md.
        point_reads: PointReads::Inline,
        workers: Some(config.server.workers).filter(|n| *n > 0).unwrap_or(defaults.workers),
        ..defaults
    }
}

/// Says where the server listens, and whether anybody can log in.
fn announce(config: &Config, address: SocketAddr, has_users: bool) -> Result<()> {
    let url = format!("http://{address}");
    match config.log.format {
        LogFormat::Text => say(format_args!("actiond listens on {url}")),
        LogFormat::Json => say(json!({
            "event": "listening", "url": url, "address": address, "has_users": has_users,
        })),
    }
}

/// The signals that stop the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        let listen = |kind| signal(kind).context("cannot listen to signals");
        let (terminate, interrupt) =
            (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    /// SIGTERM or SIGINT stops accepting and lets requests end; the same again does not wait for
    /// them.
    async fn stop(mut self, server: ServerHandle) {
        for graceful in [true, false] {
            tokio::select! {
                _ = self.terminate.recv() => {}
                _ = self.interrupt.recv() => {}
            }
            tracing::info!(graceful, "stopping");
            drop(tokio::spawn(server.stop(graceful)));
        }
    }
}

fn stop_runner(config: &Config, runner: RunnerHandle) {
    runner.shutdown(config.server.shutdown_grace);
    tracing::info!("stopped");
}
