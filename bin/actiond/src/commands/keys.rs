//! `actiond keys`

use std::sync::Arc;
use std::time::Duration;

use actiond_core::Timestamp;
use actiond_core::identity::TokenLife;
use actiond_identity::SigningKeys;
use actiond_runner::SystemClock;
use anyhow::Result;

use super::{say, store};
use crate::cli::Keys;
use crate::config::Config;

/// Carries out a command.
pub fn run(config: &Config, command: &Keys) -> Result<()> {
    let store = store::open_existing(config)?;
    let keys = SigningKeys { keys: store.signing_keys(), clock: Arc::new(SystemClock) };
    match command {
        Keys::List => list(config, &keys),
        Keys::Rotate { now } => {
            let overlap = if *now { Duration::ZERO } else { TokenLife::MAX.duration() };
            let key = keys.rotate(overlap)?;
            let others = if *now { "are worth nothing" } else { "stay good until they expire" };
            say(format_args!("key {} signs from now on; tokens of others {others}", key.id))
        }
    }
}

fn list(config: &Config, keys: &SigningKeys) -> Result<()> {
    let all = keys.list()?;
    if all.is_empty() {
        return say(format_args!("the store {} has no keys yet", config.store));
    }
    let shown = |moment: Timestamp| moment.format("%Y-%m-%dT%H:%M:%SZ").to_string();
    say(format_args!("{:<12}  {:<20}  GOOD UNTIL", "KEY", "MADE"))?;
    all.iter().try_for_each(|key| {
        let until = key.good_until.map_or_else(|| "it signs".to_owned(), shown);
        say(format_args!("{}  {}  {until}", key.id, shown(key.made_at)))
    })
}
