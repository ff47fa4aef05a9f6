//! Runs that wait for their turn, and those whose turn is over.

use actiond_core::ports::Enqueued;
use diesel::prelude::*;

use super::backend::{Connection, Fault, lock_line};
use super::row::{ActionRow, NOW, OVER};
use super::{hold, words};
use crate::schema::cluster_actions as actions;

/// Stores a run at the end of the line. Of two that come at once one waits for the other, and counts it:
/// the index on the places would not do, since those before may leave meanwhile and make room for both.
pub(super) fn enqueue(
    connection: &mut Connection,
    mut row: ActionRow,
    limit: u32,
    kept_since: i64,
) -> Result<Enqueued, Fault> {
    lock_line(connection)?;
    sweep(connection, kept_since)?;
    let waiting = actions::table.filter(actions::turn.gt(NOW)).order(actions::turn);
    let line: Vec<(i64, String, String)> =
        waiting.select((actions::turn, actions::target, actions::name)).load(connection)?;
    let is_same =
        |(_, target, name): &&(i64, String, String)| *target == row.target && *name == row.name;
    if line.iter().filter(is_same).count() >= limit as usize {
        return Ok(Enqueued::Full);
    }
    row.change.turn = line.last().map_or(NOW, |(last, ..)| *last) + 1;
    diesel::insert_into(actions::table).values(&row).execute(connection)?;
    Ok(Enqueued::Waits)
}

/// Removes those whose turn is over, and which ended before `kept_since`. Before a transaction holds anything
/// that another may wait for: two that sweep at once wait for each other.
pub(super) fn sweep(connection: &mut Connection, kept_since: i64) -> Result<(), Fault> {
    let over = actions::table.filter(actions::turn.eq(OVER));
    diesel::delete(over.filter(actions::ended_at.lt(kept_since))).execute(connection)?;
    Ok(())
}

/// Makes it the turn of a run that waits, in the place of one that has ended.
pub(super) fn admit(
    connection: &mut Connection,
    row: &ActionRow,
    keys: &[String],
    kept_since: i64,
) -> Result<(), Fault> {
    sweep(connection, kept_since)?;
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
