//! The built-in maintenance tasks, each a command like those that an operator configures.

mod copy_store;
mod pace;
mod protocol;
mod verify_tree;

use anyhow::Result;

use crate::cli::{Global, Task};
use crate::config::Config;

/// Carries out a task. What it needs of the configuration is read only when no flag says it: the
/// file may have been changed since the server read it.
pub fn run(task: &Task, global: &Global) -> Result<()> {
    match (task, &global.store) {
        (Task::VerifyTree { root }, _) => verify_tree::run(root),
        (Task::CopyStore { into }, Some(url)) => copy_store::run(url, into),
        (Task::CopyStore { into }, None) => {
            copy_store::run(&Config::load(global, None)?.store.url, into)
        }
    }
}
