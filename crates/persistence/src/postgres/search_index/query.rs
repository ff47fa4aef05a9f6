//! Looking into the index, and along the order.
//!
//! What is nearly everywhere is found by a look at the first few rows; what is in few places, by the
//! index, which knows no order. What is in many places, but not in the first ones, is looked for in
//! parts of the order that are small enough to be sorted.

use std::time::{Duration, Instant};

use actiond_core::document::{Page, Plan};
use actiond_core::project::ProjectId;
use anyhow::anyhow;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Array, BigInt, Integer, Text};

use super::{Tag, numbers, tag, tokens};
use crate::postgres::{Connection, Fault, errors};

/// How many rows are looked at before the index is asked: so many for each that is wanted, within
/// these bounds.
const LOOKED_AT: i64 = 4;
const LOOKED_AT_LEAST: i64 = 128;
const LOOKED_AT_MOST: i64 = 8192;

/// How many hits of the index are sorted at once at least.
const SORTED: i64 = 4096;

/// What is looked for.
pub(crate) struct Asked<'a> {
    pub(crate) project: &'a ProjectId,
    pub(crate) plan: &'a Plan,
    /// The first seq that may be found.
    pub(crate) from: i64,
    pub(crate) page: &'a Page,
    /// When to give up.
    pub(crate) until: Instant,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    seq: i64,
}

/// What a row has to be, beside its place.
const SATISFIES: &str =
    "terms @> $1 AND NOT terms && $2 AND ($3 = '' OR strpos(searchable, $3) > 0)";

impl Asked<'_> {
    /// The seqs, in order, of what satisfies the plan: the part of it that the page wants.
    pub(crate) fn find(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let left =
            self.until.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
        connection.batch_execute(&format!("SET LOCAL statement_timeout = {}", left.as_millis()))?;
        let found = self.first(connection).map_err(too_long)?;
        let skip = usize::try_from(self.page.skip).unwrap_or(usize::MAX);
        Ok(found.into_iter().skip(skip).take(self.page.limit as usize).collect())
    }

    /// The first of what satisfies the plan, as many as the page needs.
    fn first(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let search = Search::new(self.project, self.plan);
        let enough = self.enough();
        if search.wanted.is_empty() {
            return search.along(connection, self.from, i64::MAX, enough);
        }
        let look = enough.saturating_mul(LOOKED_AT).clamp(LOOKED_AT_LEAST, LOOKED_AT_MOST);
        let seen = search.along(connection, self.from, look, enough)?;
        if seen.len() as i64 >= enough {
            return Ok(seen);
        }
        search.by_index(connection, self.from, enough)
    }

    /// How many from the first on have to be found for the page.
    fn enough(&self) -> i64 {
        let skip = i64::try_from(self.page.skip).unwrap_or(i64::MAX);
        skip.saturating_add(self.page.limit.into())
    }
}

/// A plan as the table takes it.
struct Search {
    tag: Tag,
    required: Vec<i64>,
    excluded: Vec<i64>,
    contains: String,
    wanted: Vec<i32>,
    unindexed: Vec<i32>,
}

impl Search {
    fn new(project: &ProjectId, plan: &Plan) -> Self {
        let tag = tag(project);
        Self {
            tag,
            required: numbers(&plan.required),
            excluded: numbers(&plan.excluded),
            contains: plan.contains.clone().unwrap_or_default(),
            wanted: tokens::wanted(tag, plan),
            unindexed: tokens::unindexed(tag, plan),
        }
    }

    /// Looks at the first `look` rows.
    fn along(
        &self,
        connection: &mut Connection,
        from: i64,
        look: i64,
        enough: i64,
    ) -> Result<Vec<i64>, Fault> {
        let sql = format!(
            "SELECT seq FROM (
                SELECT seq, terms, searchable FROM project_search
                WHERE project = $4 AND seq >= $5 ORDER BY seq LIMIT $6
            ) AS first WHERE {SATISFIES} ORDER BY seq LIMIT $7"
        );
        let query = sql_query(sql)
            .bind::<Array<BigInt>, _>(&self.required)
            .bind::<Array<BigInt>, _>(&self.excluded)
            .bind::<Text, _>(&self.contains)
            .bind::<BigInt, _>(self.tag)
            .bind::<BigInt, _>(from)
            .bind::<BigInt, _>(look)
            .bind::<BigInt, _>(enough);
        let found: Vec<Found> = query.load(connection)?;
        Ok(found.into_iter().map(|found| found.seq).collect())
    }

    /// Asks the index, part of the order by part.
    fn by_index(
        &self,
        connection: &mut Connection,
        from: i64,
        enough: i64,
    ) -> Result<Vec<i64>, Fault> {
        let most = enough.max(SORTED);
        let (mut found, mut first, mut last) = (vec![], from, i64::MAX);
        while (found.len() as i64) < enough {
            let mut hits = self.hits(connection, first, last, most.saturating_add(1))?;
            if hits.len() as i64 > most {
                last = middle(connection, self.tag, first, last)?;
                continue;
            }
            hits.sort_unstable();
            found.append(&mut hits);
            if last == i64::MAX {
                break;
            }
            (first, last) = (last + 1, i64::MAX);
        }
        found.truncate(usize::try_from(enough).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// What the index has between two seqs, without an order, as far as `most`.
    fn hits(
        &self,
        connection: &mut Connection,
        first: i64,
        last: i64,
        most: i64,
    ) -> Result<Vec<i64>, Fault> {
        let sql = format!(
            "SELECT found.seq FROM project_search_chunks AS chunk CROSS JOIN LATERAL (
                SELECT seq FROM project_search
                WHERE project = $4
                AND seq BETWEEN greatest(chunk.first, $5) AND least(chunk.last, $6)
                AND {SATISFIES} OFFSET 0
            ) AS found
            WHERE chunk.project = $4 AND chunk.first <= $6 AND chunk.last >= $5
            AND (chunk.tokens @> $7 OR chunk.tokens && $8) LIMIT $9"
        );
        let query = sql_query(sql)
            .bind::<Array<BigInt>, _>(&self.required)
            .bind::<Array<BigInt>, _>(&self.excluded)
            .bind::<Text, _>(&self.contains)
            .bind::<BigInt, _>(self.tag)
            .bind::<BigInt, _>(first)
            .bind::<BigInt, _>(last)
            .bind::<Array<Integer>, _>(&self.wanted)
            .bind::<Array<Integer>, _>(&self.unindexed)
            .bind::<BigInt, _>(most);
        let found: Vec<Found> = query.load(connection)?;
        Ok(found.into_iter().map(|found| found.seq).collect())
    }
}

/// A seq that parts the rows of a project between two seqs.
fn middle(connection: &mut Connection, tag: Tag, first: i64, last: i64) -> Result<i64, Fault> {
    use super::project_search as index;
    let of_project = index::table.filter(index::project.eq(tag));
    let ends = of_project
        .filter(index::seq.between(first, last))
        .select((diesel::dsl::min(index::seq), diesel::dsl::max(index::seq)));
    let (low, high): (Option<i64>, Option<i64>) = ends.get_result(connection)?;
    let (low, high) = (low.unwrap_or(first), high.unwrap_or(last));
    Ok(low + (high - low) / 2)
}

/// What a search says that was stopped by its deadline.
fn too_long(fault: Fault) -> Fault {
    match fault {
        Fault::Unavailable { reason: errors::SLOW, cause } => Fault::Unavailable {
            reason: "the search takes too long: look for a longer text, or for more keys",
            cause: anyhow!(cause),
        },
        other => other,
    }
}
