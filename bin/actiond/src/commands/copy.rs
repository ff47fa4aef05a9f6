//! `actiond store copy`: everything from one store to another.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use actiond_persistence::{Phase, Progress, Store, StoreOptions, StoreUrl, copy_all};
use anyhow::{Context, Result, ensure};

use super::say;
use crate::cli::CopyStores;
use crate::config::Config;

/// How often to say how far it is.
const EVERY: Duration = Duration::from_secs(1);

/// Copies, compares, and says what was copied.
pub fn run(config: &Config, stores: &CopyStores) -> Result<()> {
    let source = StoreUrl::parse(&stores.from).context("--from")?;
    let target = StoreUrl::parse(&stores.to).context("--to")?;
    ensure!(stores.from != stores.to, "--from and --to are the same store");
    ensure!(source.file().is_none_or(Path::exists), "there is no store {source}");
    let from = open(config, &stores.from, stores.from_password_file.as_ref())
        .with_context(|| format!("cannot open the source {source}"))?;
    let to = open(config, &stores.to, stores.to_password_file.as_ref())
        .with_context(|| format!("cannot open the target {target}"))?;
    to.take_alone().with_context(|| format!("cannot take the target {target}"))?;
    let mut teller = Teller::default();
    let content = copy_all(&from, &to, &mut |progress| teller.tell(progress))
        .with_context(|| format!("cannot copy {source} to {target}"))?;
    for table in &content.tables {
        say(format_args!("{:<24}{:>10}", table.name, table.rows))?;
    }
    say(format_args!("{target} holds what {source} holds: {} rows, compared", content.rows()))
}

fn open(config: &Config, url: &str, password: Option<&PathBuf>) -> actiond_core::Result<Store> {
    let password_file = password.cloned();
    Store::open(url, StoreOptions { password_file, ..config.store.options() })
}

/// Says how far it is, now and then, to standard error.
#[derive(Default)]
struct Teller {
    last: Option<(Phase, Instant)>,
}

impl Teller {
    fn tell(&mut self, progress: Progress) {
        let Progress { phase, done, all } = progress;
        let is_due = self.last.is_none_or(|(last, at)| last != phase || at.elapsed() >= EVERY);
        if !is_due && done < all {
            return;
        }
        self.last = Some((phase, Instant::now()));
        let doing = match phase {
            Phase::Copying => "copied",
            Phase::Checking => "compared",
        };
        eprintln!("{doing} {done} of {all} rows");
    }
}
