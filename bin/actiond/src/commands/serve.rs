//! `actiond serve`: wires the crates, and stops them in order.

use std::sync::Arc;

use actiond_api::{ApiSettings, Faces, Services};
use actiond_core::cluster::Catalog;
use actiond_core::ports::Ids;
use actiond_core::usecase::{ClusterActions, Execution, ProjectActions};
use actiond_identity::UserAccounts;
use actiond_persistence::Store;
use actiond_runner::{RandomIds, Runner, RunnerHandle, RunnerSettings, SystemClock};
use anyhow::{Context, Result};
use serde_json::json;

use super::listeners::{Address, Listeners};
use super::signals::Signals;
use super::{guide, identity, say, store};
use crate::cli::LogFormat;
use crate::config::{ActionConfig, Config, Provider};
use crate::policy;

/// Runs the server until a signal stops it.
pub fn run(config: &Config, show_guide: bool) -> Result<()> {
    // Before the store is touched: a wrong address must not leave one behind.
    let listeners = Listeners::open(config)?;
    config.cluster.warn_of_missing_programs();
    let policy = policy::load(config.policy_file().as_deref())?;
    policy.warn();
    identity::check_given_password()?;
    let store = store::open_alone(config)?;
    let identity = identity::providers(config, &store)?;

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
        project: ProjectActions::new(
            store.project_actions(),
            Arc::new(RandomIds),
            Arc::new(SystemClock),
        )
        .with_largest_body(config.server.max_body),
        policy,
        identity: identity.provider,
        tokens: identity.tokens,
        cluster_tokens: identity.cluster_tokens,
        accounts: Arc::new(UserAccounts { admin: identity::admin(&store) }),
        health: store.health(),
    };
    // What other servers queue or cancel is heard at once.
    let watch = store.watch(runner.signal())?;
    let system = actix_web::rt::System::new();
    // Before anything runs that a signal would leave behind.
    let signals = system.block_on(async { Signals::listen() })?;
    let runner = runner.spawn().context("cannot start the runner")?;
    let outcome = system.block_on(async {
        let Listeners { addresses, certificates, listeners } = listeners;
        let servers = actiond_api::serve(listeners, services, api_settings(config, &store))?;
        // The last that can fail: a password that was made is shown by what follows.
        let first_admin = identity::ensure_first_admin(config, &store)?;
        tokio::spawn(signals.heed(servers.handles(), certificates));
        let said = announce(config, &addresses, first_admin.is_some())
            .and_then(|()| guide::print(config, first_admin.as_ref(), &addresses, show_guide));
        if let Err(error) = said {
            let help = "a password that was made for admin is lost: `actiond user set-password`";
            tracing::warn!(%error, help, "nobody reads standard output");
        }
        servers.run().await.context("the server failed")
    });
    stop_runner(config, runner);
    if store.is_shared() && outcome.is_ok() {
        leave();
    }
    drop(watch);
    outcome
}

/// Ends the process without waiting for calls that a database does not answer. What was acknowledged
/// is in the database, and a connection that breaks off rolls the rest back.
fn leave() -> ! {
    std::process::exit(0)
}

fn runner(config: &Config, store: &Store, catalog: &Arc<Catalog>) -> Result<Runner> {
    let execution = Execution { repository: store.cluster_actions(), clock: Arc::new(SystemClock) };
    let works = config.cluster.actions.iter().map(ActionConfig::work);
    let settings = RunnerSettings {
        exclusive_store: !store.is_shared(),
        ..config.runner.settings(RandomIds.uuid())
    };
    Ok(Runner::new(execution, Arc::clone(catalog), works.collect::<Result<_>>()?, settings)?)
}

fn api_settings(config: &Config, store: &Store) -> ApiSettings {
    let defaults = ApiSettings::default();
    let identity = &config.identity;
    let elsewhere = identity.provider == Provider::Keystone;
    ApiSettings {
        authenticate_uri: elsewhere.then(|| identity.keystone.authenticate_uri()),
        max_body: config.server.max_body,
        // The other half of the readers answers everything else.
        max_lists: (config.store.read_connections / 2).max(1) as usize,
        public_url: Some(config.server.public_url.clone()).filter(|url| !url.is_empty()),
        shutdown_timeout: config.server.shutdown_grace,
        // A file breaks off what takes too long by itself.
        answer_time: store.is_shared().then_some(config.store.answer_time),
        workers: Some(config.server.workers).filter(|n| *n > 0).unwrap_or(defaults.workers),
        ..defaults
    }
}

/// Says where the server listens, and whether anybody can log in.
fn announce(config: &Config, addresses: &[Address], has_users: bool) -> Result<()> {
    match config.log.format {
        LogFormat::Text => addresses.iter().try_for_each(|address| {
            let only = match address.faces {
                Faces::ALL => String::new(),
                some => format!(" ({})", some.names().join(", ")),
            };
            say(format_args!("actiond listens on {}{only}", address.url()))
        }),
        LogFormat::Json => {
            let listener = |address: &Address| {
                let (url, faces) = (address.url(), address.faces.names());
                json!({"url": url, "address": address.socket, "faces": faces})
            };
            let listeners: Vec<_> = addresses.iter().map(listener).collect();
            say(json!({
                "event": "listening",
                "url": listeners.first().map(|first| &first["url"]),
                "address": listeners.first().map(|first| &first["address"]),
                "has_users": has_users,
                "listeners": listeners,
            }))
        }
    }
}

fn stop_runner(config: &Config, runner: RunnerHandle) {
    runner.shutdown(config.server.shutdown_grace);
    tracing::info!("stopped");
}
