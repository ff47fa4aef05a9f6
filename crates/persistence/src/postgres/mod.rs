//! PostgreSQL: a database that several servers share.

mod connection;
mod creates;
mod database;
mod errors;
mod finds;
mod listener;
mod migrate;
mod place;
mod places;
mod pool;
mod presence;
mod room;
mod search_index;
mod store;
#[expect(clippy::duplicate_mod, reason = "it is compiled once for each database")]
#[path = "../tables/mod.rs"]
mod tables;
#[cfg(test)]
mod testing;

pub(crate) use self::place::Place;
pub(crate) use self::store::PostgresStore;

use self::connection::{Connection, begin_write, lock_line, lock_users};
use self::database::Database;
use self::tables::fault::Fault;
