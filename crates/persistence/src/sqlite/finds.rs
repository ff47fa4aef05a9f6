//! Reads of project actions at once: what they take is in memory, and takes some microseconds.

use actiond_core::document::{Page, StoredDocument};
use actiond_core::ports::PageAnswer;
use actiond_core::project::{ActionId, ProjectId};
use actiond_core::{Pending, Timestamp};
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::tables::convert::to_column;
use super::tables::project::{DOCUMENT, start, stored};
use super::{Connection, Database, Fault};
use crate::schema::project_actions as actions;

/// How many rows are read at once, at most.
const SHORT: u32 = 64;

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

/// A page that passes over nothing, if it has few rows and at most so many bytes.
pub(crate) fn short_page(
    database: &Database,
    project: &ProjectId,
    page: &Page,
    at_most: usize,
    now: Timestamp,
) -> Pending<Option<PageAnswer>> {
    if page.skip > 0 || page.limit > SHORT {
        return Ok(None).into();
    }
    let look = |connection: &mut Connection| {
        let Some(from) = start(connection, project, page, now)? else {
            return Ok(Some(PageAnswer::UnknownMarker));
        };
        few(connection, project, from, page.limit, at_most)
    };
    // A marker is looked for in two places, and one row moves from one to the other.
    let found = if page.after.is_some() { database.snapshot(look) } else { database.read(look) };
    found.into()
}

/// So many documents from this seq on; none if they have more than so many bytes together.
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
        .limit(limit.into())
        .select((actions::version, case_when(fits, actions::document)));
    let (mut documents, mut room) = (Vec::with_capacity(limit as usize), at_most);
    for row in rows.load_iter::<(i64, Option<String>), DefaultLoadingMode>(connection)? {
        let (version, text) = row?;
        let Some(text) = text.filter(|text| text.len() <= room) else { return Ok(None) };
        room -= text.len();
        documents.push(stored((version, text))?);
    }
    Ok(Some(PageAnswer::Documents(documents)))
}
