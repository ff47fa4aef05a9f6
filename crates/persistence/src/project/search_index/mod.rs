//! What project actions are found by.
//!
//! On SQLite this is a full-text index whose words are made here. A change costs it much when it
//! comes alone and little in company, so the latest changes wait in a table of their own until
//! there are enough of them; a search looks at both. Another database has its own way to do this.

mod query;
mod words;

use actiond_core::document::{Indexed, Term};
use actiond_core::project::ProjectId;
use diesel::prelude::*;

pub(super) use self::query::find;
use crate::connection::Connection;
use crate::errors::Fault;
use crate::schema::project_search as index;
use crate::schema::project_search_recent as recent;

/// How many changes wait at most.
const MAX_RECENT: i64 = 128;

/// What an action is found by.
pub(super) struct Entry {
    /// The term that every action of the project has, and then all of them; eight bytes each.
    terms: Vec<u8>,
    searchable: String,
}

impl Entry {
    pub(super) fn new(project: &ProjectId, new: &Indexed) -> Self {
        let terms = std::iter::once(Term::any(project)).chain(new.terms.iter().copied());
        Self {
            terms: terms.flat_map(|term| term.0.to_le_bytes()).collect(),
            searchable: new.searchable.clone(),
        }
    }
}

/// The action at `seq` is found by `entry` from now on.
pub(super) fn insert(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    let row = (
        recent::seq.eq(seq),
        recent::terms.eq(entry.terms),
        recent::searchable.eq(entry.searchable),
    );
    let insert = diesel::insert_into(recent::table).values(row).returning(recent::place);
    let place: i64 = insert.get_result(connection)?;
    if place >= MAX_RECENT { settle(connection) } else { Ok(()) }
}

/// The action at `seq` is found by `entry` instead of what it was found by.
pub(super) fn replace(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    remove(connection, seq)?;
    insert(connection, seq, entry)
}

/// The action at `seq` is not found any more.
pub(super) fn remove(connection: &mut Connection, seq: i64) -> Result<(), Fault> {
    let waiting = diesel::delete(recent::table.filter(recent::seq.eq(seq)));
    if waiting.execute(connection)? == 0 {
        diesel::delete(index::table.filter(index::rowid.eq(seq))).execute(connection)?;
    }
    Ok(())
}

/// Moves what waits into the index.
fn settle(connection: &mut Connection) -> Result<(), Fault> {
    let waiting = recent::table.order(recent::seq);
    let waiting = waiting.select((recent::seq, recent::terms, recent::searchable));
    for (seq, terms, searchable) in waiting.load::<(i64, Vec<u8>, String)>(connection)? {
        let tag = decoded(&terms).next().ok_or_else(|| Fault::corrupt("an entry without terms"))?;
        let words = words::of_document(tag, decoded(&terms).skip(1), &searchable);
        let row = (index::rowid.eq(seq), index::tokens.eq(words));
        diesel::insert_into(index::table).values(row).execute(connection)?;
    }
    diesel::delete(recent::table).execute(connection)?;
    Ok(())
}

/// The terms of an entry.
fn decoded(terms: &[u8]) -> impl Iterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}
