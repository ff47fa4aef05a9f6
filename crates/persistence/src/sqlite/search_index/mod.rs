//! What project actions are found by.
//!
//! On SQLite this is a full-text index whose words are made here. A change costs it much when it
//! comes alone and little in company, so the latest changes wait in a table of their own until
//! there are enough of them; a search looks at both. Another database has its own way to do this.

mod query;
mod words;

use actiond_core::document::{Indexed, Term};
use actiond_core::project::ProjectId;
use diesel::dsl::max;
use diesel::prelude::*;

pub(crate) use self::query::Asked;
use super::schema::project_search as index;
use super::schema::project_search_recent as recent;
use super::tables::convert::to_column;
use super::{Connection, Fault, last_rowid, schema};

/// How much waits at most, but for the last change: so many small ones, or so many KiB of larger ones.
/// It goes into the index within somebody's write, in some hundredths of a second.
const MAX_WAITING: i64 = 128;

/// A change of up to so many bytes is a small one.
const SMALL: usize = 2048;

/// What an action is found by.
pub(crate) struct Entry {
    tag: Tag,
    /// Eight bytes each.
    terms: Vec<u8>,
    searchable: String,
}

/// A project, as a number.
pub(crate) type Tag = i64;

/// The number of a project: its first term.
pub(crate) fn tag(project: &ProjectId) -> Tag {
    Term::any(project).0.cast_signed()
}

impl Entry {
    pub(crate) fn new(project: &ProjectId, new: &Indexed) -> Self {
        Self {
            tag: tag(project),
            terms: new.terms.iter().flat_map(|term| term.0.to_le_bytes()).collect(),
            searchable: new.searchable.clone(),
        }
    }

    /// How much it counts among what waits.
    fn weight(&self) -> Result<i64, Fault> {
        let bytes = self.terms.len() + self.searchable.len();
        if bytes <= SMALL { Ok(1) } else { to_column(bytes.div_ceil(1024) as u64) }
    }
}

/// The action at `seq` is found by `entry` from now on.
pub(crate) fn insert(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    let weight = entry.weight()?;
    let row = (
        recent::project.eq(entry.tag),
        recent::seq.eq(seq),
        recent::terms.eq(entry.terms),
        recent::searchable.eq(entry.searchable),
    );
    let insert = diesel::insert_into(recent::table);
    if weight > 1 {
        let last: Option<i64> = recent::table.select(max(recent::place)).get_result(connection)?;
        let place = last.unwrap_or(0) + weight;
        insert.values((recent::place.eq(place), row)).execute(connection)?;
    } else {
        // The database gives it the next place.
        insert.values(row).execute(connection)?;
    }
    let waiting = last_rowid(connection)?;
    if waiting >= MAX_WAITING { settle(connection) } else { Ok(()) }
}

/// As [`insert`], for several.
pub(crate) fn insert_all(
    connection: &mut Connection,
    entries: Vec<(i64, Entry)>,
) -> Result<(), Fault> {
    entries.into_iter().try_for_each(|(seq, entry)| insert(connection, seq, entry))
}

/// The action at `seq` is found by `entry` instead of what it was found by.
pub(crate) fn replace(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    remove(connection, entry.tag, seq)?;
    insert(connection, seq, entry)
}

/// The action at `seq` is not found any more.
pub(crate) fn remove(connection: &mut Connection, tag: Tag, seq: i64) -> Result<(), Fault> {
    let waiting = recent::table.filter(recent::project.eq(tag).and(recent::seq.eq(seq)));
    if diesel::delete(waiting).execute(connection)? == 0 {
        diesel::delete(index::table.filter(index::rowid.eq(seq))).execute(connection)?;
    }
    Ok(())
}

/// Moves what waits into the index.
fn settle(connection: &mut Connection) -> Result<(), Fault> {
    let waiting = recent::table.order(recent::seq);
    let waiting = waiting.select((recent::seq, recent::project, recent::terms, recent::searchable));
    for (seq, tag, terms, searchable) in waiting.load::<(i64, Tag, Vec<u8>, String)>(connection)? {
        let words = words::of_document(tag, decoded(&terms), &searchable);
        let row = (index::rowid.eq(seq), index::tokens.eq(words));
        diesel::insert_into(index::table).values(row).execute(connection)?;
    }
    diesel::delete(recent::table).execute(connection)?;
    Ok(())
}

/// The terms of an entry.
fn decoded(terms: &[u8]) -> impl ExactSizeIterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}
