//! JSON Merge Patch (RFC 7396).

use serde_json::{Map, Value};

/// Merges `patch` into `target`: absent keys stay, null removes, objects merge, all else replaces.
///
/// One refinement: null for a key that already is null leaves it there. Null and absent mean the
/// same to clients, and a document that was read can so be sent back without losing a key.
pub fn merge_patch(target: &mut Map<String, Value>, patch: Map<String, Value>) {
    // All at once: to remove keys one by one would move the rest each time.
    target.retain(|key, value| value.is_null() || patch.get(key) != Some(&Value::Null));
    for (key, change) in patch {
        match change {
            Value::Null => {}
            Value::Object(inner) => {
                let present = target.entry(key).or_insert(Value::Null);
                if !present.is_object() {
                    *present = Value::Object(Map::new());
                }
                if let Value::Object(present) = present {
                    merge_patch(present, inner);
                }
            }
            other => {
                target.insert(key, other);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, patch: &str, expected: &str) {
        let read = |text| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let mut merged = read(target);
        merge_patch(&mut merged, read(patch));
        assert_eq!(serde_json::to_string(&merged).unwrap(), expected, "{target} with {patch}");
    }

    /// The object cases of RFC 7396, appendix A.
    #[test]
    fn merges_as_the_rfc_shows() {
        check(r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#);
        check(r#"{"a":"b"}"#, r#"{"a":null}"#, r#"{}"#);
        check(r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#);
        check(r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#);
        check(r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#);
        check(r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#);
        check(r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#);
        check(r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#);
        check(r#"{}"#, r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#);
    }

    #[test]
    fn a_document_sent_back_changes_nothing() {
        let document = r#"{"b":null,"a":{"n":null,"l":[null]},"c":1.0}"#;
        check(document, document, document);
    }
}
