//! The store through its public face, on real files.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics when it fails")]

mod copying;
mod migrations;
mod opening;
mod ports;
#[path = "../../../../tests/harness/postgres.rs"]
mod postgres;
mod searching;
mod support;
mod writing;
