//! Runs that wait for their turn, and those whose turn is over.

use actiond_core::ports::Enqueued;
use diesel::dsl::max;
use diesel::prelude::*;

use super::backend::{Connection, Fault};
use super::row::{ActionRow, NOW, OVER};
use super::{hold, words};
use crate::schema::cluster_actions as actions;

/// Stores a run at the end of the line. The unique index on the places decides between two that come
/// at once, and so the line is never longer than it may be.
pub(super) fn enqueue(
    connection: &mut Connection,
    mut row: ActionRow,
    limit: u32,
) -> Result<Enqueued, Fault> {
    let waiting = actions::table.filter(actions::turn.gt(NOW));
    let of_key = actions::target.eq(&row.target).and(actions::name.eq(&row.name));
    let before: i64 = waiting.filter(of_key).count().get_result(connection)?;
    if before >= i64::from(limit) {
        return Ok(Enqueued::Full);
    }
    let last: Option<i64> = waiting.select(max(actions::turn)).get_result(connection)?;
    row.change.turn = last.unwrap_or(NOW) + 1;
    diesel::insert_into(actions::table).values(&row).execute(connection)?;
    Ok(Enqueued::Waits)
}

/// Makes it the turn of a run that waits, in the place of one that has ended.
pub(super) fn admit(
    connection: &mut Connection,
    row: &ActionRow,
    keys: &[String],
    kept_since: i64,
) -> Result<(), Fault> {
    let over = actions::table.filter(actions::turn.eq(OVER));
    diesel::delete(over.filter(actions::ended_at.lt(kept_since))).execute(connection)?;
    let ended = actions::table
        .filter(actions::target.eq(&row.target).and(actions::name.eq(&row.name)))
        .filter(actions::turn.eq(NOW))
        .filter(actions::status.eq_any(words(|status| status.is_terminal())));
    let next = actions::revision.eq(actions::revision + 1);
    diesel::update(ended).set((actions::turn.eq(OVER), next)).execute(connection)?;
    let waits = actions::table.find(&row.task_id).filter(actions::turn.gt(NOW));
    match diesel::update(waits).set((actions::turn.eq(NOW), next)).execute(connection)? {
        0 => Err(Fault::Taken),
        _ => hold(connection, &row.task_id, keys),
    }
}
