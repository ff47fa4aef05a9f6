//! The migrations of PostgreSQL.

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::connection::MIGRATIONS as LOCK;
use super::tables::migrate;
use super::{Connection, Fault};
use crate::schema_state::SchemaState;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

pub(super) fn state(connection: &mut Connection) -> Result<SchemaState, Fault> {
    let is_new = "SELECT to_regclass('__diesel_schema_migrations') IS NULL";
    let is_new: bool = diesel::dsl::sql::<Bool>(is_new).get_result(connection)?;
    migrate::state(connection, &MIGRATIONS, is_new)
}

/// Applies what is pending, while no other server does: the lock goes with the connection.
pub(crate) fn apply(mut connection: Connection) -> Result<(), Fault> {
    connection.batch_execute(&format!("SELECT pg_advisory_lock({LOCK})"))?;
    migrate::apply(&mut connection, MIGRATIONS)
}
