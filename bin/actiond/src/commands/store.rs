//! Opening the store, and `actiond migrate`.

use actiond_persistence::Store;
use anyhow::{Context, Result};

use super::say;
use crate::config::{Config, StoreConfig};

/// Opens the store for a tool, at the schema of this version. A server may be using it.
pub fn open(config: &Config) -> Result<Store> {
    let store = connect(config)?;
    bring_up_to_date(config, &store)?;
    Ok(store)
}

/// Opens the store for a server, at the schema of this version, and keeps other servers off a store
/// that is a file.
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
    say(format_args!("the store {} is at the schema of this version", config.store))
}

fn connect(config: &Config) -> Result<Store> {
    let StoreConfig { url, .. } = &config.store;
    Store::open(url, config.store.options())
        .with_context(|| format!("cannot open the store {}", config.store))
}

fn take_alone(config: &Config, store: &Store) -> Result<()> {
    store.take_alone().with_context(|| format!("cannot take the store {}", config.store))
}

/// Applies what the store lacks, and never under a server that runs: it knows the old schema.
fn bring_up_to_date(config: &Config, store: &Store) -> Result<Vec<String>> {
    let context = || format!("cannot bring the store {} to this version", config.store);
    if store.pending_migrations().with_context(context)?.is_empty() {
        return Ok(vec![]);
    }
    take_alone(config, store).with_context(context)?;
    store.migrate().with_context(context)
}
