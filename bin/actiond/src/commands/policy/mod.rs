//! `actiond policy`: the rules that say who may do what on the project face.

mod list;
mod sample;
mod test;

use std::process::ExitCode;

use actiond_api::{RouteInfo, routes};
use anyhow::{Result, bail};

use super::say;
use crate::cli::{Policy, Source};
use crate::config::Config;
use crate::policy::{Loaded, load};

/// Carries out a policy command.
pub fn run(config: &Config, command: &Policy) -> Result<ExitCode> {
    let done = match command {
        Policy::List { source, format } => list::run(&in_force(config, source)?, *format),
        Policy::Check(source) => check(config, source),
        Policy::Test { source, question, format } => {
            return test::run(&in_force(config, source)?, question, *format);
        }
        Policy::Sample => say(sample::text()),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// The rules, as a server would have them in force.
fn in_force(config: &Config, source: &Source) -> Result<Loaded> {
    let configured = config.policy_file();
    Ok(load(source.file.as_deref().or(configured.as_deref()))?)
}

fn check(config: &Config, source: &Source) -> Result<()> {
    let configured = config.policy_file();
    let Some(file) = source.file.as_deref().or(configured.as_deref()) else {
        bail!(
            "there is no policy file to check: name one with --file, or as policy.file in the configuration"
        );
    };
    let loaded = load(Some(file))?;
    for warning in &loaded.warnings {
        say(format_args!("warning: {warning}"))?;
    }
    let rules = loaded.count();
    say(format_args!("{}: the policy is good; rules that it sets: {rules}", file.display()))
}

/// The routes that a rule guards.
fn guarded_by(rule: &str) -> Vec<String> {
    let of_rule = |route: &RouteInfo| route.permission == Some(rule);
    let name = |route: RouteInfo| format!("{} {}", route.method, route.path);
    routes().into_iter().filter(of_rule).map(name).collect()
}
