//! What searches and the index cost at most.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::Error;
use actiond_core::document::{Page, Search};
use actiond_core::ports::{Inserted, PageAnswer, ProjectActionRepository, Swapped};
use actiond_core::project::ActionId;
use actiond_persistence::{Store, StoreOptions};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use crate::support::{Home, insert, insert_named, named, options, project};

fn search(store: &dyn ProjectActionRepository, search: &Value) -> actiond_core::Result<usize> {
    search_page(store, search, 0, 1000)
}

/// How many are on a page of so many, behind the first `skip`.
fn search_page(
    store: &dyn ProjectActionRepository,
    search: &Value,
    skip: u64,
    limit: u32,
) -> actiond_core::Result<usize> {
    let plan = Search::parse(search).unwrap().plan(&project());
    let page = Page { skip, limit, ..Page::default() };
    let PageAnswer::Documents(found) = store.search(&project(), &plan, &page)? else { panic!() };
    Ok(found.len())
}

fn id(name: &str) -> ActionId {
    ActionId::parse(name).unwrap()
}

fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    diesel::dsl::sql::<BigInt>(sql).get_result(connection).unwrap()
}

const WAITING: &str = "SELECT count(*) FROM project_search_recent";
const INDEX_BYTES: &str = "SELECT sum(length(block)) FROM (SELECT block FROM project_search_data \
    UNION ALL SELECT block FROM project_search_texts_data)";
const WAITING_BYTES: &str =
    "SELECT coalesce(sum(length(searchable) + length(terms)), 0) FROM project_search_recent";

/// A store whose index takes up changes after such a quiet.
fn open(home: &Home, quiet: Duration) -> Store {
    drop(home.open());
    Store::open(&home.url(), StoreOptions { quiet, ..options() }).unwrap()
}

/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);
const AT_ONCE: Duration = Duration::ZERO;

/// How many changes may expect neighbours.
const EXPECTANT: i64 = 7;

/// Waits until so many changes wait at most.
fn wait_for_the_index(connection: &mut SqliteConnection, at_most: i64) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while number(connection, WAITING) > at_most {
        assert!(Instant::now() < deadline, "changes wait for ever");
        thread::yield_now();
    }
}

#[test]
fn what_waits_for_the_index_is_bounded_by_number_and_by_size() {
    let home = Home::new();
    let actions = open(&home, NEVER).project_actions();
    let mut connection = home.connect();
    let ids = |kind: &'static str, count: u32| (0..count).map(move |n| id(&format!("{kind}-{n}")));
    let insert_all = |ids: &mut dyn Iterator<Item = ActionId>, name: &str| {
        let inserted = ids.map(|id| actions.insert(&project(), &id, &named(&id, 1, name)));
        inserted
            .collect::<Vec<_>>()
            .into_iter()
            .for_each(|inserted| assert_eq!(inserted.wait().unwrap(), Inserted::Stored));
    };
    let waiting = |connection: &mut SqliteConnection| {
        (number(connection, WAITING), number(connection, WAITING_BYTES))
    };
    insert_all(&mut ids("small", 2000), "nightly");
    assert_eq!(waiting(&mut connection).0, 2000);
    insert_all(&mut ids("more", 1000), "nightly");
    let (most, _) = waiting(&mut connection);
    assert!((1920..=2048 + 128).contains(&most), "{most}");
    // One that waits already may grow.
    for (n, id) in ids("more", 200).enumerate() {
        let new = named(&id, 2, &"large ".repeat(8000));
        assert_eq!(actions.update(&project(), &id, 1, &new).wait().unwrap(), Swapped::Updated);
        let (_, bytes) = waiting(&mut connection);
        assert!(bytes < (2048 + 64) * 1024, "{bytes} after {n}");
    }
    let before = waiting(&mut connection);
    insert_all(&mut ids("huge", 5), &"huge".repeat(250_000));
    assert_eq!(waiting(&mut connection), before, "a huge one does not wait");
    let found =
        |text: &str| search_page(&*actions, &json!({"match": [{"_all": text}]}), 0, 5000).unwrap();
    assert_eq!((found("nightly"), found("large large"), found("hugehuge")), (2800, 200, 5));
}

#[test]
fn the_index_takes_up_what_waits_when_nobody_writes() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let mut connection = home.connect();
    (0..100).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
    wait_for_the_index(&mut connection, EXPECTANT);
    assert_eq!(number(&mut connection, "SELECT count(*) FROM project_search_docsize"), 95);
    assert_eq!(search(&*actions, &json!({"match": [{"_all": "nightly"}]})).unwrap(), 100);
}

#[test]
fn a_huge_document_makes_the_index_little_larger() {
    let home = Home::new();
    let actions = open(&home, AT_ONCE).project_actions();
    let mut connection = home.connect();
    let before = number(&mut connection, INDEX_BYTES);
    let every: String = ('\u{4e00}'..).take(20_000).cycle().take(300_000).collect();
    insert_named(&*actions, "huge", &every).unwrap();
    // It expects no neighbours.
    wait_for_the_index(&mut connection, 0);
    let after = number(&mut connection, INDEX_BYTES);
    assert!((before + 1..before + 4096).contains(&after), "{before} to {after}");
}

#[test]
fn a_search_that_takes_too_long_is_given_up() {
    let home = Home::new();
    drop(home.open());
    let options = StoreOptions { search_time: Duration::ZERO, quiet: AT_ONCE, ..options() };
    let store = Store::open(&home.url(), options).unwrap();
    let actions = store.project_actions();
    (0..200).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
    wait_for_the_index(&mut home.connect(), EXPECTANT);
    for text in ["nightly", "ni"] {
        let given_up = search(&*actions, &json!({"match": [{"_all": text}]})).unwrap_err();
        assert!(matches!(given_up, Error::Unavailable { .. }), "{given_up:?}");
    }
    // What the index answers alone needs no look.
    assert_eq!(search(&*actions, &json!({"match": [{"action": "backup"}]})).unwrap(), 200);
    assert_eq!(search(&*actions, &json!({"match": [{"_all": "nowhere"}]})).unwrap(), 0);
}

/// Changes actions at random, and keeps what they should be.
struct Changes {
    random: u64,
    store: Arc<dyn ProjectActionRepository>,
    /// The version and the name of each action that is there, by its number.
    there: BTreeMap<u64, (u64, u64)>,
}

impl Changes {
    fn new(store: &Store, seed: u64) -> Self {
        println!("seed {seed}");
        Self { random: seed, store: store.project_actions(), there: BTreeMap::new() }
    }

    /// A number below `bound` (xorshift).
    fn below(&mut self, bound: u64) -> u64 {
        for (by, left) in [(13, true), (7, false), (17, true)] {
            self.random ^= if left { self.random << by } else { self.random >> by };
        }
        self.random % bound
    }

    /// Makes, changes or removes one of so many actions.
    fn one_of(&mut self, actions: u64) {
        let (number, name) = (self.below(actions), self.below(5));
        let id = id(&format!("a{number}"));
        let Some((version, _)) = self.there.get(&number).copied() else {
            insert_named(&*self.store, id.as_str(), &format!("name-{name}")).unwrap();
            self.there.insert(number, (1, name));
            return;
        };
        let changed = if self.below(4) == 0 {
            self.there.remove(&number);
            self.store.remove(&project(), &id, None).unwrap()
        } else {
            self.there.insert(number, (version + 1, name));
            let next = named(&id, version + 1, &format!("name-{name}"));
            self.store.update(&project(), &id, version, &next).wait().unwrap()
        };
        assert_eq!(changed, Swapped::Updated);
    }

    fn check(&self) {
        for name in 0..5 {
            let of_name = self.there.values().filter(|(_, of)| *of == name).count();
            let text = format!("name-{name}");
            let found = |asked: Value| search(&*self.store, &asked).unwrap();
            assert_eq!(found(json!({"match": [{"backup_name": text}]})), of_name);
            assert_eq!(found(json!({"match": [{"_all": text}]})), of_name);
            let others = json!({"match_not": [{"backup_name": text}]});
            let rest = self.there.len() - of_name;
            assert_eq!(found(others.clone()), rest);
            // What is passed over takes no place on a page.
            let page = search_page(&*self.store, &others, 1, 2).unwrap();
            assert_eq!(page, rest.saturating_sub(1).min(2));
        }
    }
}

#[test]
fn what_changes_is_found_as_it_is_before_and_after_it_is_in_the_index() {
    for (quiet, seed) in [(NEVER, 20_261_121), (AT_ONCE, 20_261_122)] {
        let home = Home::new();
        let mut changes = Changes::new(&open(&home, quiet), seed);
        for actions in [3, 40] {
            for _ in 0..400 {
                changes.one_of(actions);
                changes.check();
            }
        }
        check_entries(&home, &changes);
    }
}

fn check_entries(home: &Home, changes: &Changes) {
    // The index has those that are there, and those that are to be taken out of it; what waits for the first time it
    // has not.
    let mut connection = home.connect();
    connection.batch_execute("BEGIN").unwrap();
    let [indexed, first, gone] = [
        "SELECT count(*) FROM project_search_docsize",
        "SELECT count(*) FROM project_search_recent WHERE NOT replaces",
        "SELECT count(*) FROM project_search_recent WHERE terms = x''",
    ]
    .map(|sql| number(&mut connection, sql));
    assert_eq!(indexed, changes.there.len() as i64 - first + gone);
    // Of texts there is one entry for each action at most, and one for each eight.
    let texts = number(&mut connection, "SELECT count(*) FROM project_search_texts_docsize");
    assert!(texts <= indexed + indexed.div_euclid(8) + 2, "{texts} of {indexed}");
}

/// Many have the text, many the terms, and few both.
#[test]
fn what_has_both_a_text_and_terms_is_found_behind_many_that_have_one() {
    let home = Home::new();
    let actions = open(&home, AT_ONCE).project_actions();
    for n in 0..1000 {
        let name = match n {
            700 | 999 => "some words",
            _ if n % 2 == 0 => "some name",
            _ => "other words",
        };
        insert_named(&*actions, &format!("a{n}"), name).unwrap();
    }
    wait_for_the_index(&mut home.connect(), EXPECTANT);
    for (text, wanted) in [("some", 2), ("so", 2), ("words", 501), ("nowhere", 0)] {
        let others = json!([{"backup_name": "some name"}]);
        let asked = json!({"match": [{"_all": text}], "match_not": others});
        assert_eq!(search(&*actions, &asked).unwrap(), wanted, "{text}");
        assert_eq!(search_page(&*actions, &asked, 1, 1).unwrap(), wanted.min(2) / 2, "{text}");
    }
}

#[test]
fn a_long_text_takes_one_place_on_a_page() {
    let home = Home::new();
    let actions = open(&home, AT_ONCE).project_actions();
    insert_named(&*actions, "long", &"ab ".repeat(8000)).unwrap();
    (0..200).for_each(|n| insert_named(&*actions, &format!("a{n}"), "ab").unwrap());
    wait_for_the_index(&mut home.connect(), EXPECTANT);
    let asked = json!({"match": [{"_all": "ab"}]});
    assert_eq!(search_page(&*actions, &asked, 0, 10).unwrap(), 10);
    assert_eq!(search_page(&*actions, &asked, 195, 10).unwrap(), 6);
}

#[test]
fn an_index_of_what_changes_often_stays_small() {
    let home = Home::new();
    let mut changes = Changes::new(&open(&home, AT_ONCE), 1);
    let mut connection = home.connect();
    let mut size_after = |rounds| {
        (0..rounds).for_each(|_| changes.one_of(200));
        wait_for_the_index(&mut connection, EXPECTANT);
        number(&mut connection, INDEX_BYTES)
    };
    let (first, last) = (size_after(500), size_after(2000));
    assert!(last < 4 * first, "{first} to {last}");
}
