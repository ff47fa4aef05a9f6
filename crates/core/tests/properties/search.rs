//! Searching, against the contract's sentences put into plain code.

use actiond_core::document::{Search, Term, searchable_text, terms};
use actiond_core::project::ProjectId;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::json::{equal, key, object, read, value};

/// "A key is looked up at any depth, also inside lists of objects; a key whose value was found is
/// not searched further, and when a key occurs more than once the last one counts."
fn look_up<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    let mut last = None;
    for (name, value) in object {
        last = if name == key { Some(value) } else { inside(value, key).or(last) };
    }
    last
}

fn inside<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match value {
        Value::Object(object) => look_up(object, key),
        Value::Array(items) => {
            items.iter().filter_map(|item| look_up(item.as_object()?, key)).next_back()
        }
        _ => None,
    }
}

/// "Null equals a missing key."
fn holds(document: &Map<String, Value>, key: &str, value: &Value) -> bool {
    equal(look_up(document, key).unwrap_or(&Value::Null), value)
}

fn has_string(value: &Value, part: &str) -> bool {
    match value {
        Value::String(text) => text.to_ascii_lowercase().contains(&part.to_ascii_lowercase()),
        Value::Array(items) => items.iter().any(|item| has_string(item, part)),
        Value::Object(members) => members.values().any(|member| has_string(member, part)),
        _ => false,
    }
}

/// "Every `match` must hold, no `match_not` may hold."
fn reference(search: &Value, document: &Map<String, Value>) -> bool {
    let entries = |name: &str| search[name].as_array().cloned().unwrap_or_default();
    let entry_holds = |entry: &Value| {
        let members = entry.as_object().unwrap().clone();
        members.iter().map(|(key, value)| holds(document, key, value)).collect::<Vec<_>>()
    };
    let all = |list: &[Value]| list.iter().flat_map(entry_holds).all(|holds| holds);
    let mut matches = entries("match");
    let first = matches.first_mut().and_then(Value::as_object_mut);
    let anywhere = match first.and_then(|first| first.shift_remove("_all")) {
        None => true,
        Some(all_of) => match serde_json::from_str(all_of.as_str().unwrap()) {
            Ok(Value::Array(list)) => all(&list),
            _ => {
                let part = all_of.as_str().unwrap();
                part.is_empty() || document.values().any(|value| has_string(value, part))
            }
        },
    };
    anywhere && all(&matches) && !entries("match_not").iter().flat_map(entry_holds).any(|h| h)
}

/// By the words of the index, as a store does it.
fn planned(search: &Search, document: &Map<String, Value>) -> bool {
    let project = ProjectId::new("p");
    let plan = search.plan(&project);
    let terms = terms(&project, document);
    let has = |term: &Term| terms.contains(term);
    assert!(!plan.required.is_empty(), "a store starts from a required term");
    plan.required.iter().all(has)
        && !plan.excluded.iter().any(has)
        && searchable_text(document).contains(plan.contains.as_deref().unwrap_or(""))
}

/// A search of few conditions; with the document that it is for, so that some of them hold.
fn case() -> impl Strategy<Value = (Map<String, Value>, Value)> {
    object().prop_flat_map(|document| {
        let within = Value::Object(document.clone());
        let condition = prop_oneof![
            2 => (key(), value()),
            3 => key().prop_map(move |key| {
                let value = inside(&within, &key).cloned().unwrap_or(Value::Null);
                (key, value)
            }),
        ];
        let entry = prop::collection::vec(condition, 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect()));
        let list = prop::collection::vec(entry, 0..3);
        let anywhere = prop_oneof![
            3 => Just(None),
            1 => "[aB3]{0,2}".prop_map(Some),
            1 => list.clone().prop_map(|list| Some(Value::from(list).to_string())),
        ];
        let search = (list.clone(), list, anywhere).prop_map(|(mut matches, nots, anywhere)| {
            if let Some(text) = anywhere {
                matches.insert(0, json!({"_all": text}));
            }
            json!({"match": matches, "match_not": nots})
        });
        (Just(document), search)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn finds_what_the_contract_says((document, search) in case()) {
        let expected = reference(&search, &document);
        let read = Search::parse(&search).unwrap();
        prop_assert_eq!(read.finds(&document), expected);
        prop_assert_eq!(planned(&read, &document), expected, "by terms");
    }
}

proptest! {
    #[test]
    fn any_text_is_a_search_or_refused(body in value(), text in any::<String>()) {
        let _ = Search::parse(&body);
        let _ = Search::parse(&json!({"match": [{"_all": text}]}));
    }

    #[test]
    fn every_part_of_a_string_is_found_in_either_case(
        before in any::<String>(),
        part in "[a-zA-Zéß ΣσςÀ中0-9%_*\\\\\"']{1,6}",
        after in any::<String>(),
        upper in any::<bool>(),
    ) {
        let asked = if upper { simple_case(&part, char::to_uppercase) } else { simple_case(&part, char::to_lowercase) };
        let document = json!({"a": [{"b": format!("{before}{part}{after}")}]});
        let document = document.as_object().unwrap();
        let search = Search::parse(&json!({"match": [{"_all": asked}]})).unwrap();
        prop_assert!(search.finds(document));
        prop_assert!(planned(&search, document));
    }

    #[test]
    fn no_document_is_found_by_the_words_of_another_project(document in object()) {
        let own = terms(&ProjectId::new("p"), &document);
        let other = terms(&ProjectId::new("q"), &document);
        prop_assert!(own.iter().all(|term| !other.contains(term)));
        prop_assert!(own.windows(2).all(|pair| pair[0] < pair[1]), "no term stands twice");
    }
}

/// The text in another case, character by character, where one becomes one.
fn simple_case<I: Iterator<Item = char>>(text: &str, change: impl Fn(char) -> I) -> String {
    text.chars()
        .map(|c| {
            let mut changed = change(c);
            match (changed.next(), changed.next()) {
                (Some(only), None) => only,
                _ => c,
            }
        })
        .collect()
}

#[test]
fn the_reference_is_right_where_it_can_be_seen() {
    let document = read(r#"{"a":{"b":1,"a":2},"l":[{"b":2},{"b":3}],"n":null}"#);
    let document = document.as_object().unwrap();
    assert!(holds(document, "b", &json!(3)));
    assert!(holds(document, "a", &json!({"b": 1, "a": 2})));
    assert!(holds(document, "n", &Value::Null) && holds(document, "none", &Value::Null));
    assert!(!holds(document, "b", &json!(1)));
}
