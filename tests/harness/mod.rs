//! What the end-to-end tests stand on.

mod cluster;
mod freezer;
mod http;
mod keystone;
pub mod postgres;
mod raw;
mod seed;
mod server;
mod text;
mod wait;

pub use cluster::{gate, path_of, sh};
pub use freezer::FreezerApi;
pub use http::{Answer, Client};
pub use keystone::{KEYSTONE_PASSWORD, Keystone, KeystoneUser};
pub use raw::{Connection, RawAnswer, exchange};
pub use seed::{chance, seed};
pub use server::{ADMIN_PASSWORD, Server, Setup, actiond};
pub use text::TextServer;
pub use wait::{until, until_some};
