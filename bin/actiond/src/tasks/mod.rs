//! The built-in maintenance tasks, each a command like those that an operator configures.

mod copy_store;
mod pace;
mod protocol;
mod verify_tree;

use anyhow::{Context, Result};

use crate::cli::{Global, Task};
use crate::config::Config;

/// Carries out a task. Of a failure clients are told what it says itself; its causes, which may name
/// paths of this host, go to standard error.
pub fn run(task: &Task, global: &Global) -> Result<()> {
    carry_out(task, global).inspect_err(|error| protocol::failure(&error.to_string()))
}

/// What a task needs of the configuration is read only when no flag or variable says it: the file may have
/// been changed since the server read it.
fn carry_out(task: &Task, global: &Global) -> Result<()> {
    match (task, &global.store) {
        (Task::VerifyTree { root }, _) => verify_tree::run(root),
        (Task::CopyStore { into }, Some(url)) => copy_store::run(url, into),
        (Task::CopyStore { into }, None) => {
            let config = Config::load(global, None).context("the configuration is not good")?;
            copy_store::run(&config.store.url, into)
        }
    }
}
