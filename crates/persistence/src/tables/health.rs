//! Whether the store answers.

use std::sync::Arc;

use actiond_core::Result;
use actiond_core::ports::StoreHealth;
use diesel::prelude::*;

use super::backend::{Database, check_writable};
use crate::schema::users;

pub(crate) struct Health(pub(crate) Arc<Database>);

impl StoreHealth for Health {
    fn ping(&self) -> Result<()> {
        self.0.read(|connection| {
            let any_user = users::table.select(users::id).limit(1);
            any_user.load::<String>(connection)?;
            check_writable(connection)
        })
    }
}
