//! The policy of the project face: its language, its file, its commands.

mod command;
mod file;
mod keystone;
mod oslo;
mod random;
