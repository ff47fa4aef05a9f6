//! End-to-end tests: the real binary, real clients, real databases.

#![allow(unreachable_pub, reason = "nothing is outside a test program")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;

mod cli;
mod cluster;
mod settings;
mod start;
