//! Where texts are.
//!
//! Neighbours in the order of actions share an entry, for what their texts have in common costs the index
//! once then. It says which may have a text; which of them has it, their documents say. One that changes
//! alone gets an entry of its own. The shared one may then say too much, until all change together or the
//! last of them goes from it.

use std::ops::Range;

use diesel::prelude::*;

use super::{Connection, Fault, Waiting, words};
use crate::sqlite::schema::project_actions as actions;
use crate::sqlite::schema::project_search_texts as texts;

/// How many neighbours share an entry.
const SPAN: i64 = 8;

/// How many places neighbours have: that of the entry that they share, and one for each.
const PLACES: i64 = 16;

/// The first of the neighbours of a seq.
fn first(seq: i64) -> i64 {
    seq / SPAN * SPAN
}

/// The last of the neighbours of a seq.
pub(super) fn last(seq: i64) -> i64 {
    first(seq) + SPAN - 1
}

/// The place of the entry that the neighbours of a seq share.
fn shared(seq: i64) -> i64 {
    (seq / SPAN).saturating_mul(PLACES)
}

fn own(seq: i64) -> i64 {
    shared(seq) + 1 + seq % SPAN
}

/// The places of all entries that are about any of these seqs.
pub(super) fn places(seqs: &Range<i64>) -> Range<i64> {
    shared(seqs.start)..shared(seqs.end).saturating_add(PLACES)
}

/// The seqs that an entry is about, in SQL: SPAN is 8, PLACES is 16.
pub(super) const SEQS: &str = "project_search_texts.rowid / 16 * 8 + max(project_search_texts.rowid % 16 - 1, 0) \
    AND project_search_texts.rowid / 16 * 8 \
    + iif(project_search_texts.rowid % 16 = 0, 7, project_search_texts.rowid % 16 - 1)";

/// Takes up what has waited, which is in the order of its seqs.
pub(super) fn take(connection: &mut Connection, waited: &[Waiting]) -> Result<(), Fault> {
    let mut neighbours = waited.chunk_by(|one, other| first(one.seq) == first(other.seq));
    neighbours.try_for_each(|rows| take_neighbours(connection, rows))
}

fn take_neighbours(connection: &mut Connection, rows: &[Waiting]) -> Result<(), Fault> {
    let seq = rows[0].seq;
    let there = rows.iter().filter(|row| !row.is_gone());
    // All that are left come together.
    let is_whole = there.clone().count() as i64 == count(connection, seq)?;
    let is_shared = has(connection, shared(seq))?;
    let shares = |row: &Waiting| is_whole || !(is_shared || row.replaces);
    // From place to place: FTS5 ends a part of its index when it gets one that is before the last.
    if is_whole && is_shared {
        remove(connection, shared(seq))?;
    }
    insert(connection, shared(seq), &there.filter(|row| shares(row)).collect::<Vec<_>>())?;
    for row in rows {
        if row.replaces {
            remove(connection, own(row.seq))?;
        }
        if !shares(row) && !row.is_gone() {
            insert(connection, own(row.seq), &[row])?;
        }
    }
    Ok(())
}

fn insert(connection: &mut Connection, place: i64, rows: &[&Waiting]) -> Result<(), Fault> {
    let with_threes =
        rows.iter().filter(|row| words::has_threes(row.terms().len(), &row.searchable));
    let mut searchable: Vec<_> = with_threes.map(|row| (row.tag, &*row.searchable)).collect();
    let words = words::of_texts(&mut searchable);
    if !words.is_empty() {
        let row = (texts::rowid.eq(place), texts::tokens.eq(words));
        diesel::insert_into(texts::table).values(row).execute(connection)?;
    }
    Ok(())
}

fn remove(connection: &mut Connection, place: i64) -> Result<(), Fault> {
    diesel::delete(texts::table.filter(texts::rowid.eq(place))).execute(connection)?;
    Ok(())
}

fn has(connection: &mut Connection, place: i64) -> Result<bool, Fault> {
    let entry = texts::table.filter(texts::rowid.eq(place)).select(texts::rowid);
    Ok(entry.get_result::<i64>(connection).optional()?.is_some())
}

/// How many actions there are among these neighbours.
fn count(connection: &mut Connection, seq: i64) -> Result<i64, Fault> {
    let neighbours = actions::table.filter(actions::seq.between(first(seq), last(seq)));
    Ok(neighbours.count().get_result(connection)?)
}

#[cfg(test)]
mod tests {
    use diesel::sql_types::BigInt;

    use super::*;
    use crate::sqlite::testing::Scratch;

    #[test]
    fn a_place_says_what_its_entry_is_about() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        let mut about = |place: i64, seq: i64| -> bool {
            let sql = SEQS.replace("project_search_texts.rowid", &place.to_string());
            let is_about = diesel::dsl::sql::<BigInt>(&format!("SELECT {seq} BETWEEN {sql}"));
            is_about.get_result::<i64>(connection).unwrap() == 1
        };
        for seq in [1, 7, 8, 15, 16, 1000] {
            for other in first(seq)..=last(seq) {
                assert!(about(shared(seq), other));
                assert_eq!(about(own(seq), other), other == seq);
            }
            assert!(!about(shared(seq), first(seq) - 1) && !about(shared(seq), last(seq) + 1));
        }
    }
}
