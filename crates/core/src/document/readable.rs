//! What can be written as text and read back as it was.

use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// How deep `serde_json` reads; a document is its first level.
pub const MAX_DEPTH: usize = 127;

/// The key by which `serde_json` tells a number from an object, when it stands first in one.
const NUMBER_KEY: &str = "$serde_json::private::Number";

/// Checks that `document` reads back from its text as it is now.
///
/// # Errors
/// [`Error::Invalid`] when it is nested too deep, or an object could be taken for a number.
pub(crate) fn check_readable(document: &Map<String, Value>) -> Result<()> {
    check_members(document, 1)
}

fn check_members(members: &Map<String, Value>, depth: usize) -> Result<()> {
    if members.contains_key(NUMBER_KEY) {
        return Err(Error::invalid("body", format!("'{NUMBER_KEY}' is not allowed as a key")));
    }
    members.values().try_for_each(|value| check_value(value, depth + 1))
}

fn check_value(value: &Value, depth: usize) -> Result<()> {
    let is_nested = value.is_array() || value.is_object();
    if is_nested && depth > MAX_DEPTH {
        return Err(Error::invalid("body", format!("nested deeper than {MAX_DEPTH} levels")));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| check_value(item, depth + 1)),
        Value::Object(members) => check_members(members, depth),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn nested(levels: usize) -> Map<String, Value> {
        let value = (1..levels).fold(json!(1), |inner, level| match level % 2 {
            0 => json!([inner]),
            _ => json!({"a": inner}),
        });
        Map::from_iter([("a".to_owned(), value)])
    }

    #[test]
    fn refuses_exactly_what_does_not_read_back() {
        for levels in [1, 2, 126, 127, 128, 129, 200] {
            let document = nested(levels);
            let text = serde_json::to_string(&document).unwrap();
            let reads_back = serde_json::from_str::<Map<String, Value>>(&text).is_ok();
            assert_eq!(check_readable(&document).is_ok(), reads_back, "{levels} levels");
        }
    }

    #[test]
    fn refuses_an_object_that_could_become_a_number() {
        let text = format!(r#"{{"x":[{{"a":1,"{NUMBER_KEY}":"5"}}]}}"#);
        let error = check_readable(&serde_json::from_str(&text).unwrap()).unwrap_err();
        assert!(error.to_string().contains("not allowed as a key"), "{error}");
    }
}
