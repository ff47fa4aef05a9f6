//! What the end-to-end tests stand on.

mod cluster;
mod crowd;
mod enterprise;
mod freezer;
mod http;
mod keystone;
mod postgres;
mod raw;
mod seed;
mod server;
mod store;
mod text;
mod wait;

pub use cluster::{gate, path_of, sh};
pub use crowd::Crowd;
pub use enterprise::Enterprise;
pub use freezer::FreezerApi;
pub use http::{Answer, Client};
pub use keystone::{KEYSTONE_PASSWORD, Keystone, KeystoneUser};
pub use postgres::Postgres;
pub use raw::{Connection, RawAnswer, exchange};
pub use seed::{chance, seed, times};
pub use server::{ADMIN_PASSWORD, Server, Setup, actiond};
pub use store::Store;
pub use text::TextServer;
pub use wait::{RaiseAtEnd, until, until_some};
