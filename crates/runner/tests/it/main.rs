//! The runner with real processes, over the ports in memory.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by a panic")]

mod attempts;
mod cancel;
mod commands;
mod embedded;
mod failures;
mod handlers;
mod leases;
mod many;
mod processes;
mod shutdown;
mod store;
mod world;
