//! Looking into the index, and through what waits to get there.

use actiond_core::document::{Page, Plan, Term, searchable_text};
use actiond_core::project::ProjectId;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{decoded, words};
use crate::connection::Connection;
use crate::errors::Fault;
use crate::schema::project_actions as actions;
use crate::schema::project_search as index;
use crate::schema::project_search_recent as recent;

diesel::infix_operator!(Matches, " MATCH ", backend: diesel::sqlite::Sqlite);

/// How many documents are looked at for a short text before the index is asked.
const LOOKED_AT: i64 = 128;

/// The seqs, in order, of what `plan` finds from `from` on: the part of it that `page` wants.
pub(in crate::project) fn find(
    connection: &mut Connection,
    project: &ProjectId,
    plan: &Plan,
    from: i64,
    page: &Page,
) -> Result<Vec<i64>, Fault> {
    let waiting = find_recent(connection, plan, from)?;
    let expression = words::expression(project, plan);
    let Some(text) = &plan.contains else {
        let hits = matching(&expression).filter(index::rowid.ge(from)).order(index::rowid);
        let settled = hits.select(index::rowid).load_iter::<_, DefaultLoadingMode>(connection)?;
        return part(settled.map(|row| Ok(row?)), &waiting, page);
    };
    if words::is_short(text)
        && let Some(found) = look(connection, project, plan, text, from, &waiting, page)?
    {
        return Ok(found);
    }
    let hits = matching(&expression).filter(index::rowid.ge(from)).order(index::rowid);
    let documents = hits.inner_join(actions::table.on(actions::seq.eq(index::rowid)));
    let documents = documents.filter(actions::project_id.eq(project.as_str()));
    let documents = documents.select((index::rowid, actions::document));
    let settled = documents.load_iter::<(i64, String), DefaultLoadingMode>(connection)?;
    part(settled.filter_map(|row| having(row, text).transpose()), &waiting, page)
}

/// A page found by a look at the first few documents, if it is a full one.
///
/// A text of one or two characters is nearly everywhere; to gather all the words that begin with it
/// is for one that is not.
fn look(
    connection: &mut Connection,
    project: &ProjectId,
    plan: &Plan,
    text: &str,
    from: i64,
    waiting: &[i64],
    page: &Page,
) -> Result<Option<Vec<i64>>, Fault> {
    let anything = words::expression(project, &Plan { contains: None, ..plan.clone() });
    let hits = matching(&anything).filter(index::rowid.ge(from)).order(index::rowid);
    let documents = hits.inner_join(actions::table.on(actions::seq.eq(index::rowid)));
    let documents = documents.select((index::rowid, actions::document)).limit(LOOKED_AT);
    let few: Vec<(i64, String)> = documents.load(connection)?;
    let Some((last, _)) = few.last() else { return Ok(None) };
    let near = &waiting[..waiting.partition_point(|seq| seq < last)];
    let found = few.iter().filter_map(|row| having(Ok(row.clone()), text).transpose());
    let found = part(found, near, page)?;
    Ok((found.len() == page.limit as usize).then_some(found))
}

/// What the index has for an expression.
fn matching(expression: &str) -> Matching<'_> {
    index::table.filter(Matches::new(index::whole, expression.into_sql::<Text>()))
}

type Matching<'a> =
    diesel::dsl::Filter<index::table, Matches<index::whole, diesel::dsl::AsExprOf<&'a str, Text>>>;

/// The seq of a row whose document has `text` in one of its string values.
fn having(row: QueryResult<(i64, String)>, text: &str) -> Result<Option<i64>, Fault> {
    let (seq, document) = row?;
    let document = serde_json::from_str(&document)
        .map_err(|_| Fault::corrupt(format_args!("no document at {seq}")))?;
    Ok(searchable_text(&document).contains(text).then_some(seq))
}

/// What waits and satisfies `plan`, in order.
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

/// A page of two ordered lists taken as one.
fn part(
    settled: impl Iterator<Item = Result<i64, Fault>>,
    waiting: &[i64],
    page: &Page,
) -> Result<Vec<i64>, Fault> {
    let (mut settled, mut waiting) = (settled.peekable(), waiting.iter().peekable());
    let merged = std::iter::from_fn(|| match (settled.peek(), waiting.peek()) {
        (Some(Ok(a)), Some(b)) if *b < a => waiting.next().map(|seq| Ok(*seq)),
        (None, _) => waiting.next().map(|seq| Ok(*seq)),
        _ => settled.next(),
    });
    let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
    merged.skip(skip).take(page.limit as usize).collect()
}
