//! The store through its public face, on real files.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test panics when it fails")]

mod copying;
mod migrations;
mod opening;
mod outage;
mod paging;
mod ports;
#[path = "../../../../tests/harness/postgres.rs"]
mod postgres;
mod searching;
mod secrets;
mod several;
mod support;
mod transfer;
mod writing;
