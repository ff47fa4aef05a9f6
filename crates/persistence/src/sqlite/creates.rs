//! New project actions.

use actiond_core::Timestamp;
use diesel::prelude::*;

use super::tables::convert::to_column;
use super::tables::project::{Key, NewAction, markers};
use super::{Connection, Database, Fault, last_rowid, search_index};
use crate::schema::project_action_markers as kept;
use crate::schema::project_actions as actions;

/// Has a new action stored; the answer comes when it is on the disk.
pub(crate) fn insert(
    database: &Database,
    new: NewAction,
) -> impl Future<Output = Result<(), Fault>> + Send + 'static {
    database.submit(move |connection| insert_now(connection, new))
}

/// Stores a new action in the transaction that is under way.
pub(crate) fn insert_now(connection: &mut Connection, new: NewAction) -> Result<(), Fault> {
    let place = take_place(connection, &new.key, new.now)?;
    let row = (
        actions::project_id.eq(&new.key.project),
        actions::action_id.eq(&new.key.id),
        actions::version.eq(to_column(new.document.version)?),
        actions::document.eq(new.document.text),
    );
    let insert = diesel::insert_into(actions::table);
    if let Some(seq) = place {
        insert.values((actions::seq.eq(seq), row)).execute(connection)?;
        return search_index::insert_again(connection, seq, new.entry);
    }
    // Without a place of its own, the database gives it the next one.
    insert.values(row).execute(connection)?;
    let seq = last_rowid(connection)?;
    search_index::insert(connection, seq, new.entry)
}

/// The place that an action of this id is to have, when one was removed from it a short while ago.
/// So a client that has the id for a marker goes on where it was, and so does one that meets it anew.
fn take_place(
    connection: &mut Connection,
    key: &Key,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let row = kept::table.find((&key.project, &key.id));
    let place = row.select((kept::seq, kept::removed_at)).get_result(connection).optional()?;
    let Some((seq, removed_at)) = place else { return Ok(None) };
    diesel::delete(row).execute(connection)?;
    Ok(Some(seq).filter(|_| markers::is_young(removed_at, now)))
}
