//! The compare-and-swap of a project action.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::sql_types::{BigInt, Text};

use super::Key;
use super::backend::Connection;

type Backend = <Connection as diesel::Connection>::Backend;

/// Stores a document where the version is the expected one still, and answers its seq. It is prepared
/// once; Diesel's own UPDATE is written and parsed anew each time, a tenth of what a change costs.
#[derive(QueryId)]
pub(super) struct Swap {
    pub(super) key: Key,
    pub(super) expected: i64,
    pub(super) version: i64,
    pub(super) document: String,
}

impl QueryFragment<Backend> for Swap {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("UPDATE project_actions SET version = ");
        out.push_bind_param::<BigInt, _>(&self.version)?;
        out.push_sql(", document = ");
        out.push_bind_param::<Text, _>(&self.document)?;
        out.push_sql(" WHERE project_id = ");
        out.push_bind_param::<Text, _>(&self.key.project)?;
        out.push_sql(" AND action_id = ");
        out.push_bind_param::<Text, _>(&self.key.id)?;
        out.push_sql(" AND version = ");
        out.push_bind_param::<BigInt, _>(&self.expected)?;
        out.push_sql(" RETURNING seq");
        Ok(())
    }
}

impl Query for Swap {
    type SqlType = BigInt;
}

impl RunQueryDsl<Connection> for &Swap {}
