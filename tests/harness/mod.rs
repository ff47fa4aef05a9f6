//! What the end-to-end tests stand on.

mod cluster;
mod http;
mod raw;
mod server;
mod wait;

pub use cluster::{gate, path_of, sh};
pub use http::{Answer, Client};
pub use raw::{Connection, exchange};
pub use server::{ADMIN_PASSWORD, Server, Setup, actiond};
pub use wait::{until, until_some};
