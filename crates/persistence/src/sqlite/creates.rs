//! New project actions.

use actiond_core::Timestamp;
use diesel::prelude::*;

use super::tables::convert::to_column;
use super::tables::project::{Key, NewAction, markers};
use super::{Connection, Database, Fault, search_index};
use crate::schema::project_action_markers as kept;
use crate::schema::project_actions as actions;

/// Has a new action stored; the answer comes when it is on the disk.
pub(crate) fn insert(
    database: &Database,
    new: NewAction,
) -> impl Future<Output = Result<(), Fault>> + Send + 'static {
    database.submit(move |connection| insert_on(connection, new))
}

fn insert_on(connection: &mut Connection, new: NewAction) -> Result<(), Fault> {
    let row = (
        // Without a place of its own, the database gives it the next one.
        take_place(connection, &new.key, new.now)?.map(|seq| actions::seq.eq(seq)),
        actions::project_id.eq(&new.key.project),
        actions::action_id.eq(&new.key.id),
        actions::version.eq(to_column(new.document.version)?),
        actions::document.eq(new.document.text),
    );
    let insert = diesel::insert_into(actions::table).values(row).returning(actions::seq);
    let seq = insert.get_result(connection)?;
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
    let place = row.select((kept::seq, kept::removed_at)).first(connection).optional()?;
    let Some((seq, removed_at)) = place else { return Ok(None) };
    diesel::delete(row).execute(connection)?;
    Ok(Some(seq).filter(|_| markers::is_young(removed_at, now)))
}
