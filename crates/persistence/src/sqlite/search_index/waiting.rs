//! The latest changes, which wait to go into the indexes in company.

use actiond_core::document::Term;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;

use super::super::schema::project_search_recent as recent;
use super::{Connection, Entry, Fault, Tag, last_rowid, texts};

/// How much may wait: so many small changes, or so many KiB of larger ones, and what came since it was counted. A search
/// looks through all of its project.
pub(super) const MAX_WAITING: i64 = 2048;

/// A change of up to so many bytes is a small one.
pub(super) const SMALL: usize = 2048;

/// A change that waits.
#[derive(Queryable, Selectable)]
#[diesel(table_name = recent)]
pub(super) struct Waiting {
    /// Its place in the line.
    place: i64,
    pub(super) seq: i64,
    #[diesel(column_name = project)]
    pub(super) tag: Tag,
    terms: Vec<u8>,
    pub(super) searchable: String,
    /// Whether the index of terms has an entry that it replaces.
    pub(super) replaces: bool,
    weight: i64,
}

impl Waiting {
    /// Whether it says that the action is gone: each document has a term at least.
    pub(super) fn is_gone(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn terms(&self) -> impl ExactSizeIterator<Item = Term> {
        decoded(&self.terms)
    }

    /// Whether more actions are to be expected next to this one, when the newest that waits is at `newest`.
    /// One that is large does not wait for them.
    pub(super) fn expects_neighbours(&self, newest: i64) -> bool {
        newest < texts::last(self.seq) && self.weight == 1 && !self.replaces
    }
}

/// Lets an entry wait at the end of the line; answers its place.
pub(super) fn push(
    connection: &mut Connection,
    seq: i64,
    entry: &Entry,
    replaces: bool,
) -> Result<i64, Fault> {
    let row = (
        recent::project.eq(entry.tag),
        recent::seq.eq(seq),
        recent::terms.eq(&entry.terms),
        recent::searchable.eq(&entry.searchable),
        recent::replaces.eq(replaces),
        recent::weight.eq(entry.weight()),
    );
    // The database gives it the next place.
    diesel::insert_into(recent::table).values(row).execute(connection)?;
    Ok(last_rowid(connection)?)
}

/// Lets an entry wait instead of the one that waits for `seq`, at its place; answers whether one waits. What the
/// indexes have is the same as before, and so is whether it replaces something.
pub(super) fn change(connection: &mut Connection, seq: i64, entry: &Entry) -> Result<bool, Fault> {
    Ok(Change { seq, entry, weight: entry.weight() }.execute(connection)? == 1)
}

/// Takes what waits for `seq` out of the line, unless it replaces something; answers whether it did.
pub(super) fn withdraw(connection: &mut Connection, tag: Tag, seq: i64) -> Result<bool, Fault> {
    let row = recent::table.filter(recent::project.eq(tag).and(recent::seq.eq(seq)));
    Ok(diesel::delete(row.filter(recent::replaces.eq(false))).execute(connection)? == 1)
}

/// The first in the line, up to such a weight but one at least; and whether there may be more.
pub(super) fn first(
    connection: &mut Connection,
    weight: i64,
) -> Result<(Vec<Waiting>, bool), Fault> {
    let line = recent::table.order(recent::place).select(Waiting::as_select()).limit(weight);
    let (mut first, mut left) = (vec![], weight);
    for row in line.load_iter::<Waiting, DefaultLoadingMode>(connection)? {
        let row = row?;
        left -= row.weight;
        if left < 0 && !first.is_empty() {
            return Ok((first, true));
        }
        first.push(row);
    }
    Ok((first, left <= 0))
}

/// What waits for `seq`.
pub(super) fn of(connection: &mut Connection, tag: Tag, seq: i64) -> Result<Vec<Waiting>, Fault> {
    let row = recent::table.filter(recent::project.eq(tag).and(recent::seq.eq(seq)));
    Ok(row.select(Waiting::as_select()).load(connection)?)
}

/// Takes these out of the line.
pub(super) fn leave(connection: &mut Connection, rows: &[Waiting]) -> Result<(), Fault> {
    let places = rows.iter().map(|row| row.place);
    diesel::delete(recent::table.filter(recent::place.eq_any(places))).execute(connection)?;
    Ok(())
}

/// Whether nothing waits.
pub(super) fn is_empty(connection: &mut Connection) -> Result<bool, Fault> {
    Ok(recent::table.select(recent::seq).limit(1).load::<i64>(connection)?.is_empty())
}

/// How much waits.
pub(super) fn weight(connection: &mut Connection) -> Result<i64, Fault> {
    let all: i64 = recent::table.select(count_star()).get_result(connection)?;
    // Literally so, or the database does not use the index of the large ones.
    let large = recent::table.filter(sql::<Bool>("weight > 1"));
    let more = sql::<BigInt>("coalesce(sum(weight - 1), 0)");
    Ok(all + large.select(more).get_result::<i64>(connection)?)
}

fn decoded(terms: &[u8]) -> impl ExactSizeIterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}

/// Whether the terms of an entry, which are in order, have this one.
pub(super) fn has(terms: &[u8], term: Term) -> bool {
    let terms = terms.as_chunks().0;
    terms.binary_search_by_key(&term.0, |bytes| u64::from_le_bytes(*bytes)).is_ok()
}

/// Changes an entry that waits. It is prepared once; Diesel's own UPDATE is written and parsed anew each time.
struct Change<'a> {
    seq: i64,
    entry: &'a Entry,
    weight: i64,
}

impl QueryFragment<Sqlite> for Change<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE project_search_recent SET terms = ");
        out.push_bind_param::<Binary, _>(&self.entry.terms)?;
        out.push_sql(", searchable = ");
        out.push_bind_param::<Text, _>(&self.entry.searchable)?;
        out.push_sql(", weight = ");
        out.push_bind_param::<BigInt, _>(&self.weight)?;
        out.push_sql(" WHERE project = ");
        out.push_bind_param::<BigInt, _>(&self.entry.tag)?;
        out.push_sql(" AND seq = ");
        out.push_bind_param::<BigInt, _>(&self.seq)
    }
}

impl QueryId for Change<'_> {
    type QueryId = Change<'static>;
}

impl RunQueryDsl<Connection> for Change<'_> {}
