//! The ports of [`actiond_core`] over diesel, on SQLite.
//!
//! [`Store`] is the entry: it opens a file and hands out the ports. Reads go through a small pool;
//! every write goes through one thread, which commits together what waits together and answers
//! when it is on the disk. [`copy_store`] makes a consistent copy of a store that is in use.
//!
//! What another database would do differently is in few places: the settings of connections, URLs,
//! the texts of errors, the writer, the search index, the migrations. All other queries are common.

mod options;
mod schema;
mod sqlite;
mod store;

pub use options::StoreOptions;
pub use sqlite::copy::{Copied, Pacing, copy_store};
pub use sqlite::file::path_of;
pub use store::Store;
