//! Reads the actions of a running freezer-api through its own API.
//!
//! [`Credentials`] are those of an admin, from the variables that OpenStack's clients read; a
//! [`Session`] is logged in with them at Keystone; [`Freezer`] reads a project's actions, and tells
//! those that freezer-api itself cannot show from those that it can. [`in_order`] reads ahead.
//!
//! Everything here blocks.

mod ahead;
mod credentials;
mod error;
mod freezer;
mod http;
mod projects;
mod session;
mod tls;

pub use ahead::in_order;
pub use credentials::Credentials;
pub use error::{Error, Result};
pub use freezer::{Freezer, Row};
pub use projects::Known;
pub use session::Session;
