//! Reads of project actions at once: what they take is in memory most of the time, and takes some microseconds.

use actiond_core::document::{Page, StoredDocument};
use actiond_core::ports::PageAnswer;
use actiond_core::project::{ActionId, ProjectId};
use actiond_core::{Pending, Timestamp};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::database::at_once;
use super::tables::convert::to_column;
use super::tables::project::{DOCUMENT, start, stored};
use super::{Connection, Database, Fault};
use crate::schema::project_actions as actions;

/// How many rows are read at once, at most: where they are not in memory, the disk may be asked for each.
const MAX_ROWS: usize = 32;

diesel::define_sql_function! {
    /// How many bytes a text has, found without reading it.
    fn octet_length(text: Text) -> BigInt;
}

/// Looks for an action.
pub(crate) fn find(
    database: &Database,
    project: &ProjectId,
    id: &ActionId,
) -> Pending<Option<StoredDocument>> {
    let found = database.read(|connection| {
        let of_key = actions::project_id.eq(project.as_str());
        let of_key = of_key.and(actions::action_id.eq(id.as_str()));
        let row = actions::table.filter(of_key).select(DOCUMENT);
        row.get_result(connection).optional()?.map(stored).transpose()
    });
    found.into()
}

/// A page that passes over nothing, if it has few rows and at most so many bytes, and nobody has to be waited for.
pub(crate) fn short_page(
    database: &Database,
    project: &ProjectId,
    page: &Page,
    at_most: usize,
    now: Timestamp,
) -> Pending<Option<PageAnswer>> {
    if page.skip > 0 {
        return Ok(None).into();
    }
    let look = |connection: &mut Connection| {
        let Some(from) = start(connection, project, page, now)? else {
            return Ok(Some(PageAnswer::UnknownMarker));
        };
        few(connection, project, from, page.limit, at_most)
    };
    let found = database.try_read(|connection| match page.after {
        None => look(connection),
        // A marker is looked for in two places, and moves from one to the other.
        Some(_) => at_once(connection, look),
    });
    found.map(Option::flatten).into()
}

/// So many documents from this seq on; none if these are many rows, or have more than so many bytes together.
fn few(
    connection: &mut Connection,
    project: &ProjectId,
    from: i64,
    limit: u32,
    at_most: usize,
) -> Result<Option<PageAnswer>, Fault> {
    let fits = octet_length(actions::document).le(to_column(at_most as u64)?);
    let rows = actions::table
        .filter(actions::project_id.eq(project.as_str()).and(actions::seq.ge(from)))
        .order(actions::seq)
        .select((actions::version, case_when(fits, actions::document)));
    let (mut documents, mut room) = (vec![], at_most);
    // A LIMIT would have SQLite plan the statement anew, each time that it is bound.
    let rows = rows.load_iter::<(i64, Option<String>), DefaultLoadingMode>(connection)?;
    for row in rows.take(limit as usize) {
        let (version, text) = row?;
        let fits = text.filter(|text| text.len() <= room && documents.len() < MAX_ROWS);
        let Some(text) = fits else { return Ok(None) };
        room -= text.len();
        documents.push(stored((version, text))?);
    }
    Ok(Some(PageAnswer::Documents(documents)))
}
