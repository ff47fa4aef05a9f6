//! `actiond import`: takes over what another service has kept.

mod projects;
mod report;
mod run;

use std::process::ExitCode;

use actiond_core::usecase::Import;
use actiond_freezer::{Credentials, Freezer, Session};
use anyhow::{Context, Result};

use self::report::Report;
use self::run::Run;
use super::{say, store};
use crate::cli::ImportFreezer;
use crate::config::Config;

/// The exit status of an import that has come to its end and could not take everything.
const NOT_ALL: u8 = 3;

/// How many of the actions that could not be taken are shown; the report has them all.
const SHOWN: usize = 10;

/// Takes over the project actions of a running freezer-api.
pub fn freezer(config: &Config, options: &ImportFreezer) -> Result<ExitCode> {
    let credentials = Credentials::read(|name| std::env::var(name).ok())?;
    let session = Session::log_in(credentials).context("cannot log in at Keystone")?;
    let freezer = Freezer::new(session, &options.endpoint);
    let projects = projects::to_import(&freezer, &options.projects)?;
    let mut report = Report::open(config, options, freezer.endpoint())?;
    let store = store::open(config)?;
    let import = Import {
        repository: store.project_actions(),
        overwrite: options.overwrite,
        largest_body: config.server.max_body,
    };
    let width = options.connections.into();
    let outcome = Run { freezer: &freezer, import, width, report: &mut report }.all(&projects);
    report.save()?;
    outcome.with_context(|| {
        let file = options.report.display();
        format!("the import was cut off; the same command carries on with what {file} says")
    })?;
    tell(&report, options)
}

fn tell(report: &Report, options: &ImportFreezer) -> Result<ExitCode> {
    say(report.total())?;
    for not_taken in report.not_taken.iter().take(SHOWN) {
        eprintln!("not taken: {not_taken}");
    }
    if report.not_taken.is_empty() {
        return Ok(ExitCode::SUCCESS);
    }
    eprintln!("{} has all that was not taken", options.report.display());
    Ok(NOT_ALL.into())
}
