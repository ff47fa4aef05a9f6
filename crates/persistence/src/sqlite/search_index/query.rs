//! Looking into the index, and through what it does not hold.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::time::Instant;

use actiond_core::document::{Page, Plan, Term, searchable_text, terms};
use actiond_core::project::ProjectId;
use anyhow::anyhow;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use serde_json::{Map, Value};

use super::schema::project_actions as actions;
use super::schema::project_search as index;
use super::schema::project_search_recent as recent;
use super::{Connection, Fault};
use super::{decoded, tag, texts, words};

diesel::infix_operator!(Matches, " MATCH ", backend: Sqlite);

/// How many documents are looked at in the hope that they are enough, before an index is asked for all:
/// so many for each that is wanted, within these bounds.
const LOOKED_AT: i64 = 4;
const LOOKED_AT_LEAST: i64 = 128;
const LOOKED_AT_MOST: i64 = 8192;

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

/// The seq of an action, and its document.
type Row = (i64, String);

impl Asked<'_> {
    /// The seqs, in order, of what satisfies the plan: the part of it that the page wants.
    pub(crate) fn find(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let known = [self.find_recent(connection)?, self.find_settled(connection)?].concat();
        let unindexed = words::unindexed(self.project, self.plan);
        let candidates: Vec<i64> = self.hits(&unindexed).select(index::rowid).load(connection)?;
        let known = known.into_iter().map(|seq| (seq, true));
        let mut places: Vec<(i64, bool)> =
            known.chain(candidates.into_iter().map(|seq| (seq, false))).collect();
        places.sort_unstable_by_key(|(seq, is_found)| (*seq, !is_found));
        // One with a long text may be found by its terms as well.
        places.dedup_by_key(|(seq, _)| *seq);
        let mut found = places.into_iter().filter_map(|(seq, is_found)| {
            if is_found { Some(Ok(seq)) } else { self.verified(connection, seq).transpose() }
        });
        let mut passed_over = 0;
        while passed_over < self.page.skip {
            match found.next().transpose()? {
                None => return Ok(vec![]),
                Some(_) => passed_over += 1,
            }
        }
        found.take(self.page.limit as usize).collect()
    }

    /// How many from the first on have to be found for the page.
    fn enough(&self) -> i64 {
        let skip = i64::try_from(self.page.skip).unwrap_or(i64::MAX);
        skip.saturating_add(self.page.limit.into())
    }

    /// What waits and satisfies the plan.
    fn find_recent(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let waiting = recent::table.filter(recent::project.eq(tag(self.project)));
        let waiting = waiting.filter(recent::seq.ge(self.from));
        let rows: Vec<(i64, Vec<u8>, String)> = if self.plan.contains.is_some() {
            waiting.select((recent::seq, recent::terms, recent::searchable)).load(connection)?
        } else {
            let rows = waiting.select((recent::seq, recent::terms)).load(connection)?;
            rows.into_iter().map(|(seq, terms)| (seq, terms, String::new())).collect()
        };
        let satisfies = |(_, terms, searchable): &(i64, Vec<u8>, String)| {
            self.satisfied(|wanted| decoded(terms).any(|term| term == *wanted), searchable)
        };
        Ok(rows.iter().filter(|row| satisfies(row)).map(|(seq, ..)| *seq).collect())
    }

    /// What the indexes have by their words: enough of it.
    fn find_settled(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let terms = words::terms(self.plan);
        let Some(text) = &self.plan.contains else {
            let hits = self.hits(&terms).limit(self.enough());
            return Ok(hits.select(index::rowid).load(connection)?);
        };
        if words::is_short(text)
            && let Some(found) = self.look(connection, &terms, text)?
        {
            return Ok(found);
        }
        self.find_text(connection, &terms, text)
    }

    /// What is found by a look at the first few documents, if it is enough.
    ///
    /// A text of one or two characters is nearly everywhere; to gather all the words that begin with
    /// it is for one that is not.
    fn look(
        &self,
        connection: &mut Connection,
        terms: &str,
        text: &str,
    ) -> Result<Option<Vec<i64>>, Fault> {
        if self.enough() > LOOKED_AT_MOST {
            return Ok(None);
        }
        let found = self.having(connection, terms, text, self.first_few())?;
        Ok(Some(found).filter(|found| found.len() as i64 >= self.enough()))
    }

    /// How many documents are looked at in the hope that they are enough.
    fn first_few(&self) -> i64 {
        self.enough().saturating_mul(LOOKED_AT).clamp(LOOKED_AT_LEAST, LOOKED_AT_MOST)
    }

    /// What has a text where its words are, and satisfies the plan: enough of it.
    ///
    /// Mostly few have the text, and a look at them tells. When it is in many places, it is looked for
    /// among those alone that have the terms.
    fn find_text(
        &self,
        connection: &mut Connection,
        terms: &str,
        text: &str,
    ) -> Result<Vec<i64>, Fault> {
        let words = words::containing(self.project, text);
        if self.plan.excluded.is_empty() && self.plan.required == [Term::any(self.project)] {
            return Ok(self.among::<OF_ALL>(connection, &words, terms, i64::MAX)?.0);
        }
        let first = self.first_few();
        let (found, looked_at) = self.among::<OF_ALL>(connection, &words, terms, first)?;
        if found.len() as i64 >= self.enough() || looked_at < first {
            return Ok(found);
        }
        Ok(self.among::<WITH_TERMS>(connection, &words, terms, i64::MAX)?.0)
    }

    /// Those of the first documents with some words that satisfy the plan, enough of them, and how many
    /// were looked at.
    fn among<const WHICH: bool>(
        &self,
        connection: &mut Connection,
        words: &str,
        terms: &str,
        first: i64,
    ) -> Result<(Vec<i64>, i64), Fault> {
        let (project, from, shared) = (self.project.as_str(), self.from, texts::shared(self.from));
        let neighbours = Neighbours::<WHICH> { project, from, shared, words, terms, first };
        let (mut found, mut looked_at, mut last) = (vec![], 0, i64::MIN);
        for row in neighbours.load_iter::<Row, DefaultLoadingMode>(connection)? {
            let row = row?;
            looked_at += 1;
            // One that has an entry of its own may come again.
            if row.0 > last {
                last = row.0;
                found.extend(self.checked(row)?);
            }
            if found.len() as i64 >= self.enough() {
                break;
            }
        }
        Ok((found, looked_at))
    }

    /// Those of the first documents that the index has for an expression which have `text` in one of
    /// their values: enough of them.
    fn having(
        &self,
        connection: &mut Connection,
        expression: &str,
        text: &str,
        first: i64,
    ) -> Result<Vec<i64>, Fault> {
        let documents = self.hits(expression);
        let documents = documents.inner_join(actions::table.on(actions::seq.eq(index::rowid)));
        let documents = documents.filter(actions::project_id.eq(self.project.as_str()));
        let documents = documents.limit(first).select((index::rowid, actions::document));
        let rows = documents.load_iter::<Row, DefaultLoadingMode>(connection)?;
        let found = rows.filter_map(|row| {
            let document = row.map_err(Fault::from).and_then(|row| Ok((row.0, self.parsed(row)?)));
            let has = |(seq, document)| searchable_text(&document).contains(text).then_some(seq);
            document.map(has).transpose()
        });
        found.take(usize::try_from(self.enough()).unwrap_or(usize::MAX)).collect()
    }

    /// The action at `seq`, if it satisfies the plan.
    fn verified(&self, connection: &mut Connection, seq: i64) -> Result<Option<i64>, Fault> {
        let row = actions::table.find(seq).filter(actions::project_id.eq(self.project.as_str()));
        let row =
            row.select((actions::seq, actions::document)).get_result(connection).optional()?;
        row.map_or(Ok(None), |row| self.checked(row))
    }

    /// The action in a row, if a look at the whole of it shows that it satisfies the plan.
    fn checked(&self, row: Row) -> Result<Option<i64>, Fault> {
        let (seq, document) = (row.0, self.parsed(row)?);
        let any = Term::any(self.project);
        let terms = LazyCell::new(|| -> BTreeSet<Term> {
            terms(self.project, &document).into_iter().collect()
        });
        let has = |term: &Term| *term == any || terms.contains(term);
        Ok(self.satisfied(has, &searchable_text(&document)).then_some(seq))
    }

    /// Whether the plan is satisfied by what has these terms and this text. The text is looked at first.
    fn satisfied(&self, has: impl Fn(&Term) -> bool, searchable: &str) -> bool {
        let contains = |text: &String| searchable.contains(text);
        self.plan.contains.as_ref().is_none_or(contains)
            && self.plan.required.iter().all(&has)
            && !self.plan.excluded.iter().any(&has)
    }

    /// A document to look at, while there is time.
    fn parsed(&self, (seq, document): Row) -> Result<Map<String, Value>, Fault> {
        if Instant::now() >= self.until {
            let cause = anyhow!("it looked at documents for too long");
            return Err(Fault::Unavailable {
                reason: "the search takes too long: look for a longer text, or for more keys",
                cause,
            });
        }
        serde_json::from_str(&document)
            .map_err(|_| Fault::corrupt(format_args!("no document at {seq}")))
    }

    /// What the index has for an expression and what still holds, in order.
    #[diesel::dsl::auto_type(no_type_alias)]
    fn hits<'b>(&self, expression: &'b str) -> _ {
        let from: i64 = self.from;
        let tag: i64 = tag(self.project);
        let replaced = recent::table.filter(recent::project.eq(tag).and(recent::replaces));
        let matches: Matches<index::whole, diesel::dsl::AsExprOf<&'b str, Text>> =
            Matches::new(index::whole, expression.into_sql::<Text>());
        index::table
            .filter(matches)
            .filter(index::rowid.ge(from))
            .filter(index::rowid.ne_all(replaced.select(recent::seq)))
            .order(index::rowid)
    }
}

/// Which documents the index of texts is asked for: all that may have the text, or those of them that the
/// index of terms has by theirs.
const OF_ALL: bool = false;
const WITH_TERMS: bool = true;

/// The actions that may have a text, by the entries that they share with their neighbours, in order.
struct Neighbours<'a, const WHICH: bool> {
    project: &'a str,
    /// The first seq that may be found, and the first place.
    from: i64,
    shared: i64,
    words: &'a str,
    terms: &'a str,
    /// How many of them.
    first: i64,
}

impl<const WHICH: bool> QueryFragment<Sqlite> for Neighbours<'_, WHICH> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(
            "SELECT action.seq, action.document \
             FROM project_search_texts CROSS JOIN project_actions AS action ON action.seq BETWEEN ",
        );
        out.push_sql(texts::SEQS);
        out.push_sql(" WHERE project_search_texts MATCH ");
        out.push_bind_param::<Text, _>(self.words)?;
        out.push_sql(" AND project_search_texts.rowid >= ");
        out.push_bind_param::<BigInt, _>(&self.shared)?;
        out.push_sql(" AND action.seq >= ");
        out.push_bind_param::<BigInt, _>(&self.from)?;
        out.push_sql(" AND action.project_id = ");
        out.push_bind_param::<Text, _>(self.project)?;
        if WHICH == WITH_TERMS {
            out.push_sql(
                " AND action.seq IN (SELECT rowid FROM project_search WHERE project_search MATCH ",
            );
            out.push_bind_param::<Text, _>(self.terms)?;
            out.push_sql(" AND rowid >= ");
            out.push_bind_param::<BigInt, _>(&self.from)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY project_search_texts.rowid LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.first)
    }
}

impl<const WHICH: bool> QueryId for Neighbours<'_, WHICH> {
    type QueryId = Neighbours<'static, WHICH>;
}

impl<const WHICH: bool> Query for Neighbours<'_, WHICH> {
    type SqlType = (BigInt, Text);
}

impl<const WHICH: bool> RunQueryDsl<Connection> for Neighbours<'_, WHICH> {}
