//! Servers at work: nobody migrates the database under them.
//!
//! Each keeps a session with a lock that it shares with the others; whoever migrates needs it alone.

use actiond_core::Result;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::connection::{Connector, Purpose, SERVERS as LOCK};
use super::{Connection, Fault, migrate};

/// Waits until nobody migrates, and keeps everybody from it as long as the connection lives. It is
/// refused when the schema is not this program's.
pub(super) fn begin(connector: &Connector) -> Result<Connection> {
    let mut connection = connector.connect(Purpose::Maintenance)?;
    share(&mut connection)?;
    migrate::state(&mut connection)?.check_current()?;
    Ok(connection)
}

/// The same on another connection, when the last one was lost.
pub(super) fn go_on(connector: &Connector) -> Result<Connection, Fault> {
    let mut connection = connector.connect(Purpose::Writing)?;
    share(&mut connection)?;
    let schema = migrate::state(&mut connection)?;
    if let Err(error) = schema.check_known() {
        let help = "stop this server";
        tracing::error!(%error, help, "the store was migrated while it was out of reach");
    }
    Ok(connection)
}

fn share(connection: &mut Connection) -> Result<(), Fault> {
    Ok(connection.batch_execute(&format!("SELECT pg_advisory_lock_shared({LOCK})"))?)
}

/// Whether no server is at work; then none begins to be as long as the connection lives.
pub(super) fn is_alone(connection: &mut Connection) -> Result<bool, Fault> {
    let lock = format!("SELECT pg_try_advisory_lock({LOCK})");
    Ok(diesel::dsl::sql::<Bool>(&lock).get_result(connection)?)
}
