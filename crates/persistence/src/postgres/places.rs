//! The places in the order of project actions.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Connection, Fault};

/// The last place that was ever given.
pub(crate) fn last(connection: &mut Connection) -> Result<i64, Fault> {
    let last = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM project_actions_seq_seq";
    Ok(diesel::dsl::sql::<BigInt>(last).get_result(connection)?)
}

/// No place up to this one is given any more.
pub(crate) fn set_last(connection: &mut Connection, last: i64) -> Result<(), Fault> {
    // A sequence begins with 1.
    let set =
        diesel::sql_query("SELECT setval('project_actions_seq_seq', greatest($1, 1), $1 > 0)");
    set.bind::<BigInt, _>(last).execute(connection)?;
    Ok(())
}
