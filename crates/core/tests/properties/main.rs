//! Properties of the rules, each against a plain reference where there is one.

#![expect(clippy::unwrap_used, reason = "a test may panic, and what it calls")]

mod action;
mod canonical;
mod cluster;
mod json;
mod merge;
mod page;
mod search;
