//! The actions that may have a text, by the entries that neighbours share.

use std::ops::Range;

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;

use super::{Connection, texts};

/// Asks for the seqs and documents of actions whose entries have some words: in the order of the seqs, but that one
/// with an entry of its own may come again. WITH_TERMS asks for those alone that the index of terms has too.
pub(super) struct Neighbours<'a, const WITH_TERMS: bool> {
    project: &'a str,
    words: &'a str,
    terms: &'a str,
    seqs: Range<i64>,
    places: Range<i64>,
    limit: i64,
}

impl<'a, const WITH_TERMS: bool> Neighbours<'a, WITH_TERMS> {
    /// As many as `limit`, whose seqs are among `seqs`.
    pub(super) fn new(
        project: &'a str,
        words: &'a str,
        terms: &'a str,
        seqs: Range<i64>,
        limit: i64,
    ) -> Self {
        let places = texts::places(&seqs);
        Self { project, words, terms, seqs, places, limit }
    }
}

impl<const WITH_TERMS: bool> QueryFragment<Sqlite> for Neighbours<'_, WITH_TERMS> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(
            "SELECT action.seq, action.document \
             FROM project_search_texts CROSS JOIN project_actions AS action ON action.seq BETWEEN ",
        );
        out.push_sql(texts::SEQS);
        out.push_sql(" WHERE project_search_texts MATCH ");
        out.push_bind_param::<Text, _>(self.words)?;
        out.push_sql(" AND project_search_texts.rowid >= ");
        out.push_bind_param::<BigInt, _>(&self.places.start)?;
        out.push_sql(" AND project_search_texts.rowid < ");
        out.push_bind_param::<BigInt, _>(&self.places.end)?;
        // A plus keeps the database from looking actions up by this: it is to go from entry to entry.
        out.push_sql(" AND +action.seq >= ");
        out.push_bind_param::<BigInt, _>(&self.seqs.start)?;
        out.push_sql(" AND +action.seq < ");
        out.push_bind_param::<BigInt, _>(&self.seqs.end)?;
        out.push_sql(" AND +action.project_id = ");
        out.push_bind_param::<Text, _>(self.project)?;
        if WITH_TERMS {
            out.push_sql(
                " AND +action.seq IN (SELECT rowid FROM project_search WHERE project_search MATCH ",
            );
            out.push_bind_param::<Text, _>(self.terms)?;
            out.push_sql(" AND rowid >= ");
            out.push_bind_param::<BigInt, _>(&self.seqs.start)?;
            out.push_sql(" AND rowid < ");
            out.push_bind_param::<BigInt, _>(&self.seqs.end)?;
            out.push_sql(")");
        }
        out.push_sql(" ORDER BY project_search_texts.rowid LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

impl<const WITH_TERMS: bool> QueryId for Neighbours<'_, WITH_TERMS> {
    type QueryId = Neighbours<'static, WITH_TERMS>;
}

impl<const WITH_TERMS: bool> Query for Neighbours<'_, WITH_TERMS> {
    type SqlType = (BigInt, Text);
}

impl<const WITH_TERMS: bool> RunQueryDsl<Connection> for Neighbours<'_, WITH_TERMS> {}
