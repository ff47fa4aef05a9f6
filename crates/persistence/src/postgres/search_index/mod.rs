//! What project actions are found by.
//!
//! On PostgreSQL these are two tables. One has the terms and the text of each action; the other the
//! tokens of a few actions together, with a GIN index: hashes of the terms, and of the three
//! characters from each place of each string value on, with the project in them. A search asks the
//! index for tokens, and makes sure by the terms and the text.

pub(super) mod chunks;
mod query;
mod tokens;

use actiond_core::document::{Indexed, Term};
use actiond_core::project::ProjectId;
use diesel::prelude::*;

pub(crate) use self::query::Asked;
use super::{Connection, Fault};

diesel::table! {
    project_search (project, seq) {
        project -> BigInt,
        seq -> BigInt,
        terms -> Array<BigInt>,
        searchable -> Text,
    }
}
use project_search as index;

/// What an action is found by.
pub(crate) struct Entry {
    pub(super) tag: Tag,
    pub(super) tokens: Vec<i32>,
    pub(super) terms: Vec<i64>,
    pub(super) searchable: String,
}

/// A project, as a number.
pub(crate) type Tag = i64;

/// The number of a project: its first term.
pub(crate) fn tag(project: &ProjectId) -> Tag {
    Term::any(project).0.cast_signed()
}

impl Entry {
    pub(crate) fn new(project: &ProjectId, new: &Indexed) -> Self {
        let tag = tag(project);
        Self {
            tag,
            tokens: tokens::of_document(tag, &new.terms, &new.searchable),
            terms: numbers(&new.terms),
            searchable: new.searchable.clone(),
        }
    }
}

fn numbers(terms: &[Term]) -> Vec<i64> {
    terms.iter().map(|term| term.0.cast_signed()).collect()
}

/// The actions at these seqs, which are in order, are found by these entries from now on.
pub(crate) fn insert_all(
    connection: &mut Connection,
    entries: Vec<(i64, Entry)>,
) -> Result<(), Fault> {
    let tokens = entries.iter().map(|(_, entry)| (entry.tag, &entry.tokens[..]));
    let (gathered, numbers) = chunks::gather(tokens);
    let mut ends = vec![(i64::MAX, i64::MIN); gathered.len()];
    for (number, (seq, _)) in numbers.into_iter().zip(&entries) {
        let (first, last) = ends[number];
        ends[number] = (first.min(*seq), last.max(*seq));
    }
    let gathered = gathered.into_iter().zip(ends);
    let gathered = gathered.map(|(chunk, (first, last))| (chunk, first, last)).collect();
    chunks::insert(connection, gathered)?;
    let rows: Vec<_> = entries
        .into_iter()
        .map(|(seq, entry)| {
            (
                index::seq.eq(seq),
                index::project.eq(entry.tag),
                index::terms.eq(entry.terms),
                index::searchable.eq(entry.searchable),
            )
        })
        .collect();
    diesel::insert_into(index::table).values(rows).execute(connection)?;
    Ok(())
}

/// The action at `seq` is found by `entry` instead of what it was found by.
pub(crate) fn replace(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    let set = (index::terms.eq(entry.terms), index::searchable.eq(entry.searchable));
    diesel::update(index::table.find((entry.tag, seq))).set(set).execute(connection)?;
    chunks::follow(connection, entry.tag, seq)
}

/// The action at `seq` is not found any more.
pub(crate) fn remove(connection: &mut Connection, tag: Tag, seq: i64) -> Result<(), Fault> {
    diesel::delete(index::table.find((tag, seq))).execute(connection)?;
    chunks::follow(connection, tag, seq)
}
