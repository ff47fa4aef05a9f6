//! SQLite: a database in a file of the server's own.

mod alone;
mod connection;
pub(crate) mod copy;
pub(crate) mod database;
mod errors;
pub(crate) mod file;
pub(crate) mod migrate;
mod search_index;
#[path = "../tables/mod.rs"]
pub(crate) mod tables;

use connection::Connection;
use database::Database;
use errors::{Fault, is_busy};
