//! Opening the store, and `actiond migrate`.

use std::path::Path;
use std::process::ExitCode;

use actiond_persistence::Store;
use anyhow::{Context, Result, ensure};

use super::say;
use crate::config::{Config, StoreConfig};

/// The exit status of `migrate --status` while something is pending.
const PENDING: u8 = 3;

/// Opens the store for a tool, at the schema of this version. A server may be using it. One that
/// several servers share is theirs to migrate, but for one that is new.
pub fn open(config: &Config) -> Result<Store> {
    let store = connect(config)?;
    if store.is_shared() {
        let context = || format!("cannot read the schema of the store {}", config.store);
        let schema = store.schema().with_context(context)?;
        ensure!(
            schema.is_new() || schema.pending.is_empty(),
            "the store {} is older than this program: stop its servers and run `actiond migrate`, or \
             use the program that they are of",
            config.store
        );
    }
    bring_up_to_date(config, &store)?;
    Ok(store)
}

/// As [`open`], but makes none: who looks for something in a store that is not there has mistyped it.
pub fn open_existing(config: &Config) -> Result<Store> {
    ensure!(
        is_there(config)?,
        "the store {} is not there; `actiond user add` or `actiond migrate` makes it",
        config.store
    );
    open(config)
}

/// Whether there is a store at all; of a database on a network, only it can say.
fn is_there(config: &Config) -> Result<bool> {
    Ok(config.store_url()?.file().is_none_or(Path::exists))
}

/// Opens the store for a server, at the schema of this version, and keeps other servers off a store
/// that is a file.
pub fn open_alone(config: &Config) -> Result<Store> {
    let store = connect(config)?;
    take_alone(config, &store)?;
    bring_up_to_date(config, &store)?;
    store.keep_schema().with_context(|| format!("cannot use the store {}", config.store))?;
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

/// Says how far the store's schema is, and changes nothing.
pub fn status(config: &Config) -> Result<ExitCode> {
    if !is_there(config)? {
        say(format_args!("the store {} is not there; `actiond migrate` makes it", config.store))?;
        return Ok(PENDING.into());
    }
    let context = || format!("cannot read the schema of the store {}", config.store);
    let schema = connect(config)?.schema().with_context(context)?;
    let unknown = |migration: &&String| !schema.unknown.contains(migration);
    for migration in schema.applied.iter().filter(unknown) {
        say(format_args!("applied {migration}"))?;
    }
    for migration in &schema.unknown {
        say(format_args!("unknown {migration}"))?;
    }
    for migration in &schema.pending {
        say(format_args!("pending {migration}"))?;
    }
    schema.check_known().with_context(context)?;
    if schema.pending.is_empty() {
        say(format_args!("the store {} is at the schema of this version", config.store))?;
        return Ok(ExitCode::SUCCESS);
    }
    say(format_args!("the store {} is older; `actiond migrate` changes that", config.store))?;
    Ok(PENDING.into())
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
