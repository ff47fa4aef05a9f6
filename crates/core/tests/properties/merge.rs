//! Merging, against the RFC's own words.

use actiond_core::document::merge_patch;
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::json::object;

/// RFC 7396, section 2, as it stands there, line by line; and our refinement, where it says so.
fn reference(target: Option<&Value>, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut target = match target {
        Some(Value::Object(target)) => target.clone(),
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            let null_already = target.get(name) == Some(&Value::Null);
            if !null_already {
                target = target.into_iter().filter(|(other, _)| other != name).collect();
            }
        } else {
            let merged = reference(target.get(name), value);
            target.insert(name.clone(), merged);
        }
    }
    Value::Object(target)
}

/// As text, so that the order of keys counts.
fn text(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).unwrap()
}

fn merged(target: &Map<String, Value>, patch: &Map<String, Value>) -> Map<String, Value> {
    let mut merged = target.clone();
    merge_patch(&mut merged, patch.clone());
    merged
}

proptest! {
    #[test]
    fn merges_as_the_rfc_says(target in object(), patch in object()) {
        let (whole, patch) = (Value::Object(target.clone()), Value::Object(patch));
        let expected = reference(Some(&whole), &patch);
        let merged = merged(&target, patch.as_object().unwrap());
        prop_assert_eq!(text(&merged), text(expected.as_object().unwrap()));
    }

    #[test]
    fn a_document_merged_into_itself_stays_as_it_is(document in object()) {
        prop_assert_eq!(text(&merged(&document, &document)), text(&document));
    }

    #[test]
    fn a_patch_that_was_merged_changes_nothing_more(target in object(), patch in object()) {
        let once = merged(&target, &patch);
        let twice = merged(&once, &patch);
        // A null that was there stays; after a removal there is nothing left to remove.
        prop_assert_eq!(text(&once), text(&twice));
    }
}
