//! Makes a consistent copy of the store while the server goes on writing to it.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actiond_persistence::{Copied, Pacing, StoreUrl, copy_store};
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use signal_hook::consts::SIGTERM;

use super::{pace::Pace, protocol};

/// Bytes of a page of the store.
const PAGE: u64 = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parameters {
    /// The file name of the copy; without one, the time names it.
    name: Option<String>,
    /// How much to copy at most, in MiB a second.
    max_mib_per_second: Option<f64>,
}

/// Copies the store of `url` into the folder `into`.
pub fn run(url: &str, into: &Path) -> Result<()> {
    let parameters: Parameters = protocol::parameters()?;
    let name = parameters.name.unwrap_or_else(name_by_time);
    ensure!(
        is_plain(&name),
        "the name {name:?} is not made of letters, digits, '.', '_' and '-' alone"
    );
    let store = StoreUrl::parse(url).context("the store's URL is not good")?;
    let store = store.file().context("the store is no file: copy it with `actiond store copy`")?;
    std::fs::create_dir_all(into)
        .with_context(|| into.display().to_string())
        .context("cannot make the folder that copies are put into")?;

    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(SIGTERM, Arc::clone(&stop))?;
    let pace = Pace::of_mib_a_second(parameters.max_mib_per_second);
    let pages = pace.part_of(Pacing::default().pages, PAGE);
    let pacing = Pacing { pages, ..Pacing::default() };
    let copied = copy_store(store, &into.join(&name), pacing, |done, all| {
        protocol::progress(done, all);
        pace.keep(done * PAGE, || stop.load(Ordering::Relaxed));
        if stop.load(Ordering::Relaxed) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    })?;
    if copied == Copied::Stopped {
        // What the shell says of a program that SIGTERM ended.
        std::process::exit(128 + SIGTERM);
    }
    protocol::message(&format!("copied to {name}"));
    Ok(())
}

fn name_by_time() -> String {
    use actiond_core::ports::Clock;
    let now = actiond_runner::SystemClock.now();
    format!("actiond-{}.db", now.format("%Y%m%dT%H%M%SZ"))
}

fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ['.', '_', '-'].contains(&c);
    !name.is_empty() && !name.starts_with('.') && name.chars().all(plain)
}
