//! The faces as clients see them, over the ports in memory.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod bad_input;
mod bounds;
mod client;
mod cluster;
mod directory;
mod documents;
mod idempotency;
mod identity;
mod log;
mod nodes;
mod order;
mod project;
mod queue;
mod routes;
mod socket;
mod stall;
mod tasks;
mod users;
mod world;
