//! What a command says about its work.

use serde_json::{Map, Value};

/// The longest error code that is taken, in bytes.
const LONGEST_CODE: usize = 64;

/// A report: a line of output that is a JSON object with any of these keys.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// How much is done, in percent; not checked yet.
    pub(crate) progress: Option<f64>,
    /// What is being done.
    pub(crate) message: Option<String>,
    /// The kind of failure.
    pub(crate) error_code: Option<String>,
    /// The failure in words.
    pub(crate) error_message: Option<String>,
}

impl Report {
    const KEYS: [&str; 4] = ["progress", "message", "error_code", "error_message"];

    /// Reads a line; `None` when it is not a report. A value of another type is left out, and logged.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let line = line.trim();
        if !line.starts_with('{') {
            return None;
        }
        let object: Map<String, Value> = serde_json::from_str(line).ok()?;
        if !Self::KEYS.iter().any(|key| object.contains_key(*key)) {
            return None;
        }
        Some(Self {
            progress: take(&object, "progress", Value::as_f64),
            message: take(&object, "message", text),
            error_code: take(&object, "error_code", code),
            error_message: take(&object, "error_message", text),
        })
    }
}

fn take<T>(object: &Map<String, Value>, key: &str, read: fn(&Value) -> Option<T>) -> Option<T> {
    let value = object.get(key)?;
    let taken = read(value);
    if taken.is_none() {
        tracing::warn!(key, "ignored a report's value of the wrong type or size");
    }
    taken
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(|text| text.replace('\0', "\u{fffd}"))
}

fn code(value: &Value) -> Option<String> {
    text(value).filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<Report>) {
        assert_eq!(Report::read(line), expected, "{line}");
    }

    #[test]
    fn reads_reports_and_nothing_else() {
        let said = |text: &str| Some(text.to_owned());
        check(
            r#" {"progress": 12.5} "#,
            Some(Report { progress: Some(12.5), ..Report::default() }),
        );
        check(
            r#"{"message":"m","error_code":"c","error_message":"e\u0000","more":1}"#,
            Some(Report {
                progress: None,
                message: said("m"),
                error_code: said("c"),
                error_message: said("e\u{fffd}"),
            }),
        );
        for log in
            ["", "plain", "{", "{}", r#"{"other":1}"#, r#"[{"progress":1}]"#, "{\"progress\":NaN}"]
        {
            check(log, None);
        }
        check(&"{\"progress\":".repeat(10_000), None);
    }

    #[test]
    fn leaves_out_what_has_the_wrong_type() {
        let long = format!(r#"{{"error_code":"{}"}}"#, "x".repeat(65));
        for line in [
            r#"{"progress":"50"}"#,
            r#"{"progress":null}"#,
            r#"{"message":1}"#,
            r#"{"error_code":""}"#,
            r#"{"error_message":["e"]}"#,
            &long,
        ] {
            check(line, Some(Report::default()));
        }
    }
}
