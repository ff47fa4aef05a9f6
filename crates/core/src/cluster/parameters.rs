//! The JSON Schema that an action's parameters must satisfy.

use std::fmt;

use serde_json::{Map, Value};

use crate::error::{Error, Result};

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
        Err(Error::invalid(field, fault.to_string()))
    }
}

impl fmt::Debug for ParameterSchema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ParameterSchema")
    }
}
