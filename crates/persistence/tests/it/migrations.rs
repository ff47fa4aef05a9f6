//! The schema: made, upgraded, and never newer than the program.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::cluster::{ActionKey, ActionName, ActionStatus};
use actiond_core::document::{Page, Search};
use actiond_core::identity::TokenDigest;
use actiond_core::memory::ManualClock;
use actiond_core::ports::PageAnswer;
use actiond_core::project::ActionId;
use actiond_persistence::{Store, StoreOptions, StoreUrl};
use serde_json::json;

use crate::postgres::Postgres;
use crate::support::{Database, databases, has, insert, options, project, run};

fn open(url: &str) -> Store {
    Store::open(url, StoreOptions::new(Arc::new(ManualClock::default()))).unwrap()
}

databases! {
    fn a_new_store_lacks_everything_and_then_nothing(database) {
        let store = open(&database.new_url());
        let state = store.schema().unwrap();
        assert!(state.applied.is_empty() && !state.pending.is_empty(), "{state:?}");
        assert_eq!(store.schema().unwrap(), state, "to look changes nothing");
        assert_eq!(store.migrate().unwrap(), state.pending);
        assert_eq!(store.migrate().unwrap(), [""; 0]);
        assert_eq!(store.schema().unwrap().applied, state.pending);
        assert_eq!(store.pending_migrations().unwrap(), [""; 0]);
    }

    fn stores_are_migrated_by_several_at_once(database) {
        let url = database.new_url();
        let stores: Vec<_> = (0..4).map(|_| open(&url)).collect();
        std::thread::scope(|scope| {
            for store in &stores {
                scope.spawn(|| store.migrate().unwrap());
            }
        });
        insert(&*stores[0].project_actions(), "a").unwrap();
        assert!(has(&*stores[3].project_actions(), "a"));
    }

    fn a_newer_schema_is_refused(database) {
        let url = database.empty();
        run(&url, "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')");
        let store = Store::open(&url, options()).unwrap();
        assert_eq!(store.schema().unwrap().unknown, ["9999"]);
        let refused = store.migrate().unwrap_err();
        assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
        assert!(refused.to_string().contains("9999"), "{refused}");
        assert!(store.pending_migrations().is_err());
    }

    fn a_store_of_the_first_schema_is_upgraded_with_all_that_it_holds(database) {
        let store = open(&first(&database));
        let state = store.schema().unwrap();
        assert_eq!(state.applied, ["0001", "0002", "0003", "0004", "0005"]);
        assert!(!state.pending.is_empty());
        store.migrate().unwrap();
        holds_what_the_first_schema_held(&store);
        insert(&*store.project_actions(), "new").unwrap();
    }

    fn a_store_goes_down_to_the_first_schema_and_up_again_with_all_that_it_holds(database) {
        let url = first(&database);
        let store = open(&url);
        let later = store.migrate().unwrap();
        drop(store);
        for version in later.iter().rev() {
            run(&url, &down(&url, version));
            run(&url, &format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"));
        }
        let store = open(&url);
        assert_eq!(store.migrate().unwrap(), later);
        holds_what_the_first_schema_held(&store);
        insert(&*store.project_actions(), "new").unwrap();
    }
}

/// What takes a migration back.
fn down(url: &str, version: &str) -> String {
    let kind = if StoreUrl::parse(url).unwrap().file().is_some() { "sqlite" } else { "postgres" };
    let folder = format!("{}/migrations/{kind}", env!("CARGO_MANIFEST_DIR"));
    let mut all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let of_version =
        |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(version);
    fs::read_to_string(all.find(of_version).unwrap().join("down.sql")).unwrap()
}

/// The URL of a copy of a store that was made when there were five migrations.
///
/// It was made by a store of today and the `down.sql` of what came later: `VACUUM` for SQLite, and
/// `pg_dump --no-owner --no-privileges --inserts` for PostgreSQL, without comments and settings.
fn first(database: &Database) -> String {
    let fixture = |name: &str| format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let url = database.new_url();
    match StoreUrl::parse(&url).unwrap().file() {
        Some(file) => drop(fs::copy(fixture("first-sqlite.db"), file).unwrap()),
        None => {
            let mut psql = Postgres::shared().program("psql");
            psql.args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"])
                .args(["--username", "actiond", "--dbname", Postgres::name_of(&url)])
                .args(["--file", &fixture("first-postgres.sql")])
                .stdout(Stdio::null());
            assert!(psql.status().unwrap().success());
        }
    }
    url
}

fn holds_what_the_first_schema_held(store: &Store) {
    let user = store.users().find_by_name("ann").unwrap().unwrap();
    assert_eq!((user.cluster_roles.len(), user.grants.len()), (2, 1));
    assert_eq!((user.uid, user.email.as_deref()), (1, None));
    assert_eq!(user.password_issued_at, user.created_at);
    assert!(store.tokens().find(&TokenDigest::of("token")).unwrap().is_some());
    let find = |name| {
        let key = ActionKey::cluster(ActionName::parse(name).unwrap());
        store.cluster_actions().find(&key).unwrap().unwrap()
    };
    let (failed, queued, running) = (find("failed"), find("queued"), find("running"));
    assert_eq!(failed.failure.unwrap().message, "no\nroom");
    assert_eq!((queued.status, queued.max_attempts), (ActionStatus::Queued, 1));
    assert_eq!(running.lease.unwrap().length.as_secs(), 30, "the default of that time");
    assert_eq!(running.progress.percent(), 40.0);

    let actions = store.project_actions();
    let page = |after: Option<&str>| {
        let after = after.map(|id| ActionId::parse(id).unwrap());
        let PageAnswer::Documents(found) =
            actions.page(&project(), &Page { after, limit: 100, ..Page::default() }).unwrap()
        else {
            panic!()
        };
        found.len()
    };
    assert_eq!((page(None), page(Some("a50"))), (8, 5), "a50 was removed");
    for (search, number) in
        [(json!([{"_all": "nightly 12"}]), 1), (json!([{"action": "backup"}]), 8)]
    {
        let plan = Search::parse(&json!({"match": search})).unwrap().plan(&project());
        let PageAnswer::Documents(found) =
            actions.search(&project(), &plan, &Page::default()).unwrap()
        else {
            panic!()
        };
        assert_eq!(found.len(), number, "{search}");
    }
}
