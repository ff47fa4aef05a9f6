//! Tokens in the store.

use std::sync::Arc;

use actiond_core::Result;
use actiond_core::identity::{TokenDigest, TokenRecord};
use actiond_core::ports::TokenRepository;
use diesel::prelude::*;

use super::backend::{Connection, Database, Fault};
use super::convert::to_micros;
use super::row::TokenRow;
use crate::schema::tokens;

pub(crate) struct TokenTable(pub(crate) Arc<Database>);

impl TokenRepository for TokenTable {
    fn insert(&self, token: &TokenRecord) -> Result<()> {
        let (row, now) = (TokenRow::from(token), to_micros(token.issued_at));
        Ok(self.0.change(move |connection| {
            purge(connection, now)?;
            diesel::insert_into(tokens::table).values(row).execute(connection)?;
            Ok(())
        })?)
    }

    fn find(&self, digest: &TokenDigest) -> Result<Option<TokenRecord>> {
        self.0.read(|connection| {
            let row = tokens::table.find(digest.0.as_slice()).select(TokenRow::as_select());
            row.get_result(connection).optional()?.map(TokenRecord::try_from).transpose()
        })
    }

    fn remove(&self, digest: &TokenDigest) -> Result<()> {
        let digest = digest.0.to_vec();
        Ok(self.0.change(move |connection| {
            let ended = tokens::digest.nullable().eq(&digest).or(tokens::chain.eq(&digest));
            diesel::delete(tokens::table.filter(ended)).execute(connection)?;
            Ok(())
        })?)
    }
}

fn purge(connection: &mut Connection, now: i64) -> Result<(), Fault> {
    diesel::delete(tokens::table.filter(tokens::expires_at.le(now))).execute(connection)?;
    Ok(())
}
