//! Bringing a store's schema up to date.

use actiond_core::{Error, Result};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use super::connection::Connection;
use super::errors::Fault;

pub(crate) const MIGRATIONS: EmbeddedMigrations = embed_migrations!("migrations/sqlite");

/// How far a store's schema is.
pub(crate) struct SchemaState {
    /// The migrations that this program has and the store lacks, in order.
    pub(crate) pending: Vec<String>,
    /// The latest that the store has and this program does not know: a newer program wrote it.
    unknown: Option<String>,
}

impl SchemaState {
    pub(crate) fn read(connection: &mut Connection) -> Result<Self, Fault> {
        let applied: Vec<String> =
            connection.applied_migrations().map_err(fault)?.iter().map(|v| v.to_string()).collect();
        let migrations = diesel::migration::MigrationSource::<Sqlite>::migrations(&MIGRATIONS);
        let known: Vec<String> =
            migrations.map_err(fault)?.iter().map(|m| m.name().version().to_string()).collect();
        let pending = known.iter().filter(|v| !applied.contains(v)).cloned().collect();
        let unknown = applied.into_iter().filter(|v| !known.contains(v)).max();
        Ok(Self { pending, unknown })
    }

    /// # Errors
    /// [`Error::Conflict`] for a store that a newer program wrote.
    pub(crate) fn check_known(&self) -> Result<()> {
        match &self.unknown {
            None => Ok(()),
            Some(newest) => Err(Error::conflict(format!(
                "the store's schema is newer ({newest}) than this program: use the program that \
                 wrote it, or restore a backup from before the upgrade"
            ))),
        }
    }
}

/// Applies what is pending. It runs inside the writer's transaction: other processes wait, and a
/// migration that fails leaves the store as it was.
pub(crate) fn apply(connection: &mut Connection) -> Result<(), Fault> {
    connection.run_pending_migrations(MIGRATIONS).map(drop).map_err(fault)
}

fn fault(error: Box<dyn std::error::Error + Send + Sync>) -> Fault {
    match error.downcast::<diesel::result::Error>() {
        Ok(driver) => (*driver).into(),
        Err(other) => Fault::Internal(anyhow::anyhow!(other)),
    }
}

#[cfg(test)]
mod tests {
    use diesel::Connection as _;
    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::Connection;
    use super::*;
    use crate::schema;

    fn connect() -> Connection {
        Connection::establish(":memory:").unwrap()
    }

    /// The schema as SQLite keeps it, but for what it and the migrations keep for themselves.
    fn shape(connection: &mut Connection) -> Vec<String> {
        let everything = diesel::dsl::sql::<Text>(
            "SELECT coalesce(sql, name) FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' \
             AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name",
        );
        everything.load(connection).unwrap()
    }

    #[test]
    fn goes_up_and_down_and_up() {
        let mut connection = connect();
        apply(&mut connection).unwrap();
        let first = shape(&mut connection);
        assert!(first.len() > 10, "{first:?}");
        connection.revert_all_migrations(MIGRATIONS).unwrap();
        assert_eq!(shape(&mut connection), [""; 0]);
        apply(&mut connection).unwrap();
        assert_eq!(shape(&mut connection), first);
    }

    /// Selects every column that the program declares, by name, and compares how many there are.
    #[test]
    fn the_tables_are_as_declared() {
        let mut connection = connect();
        apply(&mut connection).unwrap();
        macro_rules! check {
            ($($table:ident),*) => {$(
                let declared = schema::$table::table.select(schema::$table::all_columns);
                let names = format!("{}", diesel::debug_query::<Sqlite, _>(&declared));
                declared.execute(&mut connection).expect(stringify!($table));
                let made = diesel::dsl::sql::<diesel::sql_types::BigInt>(concat!(
                    "SELECT count(*) FROM pragma_table_info('", stringify!($table), "')"
                ));
                let made: i64 = made.get_result(&mut connection).unwrap();
                let declared = names.matches("`, `").count() as i64 + 1;
                assert_eq!(declared, made, "{names}");
            )*};
        }
        check!(cluster_actions, cluster_exclusions, users, user_grants, tokens);
        check!(project_actions, project_action_markers, project_action_counts);
        check!(project_search_recent);
        let rowid = schema::project_search::table.select(schema::project_search::all_columns);
        rowid.execute(&mut connection).unwrap();
    }
}
