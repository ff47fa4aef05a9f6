//! Reads of project actions by key.

use actiond_core::Pending;
use actiond_core::document::StoredDocument;
use actiond_core::project::{ActionId, ProjectId};
use diesel::prelude::*;

use super::Database;
use super::tables::project::{DOCUMENT, stored};
use crate::schema::project_actions as actions;

/// Looks for an action, at once: what it takes is in memory, and takes a few microseconds.
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
