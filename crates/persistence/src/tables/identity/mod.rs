//! Users and tokens in the store.

mod row;
mod tokens;
mod users;

use super::{backend, convert};
pub(crate) use tokens::TokenTable;
pub(crate) use users::UserTable;
