//! Where the servers of a test keep their things: on which database the suite runs, and all that a
//! test has to know of the difference.

use std::path::PathBuf;
use std::sync::Arc;
use std::{env, fs};

use serde_json::Value;

use super::{Postgres, Server};

/// How soon another server takes what one has lost, in tests on PostgreSQL: soon, and yet long enough
/// for a machine that is busy.
const LEASE: &str = "lease = \"3s\"";

/// An empty store, which goes when nobody uses it any more.
#[derive(Clone)]
pub struct Store(Option<Arc<Database>>);

/// A database on PostgreSQL.
struct Database {
    url: String,
    /// Whether the test has a server of its own.
    is_on_own_server: bool,
}

impl Store {
    /// One of the kind that the suite runs on: `ACTIOND_TEST_STORE` is `sqlite` (also when it is not
    /// set) or `postgres`.
    pub fn of_the_suite() -> Self {
        match env::var("ACTIOND_TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => Self::sqlite(),
            Ok("postgres") => Self::postgres(),
            Ok(other) => panic!("ACTIOND_TEST_STORE is {other:?}; allowed is sqlite or postgres"),
        }
    }

    /// A file in the server's folder.
    pub fn sqlite() -> Self {
        Self(None)
    }

    /// A database on the PostgreSQL that all tests share.
    pub fn postgres() -> Self {
        let url = Postgres::shared().database();
        Self(Some(Arc::new(Database { url, is_on_own_server: false })))
    }

    /// A database on a PostgreSQL of the test's own.
    pub fn on(server: &Postgres) -> Self {
        Self::at(&server.database())
    }

    /// A database on one of the test's own, by its URL.
    pub fn at(url: &str) -> Self {
        Self(Some(Arc::new(Database { url: url.to_owned(), is_on_own_server: true })))
    }

    /// Its URL; none for the built-in one.
    pub fn url(&self) -> Option<&str> {
        self.0.as_ref().map(|database| &*database.url)
    }

    /// The settings of a server on it: these, and with several servers to a store a lease that is no
    /// longer than a test wants to wait.
    pub fn settings(&self, config: &str) -> String {
        if self.0.is_none() || config.contains("\nlease = ") {
            return config.to_owned();
        }
        match config.split_once("[runner]\n") {
            Some((before, after)) => format!("{before}[runner]\n{LEASE}\n{after}"),
            None => format!("[runner]\n{LEASE}\n{config}"),
        }
    }

    /// Why an action is aborted whose server was killed.
    pub fn reason_of_loss(&self) -> &'static str {
        match self.0 {
            None => "the server stopped while the action was running",
            Some(_) => "the lease of the server that ran the action has run out",
        }
    }

    /// What the program calls it.
    pub fn shown(&self) -> &str {
        self.url().unwrap_or("sqlite:data/actiond.db")
    }

    /// What SQL prints that the superuser of the shared PostgreSQL runs on it.
    pub fn sql(&self, statements: &str) -> String {
        let url = self.url().expect("a database on PostgreSQL");
        Postgres::shared().sql(Postgres::name_of(url), statements)
    }
}

/// Looking into a store, behind the program's back.
impl Server {
    /// The rows that a query finds, each an object of texts.
    pub fn rows(&self, query: &str) -> Vec<Value> {
        if self.store().url().is_some() {
            let rows = format!("SELECT coalesce(json_agg(row), '[]') FROM ({query}) AS row");
            return serde_json::from_str(&self.store().sql(&rows)).expect("rows");
        }
        let store = rusqlite::Connection::open(self.file()).expect("a store");
        let mut query = store.prepare(query).expect("a query");
        let names: Vec<_> = query.column_names().into_iter().map(str::to_owned).collect();
        let row = |row: &rusqlite::Row<'_>| {
            let cell = |(number, name): (usize, &String)| {
                Ok((name.clone(), Value::String(row.get(number)?)))
            };
            names.iter().enumerate().map(cell).collect::<rusqlite::Result<_>>().map(Value::Object)
        };
        let rows = query.query_map([], row).expect("rows");
        rows.collect::<Result<_, _>>().expect("texts")
    }

    /// All that the store holds.
    pub fn dump(&self) -> Vec<u8> {
        let Some(url) = self.store().url() else {
            // What is not in the file yet is in its log.
            let log = fs::read(self.file().with_extension("db-wal")).unwrap_or_default();
            return [fs::read(self.file()).expect("a store"), log].concat();
        };
        let mut dump = Postgres::shared().program("pg_dump");
        dump.args(["--username", "postgres", Postgres::name_of(url)])
            .output()
            .expect("it runs")
            .stdout
    }

    fn file(&self) -> PathBuf {
        self.folder().join("data/actiond.db")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if !self.is_on_own_server {
            let drop = format!("DROP DATABASE {} WITH (FORCE)", Postgres::name_of(&self.url));
            let mut psql = Postgres::shared().program("psql");
            // It would go with the server anyway, but a folder of hundreds is large.
            let _ = psql.args(["-qU", "postgres", "-c", &drop, "postgres"]).status();
        }
    }
}
