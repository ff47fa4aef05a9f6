//! The domain of actiond.
//!
//! Two kinds of action: [`cluster`] actions, which are carried out, one instance of each at a time;
//! and [`project`] actions, which are kept for a project. [`usecase`] holds what can be done with
//! them, [`access`] who may, and [`ports`] what the domain needs from outside. Nothing in this crate
//! does IO, reads a clock or makes up a number: that is what the ports are for. [`memory`] has them
//! in memory.

pub mod access;
pub mod cluster;
pub mod document;
mod error;
pub mod identity;
pub mod memory;
#[cfg(any(test, feature = "port-tests"))]
pub mod port_tests;
pub mod ports;
pub mod project;
pub mod usecase;

pub use error::{Error, Result};

/// A moment in UTC, to the microsecond.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
