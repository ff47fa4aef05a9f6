//! Signing keys in the store.

use std::sync::Arc;

use actiond_core::identity::SigningKey;
use actiond_core::ports::{Inserted, SigningKeyRepository};
use actiond_core::{Result, Timestamp};
use diesel::prelude::*;

use super::backend::{Connection, Database, Fault, lock_users};
use super::convert::{from_micros, inserted, to_micros};
use crate::schema::signing_keys;

pub(crate) struct SigningKeyTable(pub(crate) Arc<Database>);

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = signing_keys)]
struct KeyRow {
    id: String,
    secret: Vec<u8>,
    made_at: i64,
    good_until: Option<i64>,
}

impl From<&SigningKey> for KeyRow {
    fn from(key: &SigningKey) -> Self {
        Self {
            id: key.id.clone(),
            secret: key.secret.clone(),
            made_at: to_micros(key.made_at),
            good_until: key.good_until.map(to_micros),
        }
    }
}

impl TryFrom<KeyRow> for SigningKey {
    type Error = Fault;

    fn try_from(row: KeyRow) -> Result<Self, Fault> {
        Ok(Self {
            id: row.id,
            secret: row.secret,
            made_at: from_micros(row.made_at)?,
            good_until: row.good_until.map(from_micros).transpose()?,
        })
    }
}

impl SigningKeyRepository for SigningKeyTable {
    fn list(&self) -> Result<Vec<SigningKey>> {
        self.0.read(|connection| {
            let newest_first = (signing_keys::made_at.desc(), signing_keys::id.desc());
            let rows = signing_keys::table.order(newest_first).select(KeyRow::as_select());
            rows.load(connection)?.into_iter().map(SigningKey::try_from).collect()
        })
    }

    fn rotate(&self, key: &SigningKey, others_until: Timestamp) -> Result<()> {
        let (row, until) = (KeyRow::from(key), to_micros(others_until));
        Ok(self.0.change(move |connection| {
            // A lock of their own would be one more for what comes once in months.
            lock_users(connection)?;
            rotate(connection, row, until)
        })?)
    }

    fn rotate_after(
        &self,
        last: Option<&str>,
        key: &SigningKey,
        others_until: Timestamp,
    ) -> Result<Inserted> {
        let (row, until) = (KeyRow::from(key), to_micros(others_until));
        let last = last.map(str::to_owned);
        inserted(self.0.change(move |connection| {
            lock_users(connection)?;
            let signs = signing_keys::table.filter(signing_keys::good_until.is_null());
            let signs = signs.select(signing_keys::id).get_result::<String>(connection);
            if signs.optional()? != last {
                return Err(Fault::Taken);
            }
            rotate(connection, row, until)
        }))
    }
}

/// Stores a key that signs, in the place of the others.
fn rotate(connection: &mut Connection, row: KeyRow, others_until: i64) -> Result<(), Fault> {
    let good_until = signing_keys::good_until;
    let longer = good_until.gt(others_until).or(good_until.is_null());
    let others = diesel::update(signing_keys::table.filter(longer));
    others.set(good_until.eq(others_until)).execute(connection)?;
    let over = signing_keys::table.filter(good_until.le(row.made_at));
    diesel::delete(over).execute(connection)?;
    diesel::insert_into(signing_keys::table).values(row).execute(connection)?;
    Ok(())
}
