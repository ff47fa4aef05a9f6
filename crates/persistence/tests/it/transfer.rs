//! Moving from one database to another.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::Error;
use actiond_core::access::ClusterRole;
use actiond_core::cluster::{
    ActionKey, ActionName, Catalog, ClusterAction, Lease, Outcome, TaskId,
};
use actiond_core::document::{Page, Search};
use actiond_core::identity::{
    AccountKey, LockoutPolicy, Project, ProjectGrant, SigningKey, TokenDigest, TokenRecord, User,
};
use actiond_core::memory::ManualClock;
use actiond_core::once::Receipt;
use actiond_core::ports::{
    Clock as _, Enqueued, Inserted, PageAnswer, ProjectActionRepository, Swapped,
};
use actiond_core::project::ActionId;
use actiond_persistence::{Content, Phase, Store, StoreOptions, copy_all};
use serde_json::{Map, json};
use uuid::Uuid;

use crate::support::{Database, databases, has, insert, insert_named, options, project, run};

fn open(url: &str) -> Store {
    Store::open(url, StoreOptions::new(Arc::new(ManualClock::default()))).unwrap()
}

/// The other kind of database.
fn other(database: &Database) -> Database {
    match database {
        Database::Sqlite(..) => Database::Postgres,
        Database::Postgres => Database::sqlite(),
    }
}

fn copy(from: &Store, to: &Store) -> actiond_core::Result<Content> {
    copy_all(from, to, &mut |_| {})
}

fn id(name: &str) -> ActionId {
    ActionId::parse(name).unwrap()
}

/// Something of everything that a store keeps.
fn fill(store: &Store) {
    let now = ManualClock::default().now();
    let user = User {
        id: "u1".into(),
        name: "ann".into(),
        password_hash: "$argon2id$x".into(),
        cluster_roles: vec![ClusterRole::Admin],
        grants: vec![ProjectGrant { project: project(), role: "member".into() }],
        created_at: now,
        uid: 0,
        email: Some("ann@a.example".into()),
        password_issued_at: now,
    };
    assert_eq!(store.users().insert(&user).unwrap(), Inserted::Stored);
    let named = Project { id: project(), name: "é".into() };
    assert_eq!(store.users().name_project(&named).unwrap(), Inserted::Stored);
    let policy = LockoutPolicy::default();
    for name in ["ann", "bob", "bob"] {
        store.login_failures().note(&AccountKey::of(name), now, &policy).unwrap();
    }
    for id in ["k1", "k2"] {
        let key = SigningKey { id: id.into(), secret: vec![0, 1], made_at: now, good_until: None };
        store.signing_keys().rotate(&key, now + Duration::from_secs(60)).unwrap();
    }
    for number in 0..300 {
        let token = TokenRecord {
            digest: TokenDigest::of(&format!("token {number}")),
            user_id: "u1".into(),
            project: (number % 2 == 0).then(project),
            chain: (number % 3 == 1).then(|| TokenDigest::of("token 0")),
            issued_at: now,
            expires_at: now + Duration::from_secs(60 + number),
        };
        store.tokens().insert(&token).unwrap();
    }
    fill_cluster(store);
    let actions = store.project_actions();
    for number in 0..300 {
        insert_named(&*actions, &format!("a{number:03}"), &format!("nightly {number}")).unwrap();
    }
    insert_named(&*actions, "huge", &"huge text ".repeat(10_000)).unwrap();
    for number in (0..300).filter(|number| number % 10 == 3) {
        let removed = actions.remove(&project(), &id(&format!("a{number:03}")), None);
        assert_eq!(removed.unwrap(), Swapped::Updated);
    }
    // The last place was given, and nobody has it.
    actions.remove(&project(), &id("huge"), None).unwrap();
}

/// A run that has ended, and one that goes on and holds what is its own.
fn fill_cluster(store: &Store) {
    let now = ManualClock::default().now();
    let actions = store.cluster_actions();
    for (number, name) in ["ended", "running"].into_iter().enumerate() {
        let key = ActionKey::cluster(ActionName::parse(name).unwrap());
        let exclusions = Catalog::default().exclusions(&key);
        let task = TaskId(Uuid::from_u64_pair(1, number as u64));
        let parameters = json!({"é": 123_456_789_012_345_678_u64}).as_object().cloned().unwrap();
        let mut action = ClusterAction::queued(task, key, parameters, "ann".into(), now);
        assert_eq!(actions.insert(&action, &exclusions).unwrap(), Inserted::Stored);
        let length = Duration::from_secs(30);
        action.claim(Lease { owner: "r".into(), length, until: now + length }, now);
        action.start(now);
        if name == "ended" {
            action.finish(Outcome::Aborted("on purpose".into()), now);
        }
        assert_eq!(actions.update(&action).unwrap(), Swapped::Updated);
    }
    let receipt = Receipt {
        name: [7; 32],
        said: [9; 32],
        subject: Uuid::from_u64_pair(1, 2).to_string(),
        version: 0,
        kept_at: now,
    };
    let key = ActionKey::cluster(ActionName::parse("running").unwrap());
    let task = TaskId(Uuid::from_u64_pair(1, 2));
    let waits = ClusterAction::queued(task, key, Map::new(), "ann".into(), now);
    assert_eq!(actions.enqueue_once(&waits, 8, &receipt).unwrap(), Enqueued::Waits);
}

fn page(store: &dyn ProjectActionRepository, after: &str) -> Vec<String> {
    let page = Page { limit: 5, after: Some(id(after)), ..Page::default() };
    let PageAnswer::Documents(found) = store.page(&project(), &page).unwrap() else { panic!() };
    found.into_iter().map(|document| document.text).collect()
}

databases! {
    fn everything_goes_to_another_database_and_back(database) {
        let other = other(&database);
        let (first, there, back) =
            (open(&database.empty()), open(&other.new_url()), open(&database.new_url()));
        fill(&first);
        let mut told = vec![];
        let content = copy_all(&first, &there, &mut |progress| told.push(progress)).unwrap();
        let rows: Vec<_> = content.tables.iter().map(|table| (table.name, table.rows)).collect();
        assert_eq!(rows, [
            ("cluster_actions", 3), ("cluster_exclusions", 1), ("users", 1), ("user_grants", 1),
            ("project_names", 1), ("user_counter", 1), ("login_failures", 2), ("signing_keys", 2),
            ("tokens", 300), ("project_actions", 270), ("project_action_markers", 31),
            ("receipts", 1),
        ]);
        assert_eq!(content.last_place, 301);
        for phase in [Phase::Copying, Phase::Checking] {
            let of_phase: Vec<_> = told.iter().filter(|told| told.phase == phase).collect();
            assert!(of_phase.len() > 5 && of_phase.iter().all(|told| told.all == content.rows()));
            assert!(of_phase.is_sorted_by_key(|told| told.done));
            assert_eq!(of_phase.last().unwrap().done, content.rows());
        }
        assert_eq!(copy(&there, &back).unwrap(), content);
        for store in [&there, &back] {
            assert_eq!(store.cluster_actions().list().unwrap(), first.cluster_actions().list().unwrap());
            let recall = |store: &Store| store.cluster_actions().recall(&[7; 32]).unwrap();
            assert!(recall(store).is_some() && recall(store) == recall(&first));
            assert_eq!(store.users().list().unwrap(), first.users().list().unwrap());
            works(store);
        }
    }

    fn a_target_that_is_not_empty_is_left_alone(database) {
        let (from, to) = (open(&database.empty()), open(&other(&database).empty()));
        insert(&*from.project_actions(), "a").unwrap();
        insert(&*to.project_actions(), "b").unwrap();
        let refused = copy(&from, &to).unwrap_err();
        assert!(matches!(refused, Error::Conflict { .. }), "{refused:?}");
        assert!(refused.to_string().contains("not empty"), "{refused}");
        let kept = to.project_actions();
        assert!(has(&*kept, "b") && !has(&*kept, "a"));
    }

    fn a_copy_of_one_moment_is_made_while_others_write(database) {
        let (from, to) = (open(&database.empty()), open(&other(&database).empty()));
        let actions = from.project_actions();
        (0..400).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
        let mut more = 400..;
        let content = copy_all(&from, &to, &mut |_| {
            insert(&*actions, &format!("a{}", more.next().unwrap())).unwrap();
        });
        assert_eq!(content.unwrap().rows(), 400);
        assert!(has(&*to.project_actions(), "a399") && !has(&*to.project_actions(), "a400"));
    }

    fn a_copy_that_fails_leaves_nothing(database) {
        let (from, to) = (open(&database.empty()), open(&other(&database).empty()));
        let actions = from.project_actions();
        (0..400).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
        let broken = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            copy_all(&from, &to, &mut |progress| assert!(progress.done < 200, "on purpose"))
        }));
        assert!(broken.is_err());
        assert!(!has(&*to.project_actions(), "a0"));
        assert_eq!(copy(&from, &to).unwrap().rows(), 400);
    }

    fn a_target_that_holds_something_else_in_the_end_is_told(database) {
        let other = other(&database);
        let to = other.empty();
        let spoil = match other {
            Database::Sqlite(..) => SPOIL_SQLITE,
            Database::Postgres => SPOIL_POSTGRES,
        };
        run(&to, spoil);
        let from = open(&database.empty());
        fill(&from);
        let differs = format!("{:?}", copy(&from, &open(&to)).unwrap_err());
        assert!(differs.contains("the copy differs from the source"), "{differs}");
    }

    fn an_old_target_is_refused_and_not_migrated(database) {
        let other = other(&database);
        let url = other.empty();
        run(&url, "DELETE FROM __diesel_schema_migrations WHERE version >= '0011'");
        let to = open(&url);
        let pending = to.pending_migrations().unwrap();
        let refused = copy(&open(&database.empty()), &to).unwrap_err();
        assert!(refused.to_string().contains("older schema"), "{refused}");
        assert_eq!(to.pending_migrations().unwrap(), pending);
    }

    fn an_old_source_is_refused(database) {
        let from = Store::open(&database.new_url(), options()).unwrap();
        let refused = copy(&from, &open(&other(&database).empty())).unwrap_err();
        assert!(refused.to_string().contains("actiond migrate"), "{refused}");
    }
}

/// What makes a name another one.
const SPOIL_SQLITE: &str = "CREATE TRIGGER spoil AFTER INSERT ON users BEGIN
    UPDATE users SET name = 'other' WHERE id = NEW.id; END";
const SPOIL_POSTGRES: &str = "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.name = 'other'; RETURN NEW; END $$;
    CREATE TRIGGER spoil BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION spoil()";

/// What was copied is a store like any other.
fn works(store: &Store) {
    let actions = store.project_actions();
    assert_eq!(page(&*actions, "a003").len(), 5, "a removed id is a marker still");
    let plan = Search::parse(&json!({"match": [{"_all": "nightly 29"}]})).unwrap().plan(&project());
    let all = Page { limit: 100, ..Page::default() };
    let PageAnswer::Documents(found) = actions.search(&project(), &plan, &all).unwrap() else {
        panic!()
    };
    assert_eq!(found.len(), 10, "29 and 290 to 299, but for 293");
    insert(&*actions, "new").unwrap();
    assert!(page(&*actions, "a299")[0].contains("\"new\""));
    insert(&*actions, "a003").unwrap();
    assert!(page(&*actions, "a002")[0].contains("\"a003\""), "it has its place again");
    let token = store.tokens().find(&TokenDigest::of("token 7")).unwrap();
    assert_eq!(token.unwrap().user_id, "u1");
    let key = ActionKey::cluster(ActionName::parse("running").unwrap());
    let again = ClusterAction::queued(
        TaskId(Uuid::from_u64_pair(2, 2)),
        key.clone(),
        Default::default(),
        "ann".into(),
        ManualClock::default().now(),
    );
    let exclusions = Catalog::default().exclusions(&key);
    assert_eq!(store.cluster_actions().insert(&again, &exclusions).unwrap(), Inserted::Taken);
}
