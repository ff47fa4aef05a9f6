//! What each command does.

mod guide;
mod identity;
mod serve;
mod store;
mod user;

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::{Cli, Command, ConfigCommand, Serve};
use crate::config::Config;
use crate::{logging, tasks};

/// Carries out the command line.
pub fn run(cli: &Cli) -> Result<()> {
    let listen = match &cli.command {
        Command::Serve(Serve { listen, .. }) | Command::Config(ConfigCommand::Check(listen)) => {
            listen.listen.as_deref()
        }
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Cli::command(), "actiond", &mut std::io::stdout());
            return Ok(());
        }
        _ => None,
    };
    let config = Config::load(&cli.global, listen)?;
    logging::start(&config.log);
    match &cli.command {
        Command::Serve(serve) => serve::run(&config, serve.guide),
        Command::User(user) => user::run(&config, user),
        Command::Config(ConfigCommand::Check(_)) => {
            print!("{config}");
            Ok(())
        }
        Command::Migrate => store::migrate(&config),
        Command::Task(task) => tasks::run(task, &config.store.url),
        Command::Completions { .. } => Ok(()),
    }
}
