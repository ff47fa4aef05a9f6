//! The command `actiond`: reads the command line and the configuration, and wires the crates.

#![allow(unreachable_pub, reason = "nothing is outside a program; pub says what a module offers")]

mod builtin;
mod cli;
mod commands;
mod config;
mod logging;
mod memory;
mod policy;
mod tasks;
mod tls;

use std::io;
use std::process::ExitCode;

use clap::Parser;

use cli::Cli;

fn main() -> ExitCode {
    memory::share_arenas();
    match commands::run(&Cli::parse()) {
        Ok(status) => status,
        // Whoever read the output has seen enough, and needs no words.
        Err(error) if is_broken_pipe(&error) => ExitCode::FAILURE,
        Err(error) => {
            // The whole chain of causes, on one line.
            eprintln!("actiond: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let error = error.root_cause().downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
