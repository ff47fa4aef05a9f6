//! Opening the store, and `actiond migrate`.

use std::sync::Arc;

use actiond_persistence::{Store, StoreOptions};
use actiond_runner::SystemClock;
use anyhow::{Context, Result};

use super::say;
use crate::config::Config;

/// Opens the store for a tool, at the schema of this version. A server may be using it.
pub fn open(config: &Config) -> Result<Store> {
    let store = connect(config)?;
    bring_up_to_date(config, &store)?;
    Ok(store)
}

/// Opens the store for a server, at the schema of this version, and keeps other servers off it.
pub fn open_alone(config: &Config) -> Result<Store> {
    let store = connect(config)?;
    take_alone(config, &store)?;
    bring_up_to_date(config, &store)?;
    Ok(store)
}

/// Brings the store to the schema of this version, and says what that took.
pub fn migrate(config: &Config) -> Result<()> {
    let applied = bring_up_to_date(config, &connect(config)?)?;
    for migration in &applied {
        say(format_args!("applied {migration}"))?;
    }
    say(format_args!("the store {} is at the schema of this version", config.store.url))
}

fn connect(config: &Config) -> Result<Store> {
    let options = StoreOptions {
        readers: config.store.read_connections,
        ..StoreOptions::new(Arc::new(SystemClock))
    };
    let url = &config.store.url;
    Store::open(url, options).with_context(|| format!("cannot open the store {url}"))
}

fn take_alone(config: &Config, store: &Store) -> Result<()> {
    store.take_alone().with_context(|| format!("cannot take the store {}", config.store.url))
}

/// Applies what the store lacks, and never under a server that runs: it knows the old schema.
fn bring_up_to_date(config: &Config, store: &Store) -> Result<Vec<String>> {
    let context = || format!("cannot bring the store {} to this version", config.store.url);
    if store.pending_migrations().with_context(context)?.is_empty() {
        return Ok(vec![]);
    }
    take_alone(config, store).with_context(context)?;
    store.migrate().with_context(context)
}
