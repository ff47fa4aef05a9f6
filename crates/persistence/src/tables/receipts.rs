//! What requests under a key have written.

use actiond_core::once::{Digest, Receipt};
use diesel::prelude::*;

use super::backend::{Connection, Fault};
use super::convert::{from_column, from_micros, to_column, to_micros};
use crate::schema::receipts;

/// How many old receipts go whenever one comes: more than one, so that they do not pile up.
const SWEPT: i64 = 4;

/// A receipt that is to be kept.
#[derive(Insertable)]
#[diesel(table_name = receipts)]
pub(crate) struct NewReceipt {
    name: Vec<u8>,
    said: Vec<u8>,
    subject: String,
    version: i64,
    kept_at: i64,
    /// Since when receipts count, when this one is kept.
    #[diesel(skip_insertion)]
    young_since: i64,
}

impl TryFrom<&Receipt> for NewReceipt {
    type Error = Fault;

    fn try_from(receipt: &Receipt) -> Result<Self, Fault> {
        Ok(Self {
            name: receipt.name.into(),
            said: receipt.said.into(),
            subject: receipt.subject.clone(),
            version: to_column(receipt.version)?,
            kept_at: to_micros(receipt.kept_at),
            young_since: to_micros(receipt.expired()),
        })
    }
}

/// Keeps a receipt in the transaction of what it is for. The unique name decides between two of the
/// same request: [`Fault::Taken`], and the whole is not to be done.
pub(crate) fn keep(connection: &mut Connection, row: &NewReceipt) -> Result<(), Fault> {
    let old = receipts::table.filter(receipts::kept_at.le(row.young_since));
    let mut names: Vec<Vec<u8>> =
        old.order(receipts::kept_at).limit(SWEPT).select(receipts::name).load(connection)?;
    names.push(row.name.clone());
    for name in names {
        diesel::delete(old.filter(receipts::name.eq(name))).execute(connection)?;
    }
    diesel::insert_into(receipts::table).values(row).execute(connection)?;
    Ok(())
}

/// The receipt of this name.
pub(crate) fn find(connection: &mut Connection, name: &Digest) -> Result<Option<Receipt>, Fault> {
    type Row = (Vec<u8>, String, i64, i64);
    let columns = (receipts::said, receipts::subject, receipts::version, receipts::kept_at);
    let row = receipts::table.find(&name[..]).select(columns);
    let Some((said, subject, version, kept_at)) = row.get_result::<Row>(connection).optional()?
    else {
        return Ok(None);
    };
    let said = said.try_into().map_err(|_| Fault::corrupt("a receipt without a digest"))?;
    let (version, kept_at) = (from_column(version)?, from_micros(kept_at)?);
    Ok(Some(Receipt { name: *name, said, subject, version, kept_at }))
}
