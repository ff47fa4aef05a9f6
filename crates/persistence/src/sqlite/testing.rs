//! Databases for the tests of this crate.

use diesel::Connection as _;
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Connection, migrate};

/// A database without tables, removed in the end.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn connect(&self) -> Connection {
        let file = self.0.path().join("scratch.db");
        let mut connection = Connection::establish(file.to_str().unwrap()).unwrap();
        for setting in ["busy_timeout = 5000", "journal_mode = WAL", "busy_timeout = 0"] {
            connection.batch_execute(&format!("PRAGMA {setting}")).unwrap();
        }
        connection
    }
}

pub(crate) use super::migrate::{MIGRATIONS, apply};

/// The schema as SQLite keeps it, but for what it and the migrations keep for themselves.
pub(crate) fn shape(connection: &mut Connection) -> Vec<String> {
    let everything = diesel::dsl::sql::<Text>(
        "SELECT coalesce(sql, name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' \
         AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
    );
    everything.load(connection).unwrap()
}

/// How many columns a table has.
pub(crate) fn columns(connection: &mut Connection, table: &str) -> i64 {
    let count = format!("SELECT count(*) FROM pragma_table_info('{table}')");
    diesel::dsl::sql::<BigInt>(&count).get_result(connection).unwrap()
}

#[test]
fn the_tables_of_sqlite_alone_are_as_declared() {
    use super::schema::project_search as index;
    use super::schema::project_search_recent as recent;
    use super::schema::project_search_texts as texts;
    let scratch = Scratch::new();
    let mut connection = scratch.connect();
    migrate::apply(&mut connection).unwrap();
    index::table.select(index::all_columns).execute(&mut connection).unwrap();
    texts::table.select(texts::all_columns).execute(&mut connection).unwrap();
    recent::table.select(recent::all_columns).execute(&mut connection).unwrap();
    assert_eq!(columns(&mut connection, "project_search_recent"), 7);
}
