//! Bringing a store's schema up to date.

use diesel::migration::MigrationSource;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _};

use super::backend::{Connection, Fault};
use crate::schema_state::SchemaState;

type Driver = <Connection as diesel::Connection>::Backend;

// What diesel calls the table of what was applied.
diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
        run_on -> Timestamp,
    }
}
use __diesel_schema_migrations as applied;

/// Compares a store with `migrations`; it may have none of its tables.
pub(crate) fn state(
    connection: &mut Connection,
    migrations: &EmbeddedMigrations,
    is_new: bool,
) -> Result<SchemaState, Fault> {
    let versions = applied::table.select(applied::version);
    let has = if is_new { vec![] } else { versions.load(connection)? };
    let known = MigrationSource::<Driver>::migrations(migrations).map_err(fault)?;
    Ok(SchemaState::of(has, known.iter().map(|m| m.name().version().to_string()).collect()))
}

/// Applies what is pending; the caller sees to it that nobody else does.
pub(crate) fn apply(
    connection: &mut Connection,
    migrations: EmbeddedMigrations,
) -> Result<(), Fault> {
    connection.run_pending_migrations(migrations).map(drop).map_err(fault)
}

fn fault(error: Box<dyn std::error::Error + Send + Sync>) -> Fault {
    match error.downcast::<diesel::result::Error>() {
        Ok(driver) => (*driver).into(),
        Err(other) => Fault::Internal(anyhow::anyhow!(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::backend::testing::{MIGRATIONS, Scratch, apply, columns, shape};
    use super::*;
    use crate::schema;

    #[test]
    fn goes_up_and_down_and_up() {
        let scratch = Scratch::new();
        let mut connection = scratch.connect();
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
        let scratch = Scratch::new();
        let mut connection = scratch.connect();
        apply(&mut connection).unwrap();
        macro_rules! check {
            ($($table:ident),*) => {$(
                let declared = schema::$table::table.select(schema::$table::all_columns);
                let names = format!("{}", diesel::debug_query::<Driver, _>(&declared));
                declared.execute(&mut connection).expect(stringify!($table));
                let declared = names.matches(".").count() as i64;
                assert_eq!(columns(&mut connection, stringify!($table)), declared, "{names}");
            )*};
        }
        check!(cluster_actions, cluster_exclusions, users, user_grants, tokens);
        check!(project_actions, project_action_markers, project_action_counts, receipts);
    }
}
