//! Databases for the tests of this crate.

use diesel::Connection as _;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

#[path = "../../../../tests/harness/postgres.rs"]
mod server;

pub(crate) use self::server::Postgres;
pub(crate) use super::migrate::MIGRATIONS;
use super::tables::migrate;
use super::{Connection, Fault};

/// A database without tables.
pub(crate) struct Scratch(String);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(Postgres::shared().database())
    }

    pub(crate) fn connect(&self) -> Connection {
        Connection::establish(&self.0).unwrap()
    }
}

pub(crate) fn apply(connection: &mut Connection) -> Result<(), Fault> {
    migrate::apply(connection, MIGRATIONS)
}

/// Every column, index, trigger and function, but for those that the migrations keep for themselves.
pub(crate) fn shape(connection: &mut Connection) -> Vec<String> {
    let everything = diesel::dsl::sql::<Text>(
        "SELECT * FROM (
            SELECT format('%s.%s %s %s', c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
                a.attnotnull)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
            WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND c.relkind <> 'i'
            UNION ALL SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
            UNION ALL SELECT proname || prosrc FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace
        ) AS everything (line) WHERE line NOT LIKE '%\\_\\_diesel%' ORDER BY line",
    );
    everything.load(connection).unwrap()
}

/// How many columns a table has.
pub(crate) fn columns(connection: &mut Connection, table: &str) -> i64 {
    let count = format!(
        "SELECT count(*) FROM pg_attribute WHERE attrelid = '{table}'::regclass \
         AND attnum > 0 AND NOT attisdropped"
    );
    diesel::dsl::sql::<BigInt>(&count).get_result(connection).unwrap()
}

#[test]
fn the_search_index_is_as_declared() {
    use super::search_index::chunks::project_search_chunks as chunks;
    use super::search_index::project_search as index;
    let scratch = Scratch::new();
    let mut connection = scratch.connect();
    apply(&mut connection).unwrap();
    index::table.select(index::all_columns).execute(&mut connection).unwrap();
    chunks::table.select(chunks::all_columns).execute(&mut connection).unwrap();
    assert_eq!(columns(&mut connection, "project_search"), 4);
    assert_eq!(columns(&mut connection, "project_search_chunks"), 4);
}

/// Of several databases, each has the same migrations.
#[test]
fn every_database_has_the_same_migrations() {
    let names = |folder: &str| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/");
        let mut names: Vec<_> = std::fs::read_dir(format!("{root}{folder}"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names("postgres"), names("sqlite"));
}
