//! What each command does.

mod copy;
mod guide;
mod identity;
mod import;
mod keys;
mod listeners;
mod policy;
mod serve;
mod signals;
mod store;
mod tls;
mod user;

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use actiond_persistence::StoreUrl;
use anyhow::{Result, ensure};
use clap::CommandFactory;

use crate::cli::{Cli, Command, ConfigCommand, Import, Listen, Migrate, StoreCommand};
use crate::config::Config;
use crate::{logging, tasks};

/// Carries out the command line; answers with which status the program ends.
pub fn run(cli: &Cli) -> Result<ExitCode> {
    ensure!(
        !std::env::args_os().any(|argument| shows_password(&argument.to_string_lossy())),
        "an argument with a password is for everybody on this host to see: put the URL into its \
         variable (see --help) or into the configuration file, or the password into a file"
    );
    let settle = |listen: Option<&Listen>| -> Result<Config> {
        let config = Config::load(&cli.global, listen)?;
        logging::start(&config.log);
        Ok(config)
    };
    let done = match &cli.command {
        Command::Import(Import::Freezer(options)) => {
            return import::freezer(&settle(None)?, options);
        }
        Command::Policy(command) => return policy::run(&settle(None)?, command),
        Command::Serve(serve) => serve::run(&settle(Some(&serve.listen))?, serve.guide),
        Command::User(user) => user::run(&settle(None)?, user),
        Command::Config(ConfigCommand::Check(listen)) => {
            let config = settle(Some(listen))?;
            listeners::check(&config)?;
            crate::policy::load(config.policy_file().as_deref())?.warn();
            config.cluster.warn_of_missing_programs();
            say(config)
        }
        Command::Migrate(Migrate { status: false }) => store::migrate(&settle(None)?),
        Command::Migrate(Migrate { status: true }) => return store::status(&settle(None)?),
        Command::Store(StoreCommand::Copy(stores)) => copy::run(&settle(None)?, stores),
        Command::Keys(command) => keys::run(&settle(None)?, command),
        Command::Tls(command) => tls::run(command),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "actiond", &mut script);
            Ok(io::stdout().write_all(&script)?)
        }
        Command::Task(task) => tasks::run(task, &cli.global),
    };
    done.map(|()| ExitCode::SUCCESS)
}

/// Whether an argument is a store's URL with a password in it.
fn shows_password(argument: &str) -> bool {
    let value = argument.split_once('=').filter(|(flag, _)| flag.starts_with("--"));
    let url = value.map_or(argument, |(_, value)| value);
    StoreUrl::parse(url).is_ok_and(|url| url.has_password())
}

/// Writes a line to standard output; that nobody reads it any more is an error, not a panic.
fn say(line: impl Display) -> Result<()> {
    Ok(writeln!(io::stdout(), "{line}")?)
}
