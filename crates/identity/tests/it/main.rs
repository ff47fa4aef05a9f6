//! The crate's surface, over core's ports in memory.

#![expect(clippy::unwrap_used, reason = "a test may panic, and what it calls")]

mod accounts;
mod admin;
mod cache;
mod house;
mod lockout;
mod secrets;
mod signed;
mod tokens;
