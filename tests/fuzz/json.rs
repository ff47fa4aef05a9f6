//! JSON values in the wrong places.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// A value of any kind, mostly a plain one.
pub fn leaf() -> impl Strategy<Value = Value> {
    const TEXTS: &[&str] = &[
        "null",
        "true",
        "false",
        "0",
        "-1",
        "1",
        "5",
        "1.5",
        "1e3",
        "1e400",
        "-0.0",
        "2147483648",
        "9223372036854775808",
        "99999999999999999999",
        "\"\"",
        "\"backup\"",
        "\"x\"",
        "\"fs\"",
        "\"a/b\"",
        "\"a.b\"",
        "\"\\u0000\"",
        "\"é中😀\"",
        "\"5 days\"",
        "\"2026-01-31\"",
        "\"start\"",
        "\"%\"",
        "\"secret\"",
        "\"[{\\\"a\\\":1}]\"",
        "\"[\"",
        "\"password\"",
        "[]",
        "{}",
        "[{}]",
        "[null]",
        "{\"a\":null}",
        "{\"\":{\"\":1}}",
        "{\"_all\":\"srv\"}",
        "{\"action\":\"info\"}",
        "{\"event\":\"stop\"}",
        "[[[[[[[[[[1]]]]]]]]]]",
        "{\"id\":\"beta\"}",
    ];
    prop_oneof![
        6 => select(TEXTS).prop_map(|text| serde_json::from_str(text).unwrap()),
        1 => "\\PC{0,80}".prop_map(Value::String),
        1 => any::<i64>().prop_map(Value::from),
    ]
}

/// Objects and lists with keys that mean something, in the wrong places too.
pub fn tree() -> impl Strategy<Value = Value> {
    const KEYS: &[&str] = &[
        "freezer_action",
        "action",
        "mode",
        "action_id",
        "max_retries",
        "description",
        "job_schedule",
        "event",
        "match",
        "match_not",
        "_all",
        "auth",
        "identity",
        "methods",
        "password",
        "user",
        "name",
        "scope",
        "project",
        "_version",
        "timeout",
        "user_id",
    ];
    leaf().prop_recursive(4, 24, 4, move |inner| {
        let member = (select(KEYS).prop_map(str::to_owned), inner.clone());
        prop_oneof![
            3 => vec(member, 0..5).prop_map(|members| members.into_iter().collect()),
            1 => vec(inner, 0..4).prop_map(Value::Array),
        ]
    })
}

/// The JSON text with one of its values replaced; nothing when it is not JSON.
pub fn replaced(text: &[u8], at: Index, value: Value) -> Option<Vec<u8>> {
    let mut json: Value = serde_json::from_slice(text).ok()?;
    let mut pointers = vec![];
    collect(&json, String::new(), &mut pointers);
    *json.pointer_mut(&pointers[at.index(pointers.len())])? = value;
    Some(json.to_string().into_bytes())
}

/// The pointer of every value.
fn collect(value: &Value, pointer: String, pointers: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            for (key, inner) in members {
                let key = key.replace('~', "~0").replace('/', "~1");
                collect(inner, format!("{pointer}/{key}"), pointers);
            }
        }
        Value::Array(items) => {
            for (n, inner) in items.iter().enumerate() {
                collect(inner, format!("{pointer}/{n}"), pointers);
            }
        }
        _ => {}
    }
    pointers.push(pointer);
}
