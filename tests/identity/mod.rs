//! The embedded identity: what clients of Keystone find at `/v3`, without a Keystone.

mod clients;
mod commands;
mod likeness;
