//! The JSON Schema that an action's parameters must satisfy.

use std::fmt;

use jsonschema::ValidationError;
use serde_json::{Map, Value};

use crate::error::{Error, Result};

/// Longest reason that repeats what was given, in bytes.
const MAX_REASON: usize = 200;

/// A compiled JSON Schema. It refers to nothing outside itself.
pub struct ParameterSchema(jsonschema::Validator);

impl ParameterSchema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is not a JSON Schema, or needs another document.
    pub fn compile(schema: &Value) -> Result<Self> {
        jsonschema::validator_for(schema)
            .map(Self)
            .map_err(|error| Error::invalid("parameters", format!("not a JSON Schema: {error}")))
    }

    /// Checks what a caller gave.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the place of the first fault and what the schema wants there.
    pub fn check(&self, parameters: &Map<String, Value>) -> Result<()> {
        let instance = Value::Object(parameters.clone());
        let Some(fault) = self.0.iter_errors(&instance).next() else { return Ok(()) };
        let place = fault.instance_path().as_str().trim_start_matches('/').replace('/', ".");
        let field =
            if place.is_empty() { "parameters".into() } else { format!("parameters.{place}") };
        Err(Error::invalid(field, reason(&fault)))
    }
}

/// What the schema wants; with what is there instead, unless that is long.
fn reason(fault: &ValidationError<'_>) -> String {
    let reason = fault.to_string();
    if reason.len() > MAX_REASON { fault.masked().to_string() } else { reason }
}

impl fmt::Debug for ParameterSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParameterSchema")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(parameters: Value) -> String {
        let schema = ParameterSchema::compile(&json!({
            "type": "object",
            "required": ["path"],
            "properties": {"path": {"type": "string"}, "at": {"items": {"maximum": 3}}},
        }));
        let answer = schema.unwrap().check(parameters.as_object().unwrap());
        answer.map_or_else(|error| error.to_string(), |()| "good".to_owned())
    }

    #[test]
    fn names_the_place_and_what_is_wanted() {
        assert_eq!(check(json!({"path": "/srv", "at": [1, 2]})), "good");
        assert_eq!(check(json!({})), "parameters: \"path\" is a required property");
        assert_eq!(check(json!({"path": 5})), "parameters.path: 5 is not of type \"string\"");
        let error = check(json!({"path": "", "at": [1, 9]}));
        assert!(error.starts_with("parameters.at.1: 9 is greater"), "{error}");
        let error = check(json!({"path": [vec!["long"; 1000]]}));
        assert_eq!(error, "parameters.path: value is not of type \"string\"");
    }

    #[test]
    fn a_schema_stands_alone() {
        for bad in [json!({"type": "text"}), json!({"$ref": "https://example.org/schema.json"})] {
            let error = ParameterSchema::compile(&bad).unwrap_err().to_string();
            assert!(error.starts_with("parameters: not a JSON Schema"), "{error}");
        }
    }
}
