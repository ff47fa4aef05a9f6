//! The latest changes, which wait to go into the indexes in company.

use actiond_core::document::Term;
use diesel::dsl::{count_star, sum};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Binary, Integer, Text};
use diesel::sqlite::Sqlite;

use super::super::schema::project_search_recent as recent;
use super::{Connection, Entry, Fault, Tag, last_rowid, texts};

/// How much waits at most, but for the last change: so many small ones, or so many KiB of larger ones. A search
/// looks through all of its project.
const MAX_WAITING: i64 = 2048;

/// How many changes come before it is counted again how much waits.
const COUNTED_EVERY: i64 = 128;

/// A change of up to so many bytes is a small one.
const SMALL: usize = 2048;

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
        let is_small = self.terms.len() + self.searchable.len() <= SMALL;
        newest < texts::last(self.seq) && is_small && !self.replaces
    }
}

/// Lets an entry wait at the end of the line; answers whether too much waits now.
pub(super) fn push(
    connection: &mut Connection,
    seq: i64,
    entry: &Entry,
    replaces: bool,
) -> Result<bool, Fault> {
    let weight = weight(entry);
    let row = (
        recent::project.eq(entry.tag),
        recent::seq.eq(seq),
        recent::terms.eq(&entry.terms),
        recent::searchable.eq(&entry.searchable),
        recent::replaces.eq(replaces),
        recent::weight.eq(weight),
    );
    // The database gives it the next place.
    diesel::insert_into(recent::table).values(row).execute(connection)?;
    let is_counted = weight > 1 || last_rowid(connection)? % COUNTED_EVERY == 0;
    if is_counted { is_too_much(connection) } else { Ok(false) }
}

/// What became of a change for which another waited.
pub(super) enum Changed {
    /// None waited.
    No,
    Yes {
        is_too_much: bool,
    },
}

/// Lets an entry wait instead of the one that waits for `seq`, at its place.
pub(super) fn change(
    connection: &mut Connection,
    seq: i64,
    entry: &Entry,
) -> Result<Changed, Fault> {
    let weight = weight(entry);
    if (Change { seq, entry, weight }).execute(connection)? == 0 {
        return Ok(Changed::No);
    }
    Ok(Changed::Yes { is_too_much: weight > 1 && is_too_much(connection)? })
}

/// Takes what waits for `seq` out of the line, unless it replaces something; answers whether it did.
pub(super) fn withdraw(connection: &mut Connection, tag: Tag, seq: i64) -> Result<bool, Fault> {
    let row = recent::table.filter(recent::project.eq(tag).and(recent::seq.eq(seq)));
    Ok(diesel::delete(row.filter(recent::replaces.eq(false))).execute(connection)? == 1)
}

/// The first in the line.
pub(super) fn first(connection: &mut Connection, limit: i64) -> Result<Vec<Waiting>, Fault> {
    let line = recent::table.order(recent::place).limit(limit);
    Ok(line.select(Waiting::as_select()).load(connection)?)
}

/// Takes those out of the line that were the first in it, but for those who stay.
pub(super) fn leave(
    connection: &mut Connection,
    settled: &[Waiting],
    stay: &[Waiting],
) -> Result<(), Fault> {
    let last = settled.iter().map(|row| row.place).max().unwrap_or(0);
    let stay = stay.iter().map(|row| row.place);
    let left = recent::table.filter(recent::place.le(last)).filter(recent::place.ne_all(stay));
    diesel::delete(left).execute(connection)?;
    Ok(())
}

/// Whether nothing waits.
pub(super) fn is_empty(connection: &mut Connection) -> Result<bool, Fault> {
    Ok(recent::table.select(recent::seq).limit(1).load::<i64>(connection)?.is_empty())
}

/// How many wait.
pub(super) fn number(connection: &mut Connection) -> Result<i64, Fault> {
    Ok(recent::table.select(count_star()).get_result(connection)?)
}

/// Whether more waits than should.
pub(super) fn is_too_much(connection: &mut Connection) -> Result<bool, Fault> {
    let all = number(connection)?;
    let large = recent::table.filter(recent::weight.gt(1));
    let (number, weight): (i64, Option<i64>) =
        large.select((count_star(), sum(recent::weight))).get_result(connection)?;
    Ok(all - number + weight.unwrap_or(0) > MAX_WAITING)
}

fn decoded(terms: &[u8]) -> impl ExactSizeIterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}

/// Whether the terms of an entry, which are in order, have this one.
pub(super) fn has(terms: &[u8], term: Term) -> bool {
    let terms = terms.as_chunks().0;
    terms.binary_search_by_key(&term.0, |bytes| u64::from_le_bytes(*bytes)).is_ok()
}

fn weight(entry: &Entry) -> i32 {
    let bytes = entry.terms.len() + entry.searchable.len();
    if bytes <= SMALL { 1 } else { i32::try_from(bytes.div_ceil(1024)).unwrap_or(i32::MAX) }
}

/// Changes an entry that waits. It is prepared once; Diesel's own UPDATE is written and parsed anew each time.
struct Change<'a> {
    seq: i64,
    entry: &'a Entry,
    weight: i32,
}

impl QueryFragment<Sqlite> for Change<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE project_search_recent SET terms = ");
        out.push_bind_param::<Binary, _>(&self.entry.terms)?;
        out.push_sql(", searchable = ");
        out.push_bind_param::<Text, _>(&self.entry.searchable)?;
        out.push_sql(", weight = ");
        out.push_bind_param::<Integer, _>(&self.weight)?;
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
