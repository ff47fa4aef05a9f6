//! The ports of [`actiond_core`] over diesel, on SQLite and on PostgreSQL.
//!
//! [`Store`] is the entry: it opens a store and hands out the ports. [`copy_store`] makes a
//! consistent copy of a file that is in use.
//!
//! Most of it is common to the databases: `tables` has the ports and their queries, and is compiled
//! once for each database. What a database does in its own way is in `sqlite` and `postgres`, under
//! the same names: connections and their settings, how a write begins, what errors mean, how new
//! project actions are stored, the search index, the migrations.

mod options;
#[cfg(feature = "postgres")]
mod postgres;
mod schema;
mod schema_state;
mod sqlite;
mod store;
mod threes;
mod transfer;
mod url;

pub use options::StoreOptions;
pub use schema_state::SchemaState;
pub use sqlite::copy::{Copied, Pacing, copy_store};
pub use store::{Store, Watch};
pub use transfer::{Content, Phase, Progress, TableContent, copy_all};
pub use url::StoreUrl;
