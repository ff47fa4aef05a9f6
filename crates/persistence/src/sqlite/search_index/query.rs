//! Looking into the index, and through what it does not hold.

use std::collections::BTreeSet;
use std::time::Instant;

use actiond_core::document::{Page, Plan, Term, searchable_text, terms};
use actiond_core::project::ProjectId;
use anyhow::anyhow;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde_json::{Map, Value};

use super::schema::project_actions as actions;
use super::schema::project_search as index;
use super::schema::project_search_recent as recent;
use super::{Connection, Fault};
use super::{decoded, tag, words};

diesel::infix_operator!(Matches, " MATCH ", backend: diesel::sqlite::Sqlite);

/// How many documents are looked at for a short text before the index is asked: so many for each
/// that is wanted, within these bounds.
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

    /// What the index has by its words: enough of it.
    fn find_settled(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let expression = words::expression(self.project, self.plan);
        let Some(text) = &self.plan.contains else {
            let hits = self.hits(&expression).limit(self.enough());
            return Ok(hits.select(index::rowid).load(connection)?);
        };
        if words::is_short(text)
            && let Some(found) = self.look(connection, text)?
        {
            return Ok(found);
        }
        self.having(connection, &expression, text, i64::MAX)
    }

    /// What is found by a look at the first few documents, if it is enough.
    ///
    /// A text of one or two characters is nearly everywhere; to gather all the words that begin with
    /// it is for one that is not.
    fn look(&self, connection: &mut Connection, text: &str) -> Result<Option<Vec<i64>>, Fault> {
        if self.enough() > LOOKED_AT_MOST {
            return Ok(None);
        }
        let first = (self.enough() * LOOKED_AT).clamp(LOOKED_AT_LEAST, LOOKED_AT_MOST);
        let anything = Plan { contains: None, ..self.plan.clone() };
        let expression = words::expression(self.project, &anything);
        let found = self.having(connection, &expression, text, first)?;
        Ok(Some(found).filter(|found| found.len() as i64 >= self.enough()))
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

    /// The action at `seq`, if a look at the whole of it shows that it satisfies the plan.
    fn verified(&self, connection: &mut Connection, seq: i64) -> Result<Option<i64>, Fault> {
        let row = actions::table.find(seq).filter(actions::project_id.eq(self.project.as_str()));
        let row =
            row.select((actions::seq, actions::document)).get_result(connection).optional()?;
        let Some(row) = row else { return Ok(None) };
        let document = self.parsed(row)?;
        let terms: BTreeSet<Term> = terms(self.project, &document).into_iter().collect();
        let satisfied = self.satisfied(|term| terms.contains(term), &searchable_text(&document));
        Ok(satisfied.then_some(seq))
    }

    fn satisfied(&self, has: impl Fn(&Term) -> bool, searchable: &str) -> bool {
        let contains = |text: &String| searchable.contains(text);
        self.plan.required.iter().all(&has)
            && !self.plan.excluded.iter().any(&has)
            && self.plan.contains.as_ref().is_none_or(contains)
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
