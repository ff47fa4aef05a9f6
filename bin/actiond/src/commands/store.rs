//! Opening the store, and `actiond migrate`.

use std::sync::Arc;

use actiond_persistence::{Store, StoreOptions};
use actiond_runner::SystemClock;
use anyhow::{Context, Result};

use crate::config::Config;

/// Opens the store at the schema of this version.
pub fn open(config: &Config) -> Result<Store> {
    open_and_migrate(config).map(|(store, _)| store)
}

fn open_and_migrate(config: &Config) -> Result<(Store, Vec<String>)> {
    let options = StoreOptions {
        readers: config.store.read_connections,
        ..StoreOptions::new(Arc::new(SystemClock))
    };
    let url = &config.store.url;
    let store =
        Store::open(url, options).with_context(|| format!("cannot open the store {url}"))?;
    let applied = store.migrate();
    let applied =
        applied.with_context(|| format!("cannot bring the store {url} to this version"))?;
    Ok((store, applied))
}

/// Brings the store to the schema of this version, and says what that took.
pub fn migrate(config: &Config) -> Result<()> {
    let (_, applied) = open_and_migrate(config)?;
    let url = &config.store.url;
    for migration in &applied {
        println!("applied {migration}");
    }
    println!("the store {url} is at the schema of this version");
    Ok(())
}
