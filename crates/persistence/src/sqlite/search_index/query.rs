//! Looking into the index, and through what it does not hold.

use std::cell::LazyCell;
use std::collections::BTreeSet;
use std::time::Instant;

use actiond_core::document::{Page, Plan, Term, searchable_text, terms};
use actiond_core::project::ProjectId;
use anyhow::anyhow;
use diesel::connection::DefaultLoadingMode;
use diesel::dsl::{exists, max, not};
use diesel::prelude::*;
use diesel::result::QueryResult;
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde_json::{Map, Value};

use super::neighbours::Neighbours;
use super::schema::project_actions as actions;
use super::schema::project_search as index;
use super::schema::project_search_recent as recent;
use super::{Connection, Fault};
use super::{tag, waiting, words};

diesel::infix_operator!(Matches, " MATCH ", backend: Sqlite);

/// How many documents are looked at in the hope that they are enough, before an index is asked for all:
/// so many for each that is wanted, within these bounds.
const LOOKED_AT: i64 = 4;
const LOOKED_AT_LEAST: i64 = 128;
const LOOKED_AT_MOST: i64 = 8192;

/// In how many actions it is looked at once for what has both a text and terms: then it is asked whether
/// there is time left.
const PART: i64 = 1 << 16;

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

/// What a look at documents has found, and at how many.
#[derive(Default)]
struct Look {
    found: Vec<i64>,
    looked_at: i64,
}

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
        let line = recent::table.filter(recent::project.eq(tag(self.project)));
        let line = line.filter(recent::seq.ge(self.from));
        let has = |terms: &[u8], searchable: &str| {
            self.satisfied(|wanted| waiting::has(terms, *wanted), searchable)
        };
        let mut found = vec![];
        if self.plan.contains.is_some() {
            let rows = line.select((recent::seq, recent::terms, recent::searchable));
            for row in rows.load_iter::<(i64, Vec<u8>, String), DefaultLoadingMode>(connection)? {
                let (seq, terms, searchable) = row?;
                found.extend(has(&terms, &searchable).then_some(seq));
            }
        } else {
            let rows = line.select((recent::seq, recent::terms));
            for row in rows.load_iter::<(i64, Vec<u8>), DefaultLoadingMode>(connection)? {
                let (seq, terms) = row?;
                found.extend(has(&terms, "").then_some(seq));
            }
        }
        Ok(found)
    }

    /// What the indexes have by their words: enough of it.
    fn find_settled(&self, connection: &mut Connection) -> Result<Vec<i64>, Fault> {
        let terms = words::terms(self.plan);
        match &self.plan.contains {
            Some(text) => self.find_text(connection, &terms, text),
            None => {
                // They come in order, one by one. A LIMIT would have SQLite plan the statement anew, each time that it is
                // bound.
                let enough = usize::try_from(self.enough()).unwrap_or(usize::MAX);
                let hits = self.hits(&terms).select(index::rowid);
                let hits = hits.load_iter::<i64, DefaultLoadingMode>(connection)?.take(enough);
                Ok(hits.collect::<QueryResult<_>>()?)
            }
        }
    }

    /// What has a text and satisfies the plan: enough of it.
    ///
    /// Mostly few have the text, and a look at them tells; or few have the terms. When both are in many
    /// places, those are looked for that have both. A text of one or two characters is nearly everywhere;
    /// to gather all the words that begin with it is for one that is not.
    fn find_text(
        &self,
        connection: &mut Connection,
        terms: &str,
        text: &str,
    ) -> Result<Vec<i64>, Fault> {
        let words = words::containing(self.project, text);
        let is_short = words::is_short(text);
        let is_all =
            self.plan.excluded.is_empty() && self.plan.required == [Term::any(self.project)];
        if is_all && !is_short {
            return Ok(self.by_text(connection, &words, i64::MAX)?.found);
        }
        // Of what is frequent these are enough; where there are fewer, they are all.
        let few = self.enough().saturating_mul(LOOKED_AT).clamp(LOOKED_AT_LEAST, LOOKED_AT_MOST);
        let tells = |look: &Look| look.found.len() as i64 >= self.enough() || look.looked_at < few;
        if !is_short {
            let look = self.by_text(connection, &words, few)?;
            if tells(&look) {
                return Ok(look.found);
            }
        }
        let look = self.by_terms(connection, terms, few)?;
        if tells(&look) {
            return Ok(look.found);
        }
        if is_all {
            return Ok(self.by_text(connection, &words, i64::MAX)?.found);
        }
        self.by_both(connection, &words, terms)
    }

    /// Those of the first documents with some words that satisfy the plan.
    fn by_text(&self, connection: &mut Connection, words: &str, first: i64) -> Result<Look, Fault> {
        let seqs = self.from..i64::MAX;
        let rows = Neighbours::<false>::new(self.project.as_str(), words, "", seqs, first);
        self.look_at(rows.load_iter::<Row, DefaultLoadingMode>(connection)?)
    }

    /// Those of the first documents with some terms that satisfy the plan.
    fn by_terms(
        &self,
        connection: &mut Connection,
        terms: &str,
        first: i64,
    ) -> Result<Look, Fault> {
        let documents = self.hits(terms);
        let documents = documents.inner_join(actions::table.on(actions::seq.eq(index::rowid)));
        let documents = documents.filter(actions::project_id.eq(self.project.as_str()));
        let documents = documents.limit(first).select((index::rowid, actions::document));
        self.look_at(documents.load_iter::<Row, DefaultLoadingMode>(connection)?)
    }

    /// Those with some words and some terms that satisfy the plan: enough of them.
    fn by_both(
        &self,
        connection: &mut Connection,
        words: &str,
        terms: &str,
    ) -> Result<Vec<i64>, Fault> {
        let last: Option<i64> = actions::table.select(max(actions::seq)).get_result(connection)?;
        let (mut found, mut from) = (vec![], self.from);
        while from <= last.unwrap_or(0) && (found.len() as i64) < self.enough() {
            self.check_time()?;
            let (project, seqs) = (self.project.as_str(), from..from.saturating_add(PART));
            from = seqs.end;
            let rows = Neighbours::<true>::new(project, words, terms, seqs, i64::MAX);
            let look = self.look_at(rows.load_iter::<Row, DefaultLoadingMode>(connection)?)?;
            found.extend(look.found);
        }
        Ok(found)
    }

    /// Looks at documents until enough satisfy the plan.
    fn look_at(&self, rows: impl Iterator<Item = QueryResult<Row>>) -> Result<Look, Fault> {
        let (mut look, mut last) = (Look::default(), i64::MIN);
        for row in rows {
            let row = row?;
            look.looked_at += 1;
            // What neighbours share comes first, and brings all of them; one that comes again was looked at.
            if row.0 > last {
                last = row.0;
                look.found.extend(self.checked(row)?);
            }
            if look.found.len() as i64 >= self.enough() {
                break;
            }
        }
        Ok(look)
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

    fn check_time(&self) -> Result<(), Fault> {
        if Instant::now() < self.until {
            return Ok(());
        }
        let cause = anyhow!("it looked at documents for too long");
        let reason = "the search takes too long: look for a longer text, or for more keys";
        Err(Fault::Unavailable { reason, cause })
    }

    /// A document to look at, while there is time.
    fn parsed(&self, (seq, document): Row) -> Result<Map<String, Value>, Fault> {
        self.check_time()?;
        serde_json::from_str(&document)
            .map_err(|_| Fault::corrupt(format_args!("no document at {seq}")))
    }

    /// What the index has for an expression and what still holds, in order.
    #[diesel::dsl::auto_type(no_type_alias)]
    fn hits<'b>(&self, expression: &'b str) -> _ {
        let from: i64 = self.from;
        let tag: i64 = tag(self.project);
        let replaced = recent::table.filter(recent::project.eq(tag).and(recent::replaces));
        let replaced = replaced.filter(recent::seq.eq(index::rowid));
        let matches: Matches<index::whole, diesel::dsl::AsExprOf<&'b str, Text>> =
            Matches::new(index::whole, expression.into_sql::<Text>());
        index::table
            .filter(matches)
            .filter(index::rowid.ge(from))
            .filter(not(exists(replaced)))
            .order(index::rowid)
    }
}
