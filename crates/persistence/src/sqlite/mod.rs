//! SQLite: a database in a file of the server's own.

mod alone;
mod connection;
pub(crate) mod copy;
mod creates;
mod database;
mod errors;
pub(crate) mod file;
mod finds;
mod migrate;
mod places;
mod room;
mod schema;
mod search_index;
mod store;
#[expect(clippy::duplicate_mod, reason = "it is compiled once for each database")]
#[path = "../tables/mod.rs"]
mod tables;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod writer_tests;

pub(crate) use self::store::FileStore;

use self::connection::{Connection, begin_write, last_rowid, lock_line, lock_users};
use self::database::Database;
use self::tables::fault::Fault;
