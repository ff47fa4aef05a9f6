//! Checks that more than one field needs. Null always counts as absent.
//!
//! A path names a field from the top of the body, for errors; the object is what may hold its last part.

use serde_json::{Map, Value};

use crate::document::{is_negative, is_whole};
use crate::error::{Error, Result, shown};

/// The value under `key`, unless it is missing or null.
pub(super) fn present<'a>(object: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
    object.get(key).filter(|value| !value.is_null())
}

/// A string, if anything.
pub(super) fn string<'a>(object: &'a Map<String, Value>, path: &str) -> Result<Option<&'a str>> {
    match present(object, key(path)) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(other) => Err(wrong_type(path, other, "string")),
    }
}

/// One of `allowed`, if anything.
pub(super) fn word(object: &Map<String, Value>, path: &str, allowed: &[&str]) -> Result<()> {
    match string(object, path)? {
        Some(text) if !allowed.contains(&text) => {
            Err(Error::invalid(path, format!("{:?} is not one of {}", shown(text), list(allowed))))
        }
        _ => Ok(()),
    }
}

/// A whole number of any size, if anything.
pub(super) fn integer(object: &Map<String, Value>, path: &str) -> Result<()> {
    match present(object, key(path)) {
        None => Ok(()),
        Some(Value::Number(number)) if is_whole(number) => Ok(()),
        Some(other) => Err(wrong_type(path, other, "integer")),
    }
}

/// A whole number of 0 or more, of any size and as it was written; `default` when there is none.
pub(super) fn count(object: &Map<String, Value>, path: &str, default: u32) -> Result<Value> {
    match present(object, key(path)) {
        None => Ok(default.into()),
        Some(Value::Number(number)) if is_whole(number) && !is_negative(number) => {
            Ok(number.clone().into())
        }
        Some(other) => {
            let value = shown(&other.to_string());
            Err(Error::invalid(path, format!("{value} is not an integer of 0 or more")))
        }
    }
}

/// True or false, `default` when there is neither.
pub(super) fn boolean(object: &Map<String, Value>, path: &str, default: bool) -> Result<bool> {
    match present(object, key(path)) {
        None => Ok(default),
        Some(Value::Bool(value)) => Ok(*value),
        Some(other) => Err(wrong_type(path, other, "boolean")),
    }
}

/// The failure of a value of the wrong type.
pub(super) fn wrong_type(path: &str, value: &Value, wanted: &str) -> Error {
    let value = shown(&value.to_string());
    Error::invalid(path, format!("{value} is not of type '{wanted}'"))
}

fn key(path: &str) -> &str {
    path.rsplit_once('.').map_or(path, |(_, key)| key)
}

fn list(allowed: &[&str]) -> String {
    allowed.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(", ")
}
