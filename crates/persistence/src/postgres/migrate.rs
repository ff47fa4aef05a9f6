//! The migrations of PostgreSQL.

use actiond_core::{Error, Result};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_migrations::{EmbeddedMigrations, embed_migrations};

use super::connection::MIGRATIONS as LOCK;
use super::database::in_transaction;
use super::tables::migrate;
use super::{Connection, Fault, presence};
use crate::schema_state::SchemaState;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/postgres");

pub(super) fn state(connection: &mut Connection) -> Result<SchemaState, Fault> {
    let is_new = "SELECT to_regclass('__diesel_schema_migrations') IS NULL";
    let is_new: bool = diesel::dsl::sql::<Bool>(is_new).get_result(connection)?;
    migrate::state(connection, &MIGRATIONS, is_new)
}

/// Applies what is pending, all or nothing, while no other program does, and not under a server at
/// work: the locks go with the connection.
pub(crate) fn apply(mut connection: Connection) -> Result<()> {
    let lock = format!("SELECT pg_advisory_lock({LOCK})");
    connection.batch_execute(&lock).map_err(Fault::from)?;
    // Another may have done it meanwhile, and may be a newer one.
    let state = state(&mut connection)?;
    state.check_known()?;
    if state.pending.is_empty() {
        return Ok(());
    }
    if !presence::is_alone(&mut connection)? {
        return Err(Error::conflict(
            "servers are at work on this store with its present schema: stop all of them first",
        ));
    }
    Ok(in_transaction(&mut connection, |connection| migrate::apply(connection, MIGRATIONS))?)
}
