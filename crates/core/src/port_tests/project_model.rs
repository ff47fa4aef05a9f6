//! Random operations on two repositories of project actions, whose every answer must be the same.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use super::MakeProjectActions;
use super::sample::{document, id, plan, project};
use crate::document::Page;
use crate::memory::ManualClock;
use crate::ports::ProjectActionRepository;

/// Runs random sequences of operations on `subject` and `model`, side by side.
pub fn project_actions_agree(
    subject: MakeProjectActions<'_>,
    model: MakeProjectActions<'_>,
    cases: u32,
) {
    let sequence = (0..260_u32, prop::collection::vec(operation(), 1..80));
    let config = Config { failure_persistence: None, ..Config::with_cases(cases) };
    let outcome = TestRunner::new(config).run(&sequence, |(before, operations)| {
        let clock = Arc::new(ManualClock::default());
        let both = [subject(clock.clone()), model(clock.clone())];
        for store in &both {
            fill(&**store, before);
        }
        for operation in &operations {
            if let Operation::Wait(hours) = operation {
                clock.advance(Duration::from_secs(3600 * u64::from(*hours)));
            }
            let [seen, expected] = [&both[0], &both[1]].map(|store| operation.on(&**store));
            prop_assert_eq!(seen, expected, "{:?}", operation);
        }
        Ok(())
    });
    if let Err(error) = outcome {
        panic!("{error}");
    }
}

#[derive(Clone, Debug)]
enum Operation {
    Insert(&'static str, u16, Value),
    Update(&'static str, u16, u64, Value),
    Remove(&'static str, u16, Option<u64>),
    Find(&'static str, u16),
    Page(&'static str, Page),
    Search(&'static str, Value, Page),
    Wait(u8),
}

/// So many actions that were there before, with changes among them.
fn fill(store: &dyn ProjectActionRepository, count: u32) {
    let project = project("p");
    for n in 0..count {
        let id = id(&format!("a{}", n % 150));
        let new = |version| document(&project, &id, version, &json!({"k": n % 4, "c": "ab c"}));
        let taken = store.insert(&project, &id, &new(1)).wait().unwrap();
        if taken == crate::ports::Inserted::Taken {
            store.update(&project, &id, 1, &new(2)).wait().unwrap();
        }
    }
}

impl Operation {
    /// What the store answers.
    fn on(&self, store: &dyn ProjectActionRepository) -> String {
        let name = |n: &u16| id(&format!("a{n}"));
        match self {
            Self::Insert(p, n, keys) => {
                let new = document(&project(p), &name(n), 1, keys);
                format!("{:?}", store.insert(&project(p), &name(n), &new).wait().unwrap())
            }
            Self::Update(p, n, expected, keys) => {
                let new = document(&project(p), &name(n), expected + 1, keys);
                format!(
                    "{:?}",
                    store.update(&project(p), &name(n), *expected, &new).wait().unwrap()
                )
            }
            Self::Remove(p, n, expected) => {
                format!("{:?}", store.remove(&project(p), &name(n), *expected).unwrap())
            }
            Self::Find(p, n) => format!("{:?}", store.find(&project(p), &name(n)).wait().unwrap()),
            Self::Page(p, page) => format!("{:?}", store.page(&project(p), page).unwrap()),
            Self::Search(p, search, page) => {
                let plan = plan(&project(p), search);
                format!("{:?}", store.search(&project(p), &plan, page).unwrap())
            }
            Self::Wait(_) => String::new(),
        }
    }
}

fn operation() -> impl Strategy<Value = Operation> {
    let place = || (select(vec!["p", "p", "p", "q"]), 0..160_u16);
    prop_oneof![
        4 => (place(), keys()).prop_map(|((p, n), k)| Operation::Insert(p, n, k)),
        3 => (place(), 1..3_u64, keys()).prop_map(|((p, n), v, k)| Operation::Update(p, n, v, k)),
        3 => (place(), prop::option::of(1..3_u64))
            .prop_map(|((p, n), v)| Operation::Remove(p, n, v)),
        1 => place().prop_map(|(p, n)| Operation::Find(p, n)),
        3 => (place(), page()).prop_map(|((p, _), page)| Operation::Page(p, page)),
        5 => (place(), search(), page()).prop_map(|((p, _), s, page)| Operation::Search(p, s, page)),
        1 => (1..30_u8).prop_map(Operation::Wait),
    ]
}

fn page() -> impl Strategy<Value = Page> {
    let after = prop::option::of((0..160_u16).prop_map(|n| id(&format!("a{n}"))));
    (1..200_u32, after, prop_oneof![Just(0), 0..200_u64, Just(i64::MAX as u64)])
        .prop_map(|(limit, after, skip)| Page { limit, after, skip, ..Page::default() })
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0..4_u8).prop_map(Value::from),
        "[abAÉé \\./\u{e061}]{0,6}".prop_map(Value::from),
        Just(Value::Null),
        Just(json!({"k": 1})),
        Just(json!([{"k": 2}, "ab"])),
    ]
}

fn keys() -> impl Strategy<Value = Value> {
    (value(), value()).prop_map(|(k, c)| json!({"k": k, "c": c}))
}

fn search() -> impl Strategy<Value = Value> {
    let condition = || (select(vec!["k", "c"]), value()).prop_map(|(k, v)| json!({k: v}));
    let conditions = || prop::collection::vec(condition(), 0..3);
    (prop::option::of("[abAé \\./]{1,5}"), conditions(), conditions()).prop_map(
        |(text, mut wanted, unwanted)| {
            wanted.splice(0..0, text.map(|text| json!({"_all": text})));
            json!({"match": wanted, "match_not": unwanted})
        },
    )
}
