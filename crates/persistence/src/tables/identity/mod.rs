//! Users, their tokens and their failed logins, and signing keys, in the store.

mod failures;
mod keys;
mod row;
mod tokens;
mod users;

use super::{backend, convert};
pub(crate) use failures::LoginFailureTable;
pub(crate) use keys::SigningKeyTable;
pub(crate) use tokens::TokenTable;
pub(crate) use users::UserTable;
