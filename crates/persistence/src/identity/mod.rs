//! Users and tokens in the store.

mod row;
mod tokens;
mod users;

pub(crate) use tokens::TokenTable;
pub(crate) use users::UserTable;
