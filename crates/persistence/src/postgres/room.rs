//! Whether the database's disk has room.
//!
//! What is written to a table may find place that its file has already, and so says nothing of the disk.
//! A temporary table is empty each time, and the database has to ask the disk for all of it. It is no
//! part of the log of writes, and what it has taken is given back at the commit.

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Bool;

use super::connection::one;
use super::tables::health::ROOM;
use super::tables::writer::in_savepoint;
use super::{Connection, Fault};

/// Made once in each session, where the store's tables are.
const TABLE: &str = "SET LOCAL temp_tablespaces = ''; \
    CREATE TEMPORARY TABLE IF NOT EXISTS actiond_room (filler TEXT) ON COMMIT DELETE ROWS";

/// How much one row takes: four fill a page, and none is so long that it is compressed.
const ROW: usize = 2048;

/// Takes the room, and answers how that went. The transaction is to be committed all the same: what one
/// that is rolled back has taken stays with the table.
pub(super) fn take(connection: &mut Connection) -> Result<Result<(), Fault>, Fault> {
    let may = "has_database_privilege(current_database(), 'TEMPORARY')";
    if !one::<Bool, bool>(connection, may)? {
        return Ok(Ok(()));
    }
    connection.batch_execute(TABLE)?;
    let fill = format!(
        "INSERT INTO pg_temp.actiond_room \
         SELECT repeat('x', {ROW} - 150) FROM generate_series(1, {})",
        ROOM / ROW
    );
    in_savepoint(connection, |connection| Ok(connection.batch_execute(&fill)?))
}
