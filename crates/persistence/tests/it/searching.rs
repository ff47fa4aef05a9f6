//! What searches and the index cost at most.

use std::time::Duration;

use actiond_core::Error;
use actiond_core::document::{Page, Search};
use actiond_core::ports::{PageAnswer, ProjectActionRepository};
use actiond_persistence::{Store, StoreOptions};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Value, json};

use crate::support::{Home, insert, insert_named, options, project};

fn search(store: &dyn ProjectActionRepository, search: &Value) -> actiond_core::Result<usize> {
    let plan = Search::parse(search).unwrap().plan(&project());
    let page = Page { limit: 1000, ..Page::default() };
    let PageAnswer::Documents(found) = store.search(&project(), &plan, &page)? else { panic!() };
    Ok(found.len())
}

fn number(connection: &mut SqliteConnection, sql: &str) -> i64 {
    diesel::dsl::sql::<BigInt>(sql).get_result(connection).unwrap()
}

const WAITING: &str = "SELECT count(*) FROM project_search_recent";
const WAITING_BYTES: &str =
    "SELECT coalesce(sum(length(searchable) + length(terms)), 0) FROM project_search_recent";

#[test]
fn what_waits_for_the_index_is_bounded_by_number_and_by_size() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let mut connection = home.connect();
    let (mut most, mut most_bytes) = (0, 0);
    let mut look = |connection: &mut SqliteConnection| {
        most = most.max(number(connection, WAITING));
        most_bytes = most_bytes.max(number(connection, WAITING_BYTES));
    };
    for n in 0..300 {
        insert(&*actions, &format!("small-{n}")).unwrap();
        look(&mut connection);
    }
    for n in 0..30 {
        insert_named(&*actions, &format!("large-{n}"), &"large ".repeat(8000)).unwrap();
        look(&mut connection);
    }
    insert_named(&*actions, "huge", &"huge".repeat(250_000)).unwrap();
    assert_eq!(number(&mut connection, WAITING), 0, "a huge one does not wait");
    assert!((100..=128).contains(&most), "{most}");
    assert!((90_000..256 * 1024).contains(&most_bytes), "{most_bytes}");
    let found = |text: &str| search(&*actions, &json!({"match": [{"_all": text}]})).unwrap();
    assert_eq!((found("nightly"), found("large large"), found("hugehuge")), (300, 30, 1));
}

#[test]
fn a_huge_document_makes_the_index_little_larger() {
    let home = Home::new();
    let actions = home.open().project_actions();
    let mut connection = home.connect();
    let index = "SELECT sum(length(block)) FROM project_search_data";
    let before = number(&mut connection, index);
    let every: String = ('\u{4e00}'..).take(20_000).cycle().take(300_000).collect();
    insert_named(&*actions, "huge", &every).unwrap();
    assert_eq!(number(&mut connection, WAITING), 0);
    let after = number(&mut connection, index);
    assert!((before + 1..before + 4096).contains(&after), "{before} to {after}");
}

#[test]
fn a_search_that_takes_too_long_is_given_up() {
    let home = Home::new();
    drop(home.open());
    let options = StoreOptions { search_time: Duration::ZERO, ..options() };
    let store = Store::open(&home.url(), options).unwrap();
    let actions = store.project_actions();
    (0..200).for_each(|n| insert(&*actions, &format!("a{n}")).unwrap());
    for text in ["nightly", "ni"] {
        let given_up = search(&*actions, &json!({"match": [{"_all": text}]})).unwrap_err();
        assert!(matches!(given_up, Error::Unavailable { .. }), "{given_up:?}");
    }
    // What the index answers alone needs no look.
    assert_eq!(search(&*actions, &json!({"match": [{"action": "backup"}]})).unwrap(), 200);
    assert_eq!(search(&*actions, &json!({"match": [{"_all": "nowhere"}]})).unwrap(), 0);
}
