//! The migrations of SQLite.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::tables::migrate;
use super::{Connection, Fault, search_index};
use crate::schema_state::SchemaState;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

const IS_MIGRATED: &str =
    "SELECT count(*) FROM sqlite_schema WHERE name = '__diesel_schema_migrations'";

pub(crate) fn state(connection: &mut Connection) -> Result<SchemaState, Fault> {
    let tables: i64 = diesel::dsl::sql::<BigInt>(IS_MIGRATED).get_result(connection)?;
    migrate::state(connection, &MIGRATIONS, tables == 0)
}

/// Applies what is pending. It runs inside the writer's transaction: other processes wait, and a
/// migration that fails leaves the store as it was.
pub(crate) fn apply(connection: &mut Connection) -> Result<(), Fault> {
    migrate::apply(connection, MIGRATIONS)?;
    search_index::make_anew(connection)
}
