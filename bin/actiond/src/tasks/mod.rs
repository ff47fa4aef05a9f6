//! The built-in maintenance tasks, each a command like those that an operator configures.

mod copy_store;
mod pace;
mod protocol;
mod verify_tree;

use anyhow::Result;

use crate::cli::Task;

/// Carries out a task.
pub fn run(task: &Task, store_url: &str) -> Result<()> {
    match task {
        Task::VerifyTree { root } => verify_tree::run(root),
        Task::CopyStore { into } => copy_store::run(store_url, into),
    }
}
