//! End-to-end tests: the real binary, real clients, real databases.

#![allow(unreachable_pub, reason = "nothing is outside a test program")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod harness;
mod linearizability;

mod accounts;
mod bad_input;
mod cli;
mod clients;
mod cluster;
mod crash;
mod durability;
mod embedded;
mod examples;
mod fuzz;
mod guide;
mod idempotency;
mod identity;
mod import;
mod keystone;
mod memory;
mod moving;
mod one_at_a_time;
mod parity;
mod permissions;
mod policy;
mod project;
mod redis_cluster;
mod redis_enterprise;
mod redisctl;
mod secrets;
mod settings;
mod several;
mod start;
mod tasks;
mod tls;
mod tokens;
mod users;
