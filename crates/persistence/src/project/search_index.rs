//! What project actions are found by.
//!
//! On SQLite this is a full-text index whose words are made here. A change costs it much when it
//! comes alone and little in company, so the latest changes wait in a table of their own until
//! there are enough of them; a search looks at both. Another database has its own way to do this.

use actiond_core::document::{Indexed, Page, Plan, Term, searchable_text};
use actiond_core::project::ProjectId;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::search_tokens;
use crate::connection::Connection;
use crate::errors::Fault;
use crate::schema::project_actions as actions;
use crate::schema::project_search as index;
use crate::schema::project_search_recent as recent;

diesel::infix_operator!(Matches, " MATCH ", backend: diesel::sqlite::Sqlite);

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
        let words = search_tokens::words(tag, decoded(&terms).skip(1), &searchable);
        let row = (index::rowid.eq(seq), index::tokens.eq(words));
        diesel::insert_into(index::table).values(row).execute(connection)?;
    }
    diesel::delete(recent::table).execute(connection)?;
    Ok(())
}

/// The seqs, in order, of what `plan` finds from `from` on: the part of it that `page` wants.
pub(super) fn find(
    connection: &mut Connection,
    project: &ProjectId,
    plan: &Plan,
    from: i64,
    page: &Page,
) -> Result<Vec<i64>, Fault> {
    let waiting = find_recent(connection, plan, from)?;
    let expression = search_tokens::expression(project, plan);
    let matches = Matches::new(index::whole, expression.into_sql::<Text>());
    let hits = index::table.filter(matches).filter(index::rowid.ge(from)).order(index::rowid);
    match &plan.contains {
        None => {
            let rows = hits.select(index::rowid);
            let settled = rows.load_iter::<i64, DefaultLoadingMode>(connection)?;
            part(settled.map(|row| Ok(row?)), waiting, page)
        }
        Some(text) => {
            let rows = hits.inner_join(actions::table.on(actions::seq.eq(index::rowid)));
            let rows = rows.select((index::rowid, actions::document));
            let settled = rows.load_iter::<(i64, String), DefaultLoadingMode>(connection)?;
            let verified = settled.filter_map(|row| match row {
                Ok((seq, document)) => {
                    contains(&document, text).map(|yes| yes.then_some(seq)).transpose()
                }
                Err(error) => Some(Err(error.into())),
            });
            part(verified, waiting, page)
        }
    }
}

/// What waits and satisfies `plan`.
fn find_recent(connection: &mut Connection, plan: &Plan, from: i64) -> Result<Vec<i64>, Fault> {
    let waiting = recent::table.filter(recent::seq.ge(from)).order(recent::seq);
    let waiting = waiting.select((recent::seq, recent::terms, recent::searchable));
    let satisfies = |(_, terms, searchable): &(i64, Vec<u8>, String)| {
        let has = |wanted: &Term| decoded(terms).any(|term| term == *wanted);
        plan.required.iter().all(has)
            && !plan.excluded.iter().any(has)
            && plan.contains.as_ref().is_none_or(|text| searchable.contains(text))
    };
    let rows = waiting.load::<(i64, Vec<u8>, String)>(connection)?;
    Ok(rows.iter().filter(|row| satisfies(row)).map(|(seq, ..)| *seq).collect())
}

/// Whether a string value of the document contains `text`.
fn contains(document: &str, text: &str) -> Result<bool, Fault> {
    let document =
        serde_json::from_str(document).map_err(|_| Fault::corrupt("a text that is no document"))?;
    Ok(searchable_text(&document).contains(text))
}

/// A page of two ordered lists taken as one.
fn part(
    settled: impl Iterator<Item = Result<i64, Fault>>,
    waiting: Vec<i64>,
    page: &Page,
) -> Result<Vec<i64>, Fault> {
    let (mut settled, mut waiting) = (settled.peekable(), waiting.into_iter().peekable());
    let merged = std::iter::from_fn(|| match (settled.peek(), waiting.peek()) {
        (Some(Ok(a)), Some(b)) if b < a => waiting.next().map(Ok),
        (None, _) => waiting.next().map(Ok),
        _ => settled.next(),
    });
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
    merged.skip(skip).take(page.limit as usize).collect()
}

fn decoded(terms: &[u8]) -> impl Iterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}
