//! Where removed actions stood. A client that walks through a list may hold one of their ids.

use actiond_core::Timestamp;
use chrono::TimeDelta;
use diesel::prelude::*;

use super::Key;
use super::backend::{Connection, Fault};
use super::convert::to_micros;
use crate::schema::project_action_markers as markers;

/// How long the id of a removed action serves as a marker.
const LIFE: TimeDelta = TimeDelta::days(1);

/// How many old markers go whenever one comes: more than one, so that they do not pile up.
const SWEPT: i64 = 4;

/// The removed action stood at `seq`.
pub(crate) fn keep(
    connection: &mut Connection,
    key: &Key,
    seq: i64,
    now: Timestamp,
) -> Result<(), Fault> {
    sweep(connection, now)?;
    let row = (
        markers::project_id.eq(&key.project),
        markers::action_id.eq(&key.id),
        markers::seq.eq(seq),
        markers::removed_at.eq(to_micros(now)),
    );
    diesel::insert_into(markers::table).values(row).execute(connection)?;
    Ok(())
}

/// Where the action stood that was removed a short while ago.
pub(crate) fn place(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let row = markers::table.find((&key.project, &key.id));
    let place =
        row.select((markers::seq, markers::removed_at)).get_result(connection).optional()?;
    Ok(place.filter(|(_, removed_at)| is_young(*removed_at, now)).map(|(seq, _)| seq))
}

pub(crate) fn is_young(removed_at: i64, now: Timestamp) -> bool {
    removed_at > young_since(now)
}

/// A marker is young that is younger than this, in microseconds.
pub(crate) fn young_since(now: Timestamp) -> i64 {
    to_micros(now - LIFE)
}

fn sweep(connection: &mut Connection, now: Timestamp) -> Result<(), Fault> {
    let old = markers::table
        .filter(markers::removed_at.le(young_since(now)))
        .order(markers::removed_at)
        .limit(SWEPT)
        .select((markers::project_id, markers::action_id));
    for (project, id) in old.load::<(String, String)>(connection)? {
        diesel::delete(markers::table.find((project, id))).execute(connection)?;
    }
    Ok(())
}
