//! The store through its public face, on real files.
#![expect(clippy::unwrap_used, reason = "a test panics when it fails")]

mod copying;
mod migrations;
mod opening;
mod ports;
mod searching;
mod support;
mod writing;
