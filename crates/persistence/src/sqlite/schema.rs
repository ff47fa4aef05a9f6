//! The tables that only SQLite has.

pub(super) use crate::schema::project_actions;

diesel::table! {
    project_search (rowid) {
        rowid -> BigInt,
        tokens -> Text,
        /// The column that FTS5 gives every table, to match it as a whole.
        #[sql_name = "project_search"]
        whole -> Text,
    }
}

diesel::table! {
    project_search_texts (rowid) {
        rowid -> BigInt,
        tokens -> Text,
    }
}

diesel::table! {
    project_search_recent (place) {
        place -> BigInt,
        project -> BigInt,
        seq -> BigInt,
        terms -> Binary,
        searchable -> Text,
        replaces -> Bool,
        weight -> BigInt,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    project_actions,
    project_search,
    project_search_recent
);
