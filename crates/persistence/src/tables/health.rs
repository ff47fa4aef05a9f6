//! Whether the store can be used.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::sync::Arc;

use actiond_core::Result;
use actiond_core::ports::StoreHealth;
use diesel::prelude::*;

use super::backend::{Connection, Database, Fault};
use crate::schema::{receipts, users};

/// How much room there is to be on the disk, in bytes: for a body of 1 MiB and what belongs to it.
pub(crate) const ROOM: usize = 9 * 128 * 1024;

pub(crate) struct Health {
    database: Arc<Database>,
    /// What this server writes. It is shorter than the name of any receipt, and no other server's, so
    /// that nobody waits for another.
    name: [u8; 8],
}

impl Health {
    pub(crate) fn of(database: &Arc<Database>) -> Self {
        let name = RandomState::new().build_hasher().finish().to_be_bytes();
        Self { database: database.clone(), name }
    }
}

impl StoreHealth for Health {
    fn ping(&self) -> Result<()> {
        self.database.read(|connection| {
            let any_user = users::table.select(users::id).limit(1);
            Ok(any_user.load::<String>(connection).map(drop)?)
        })
    }

    fn try_write(&self) -> Result<()> {
        // First, since it names what a write that fails for it may not.
        self.database.check_room()?;
        let name = self.name.to_vec();
        Ok(self.database.change(move |connection| write(connection, &name))?)
    }
}

/// Writes what nobody sees: it is gone with the same commit.
fn write(connection: &mut Connection, name: &[u8]) -> Result<(), Fault> {
    let row = (
        receipts::name.eq(name),
        receipts::said.eq(name),
        receipts::subject.eq(""),
        receipts::version.eq(0),
        receipts::kept_at.eq(0),
    );
    diesel::insert_into(receipts::table).values(row).execute(connection)?;
    diesel::delete(receipts::table.find(name)).execute(connection)?;
    Ok(())
}
