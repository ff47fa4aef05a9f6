//! The places in the order of project actions.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Connection, Fault};

/// The last place that was ever given.
pub(crate) fn last(connection: &mut Connection) -> Result<i64, Fault> {
    let last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'project_actions'";
    Ok(diesel::dsl::sql::<BigInt>(last).get_result(connection)?)
}

/// No place up to this one is given any more.
pub(crate) fn set_last(connection: &mut Connection, last: i64) -> Result<(), Fault> {
    let forget = "DELETE FROM sqlite_sequence WHERE name = 'project_actions'";
    diesel::sql_query(forget).execute(connection)?;
    let keep = diesel::sql_query("INSERT INTO sqlite_sequence VALUES ('project_actions', ?)");
    keep.bind::<BigInt, _>(last).execute(connection)?;
    Ok(())
}
