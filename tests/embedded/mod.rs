//! What is so only where the store is a file of the server's own. On PostgreSQL its own tools make
//! copies, several servers share a store (`several`), and the tests of the crate
//! `actiond-persistence` look at other schemas.

mod alone;
mod copies;
mod full_disk;
mod upgrade;

use crate::harness::{Server, Setup, Store};

fn server() -> Server {
    Server::start_on(Store::sqlite(), Setup::default())
}
