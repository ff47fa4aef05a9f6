//! What this face sends: which field goes to which route, and in which type.
//!
//! The routes differ, and clients decode strictly. Where what real clusters send was recorded, it is
//! that; else what their documentation says.

use actiond_core::cluster::{ActionDefinition, ClusterAction};
use actiond_core::usecase::Described;
use serde_json::{Map, Number, Value, json};

use self::As::{Info, Number as Numeric, Text};

/// The answers that show actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// GET under `/v1/cluster/actions` and `/v1/nodes`.
    Status,
    /// POST there.
    Accepted,
    /// GET under `/v1/actions`.
    V1,
    /// GET under `/v2/actions`.
    V2,
}

/// How a field is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum As {
    /// As a JSON string.
    Text,
    /// As a JSON number.
    Number,
    /// As a JSON string in the object `additional_info`, which is there when it holds something.
    Info,
}

/// A field's value, before it has a type: a text or a number. Without one the field is left out.
type Datum = Option<Value>;

type Row = (&'static str, fn(&Shown<'_>) -> Datum, [Option<As>; 4]);

const NO: Option<As> = None;
const TEXT: Option<As> = Some(Text);
const NUMBER: Option<As> = Some(Numeric);
const INFO: Option<As> = Some(Info);

/// Every field, in the order in which it is sent, with a column for each [`Shape`].
#[rustfmt::skip]
const FIELDS: [Row; 15] = [
    //                               Status  Accepted V1      V2
    ("name",          name,          [TEXT,   TEXT,   TEXT,   TEXT]),
    ("node_uid",      node_uid,      [TEXT,   TEXT,   TEXT,   NO]),
    ("status",        status,        [TEXT,   TEXT,   TEXT,   TEXT]),
    ("progress",      progress,      [NUMBER, NUMBER, TEXT,   NUMBER]),
    ("task_id",       task_id,       [TEXT,   TEXT,   TEXT,   NO]),
    ("action_uid",    task_id,       [NO,     TEXT,   TEXT,   TEXT]),
    ("action_type",   action_type,   [NO,     NO,     NO,     TEXT]),
    ("creation_time", creation_time, [NO,     NO,     TEXT,   NUMBER]),
    ("error_code",    error_code,    [TEXT,   TEXT,   NO,     NO]),
    ("error",         error_code,    [NO,     NO,     TEXT,   NO]),
    ("error",         error_message, [NO,     NO,     NO,     INFO]),
    ("error_message", error_message, [TEXT,   TEXT,   TEXT,   NO]),
    ("description",   description,   [NO,     TEXT,   NO,     INFO]),
    ("object_type",   object_type,   [NO,     NO,     NO,     INFO]),
    ("object_uid",    node_uid,      [NO,     NO,     NO,     INFO]),
];

/// An action, and what is configured of it.
struct Shown<'a> {
    action: &'a ClusterAction,
    definition: &'a ActionDefinition,
}

/// An action as `shape` has it.
pub(super) fn object(shape: Shape, (action, definition): &Described<'_>) -> Value {
    let shown = Shown { action, definition };
    let (mut object, mut info) = (Map::new(), Map::new());
    for (name, value, shapes) in FIELDS {
        let Some((value, sent)) = value(&shown).zip(shapes[shape as usize]) else { continue };
        match sent {
            Text => object.insert(name.to_owned(), written(value)),
            Numeric => object.insert(name.to_owned(), value),
            Info => info.insert(name.to_owned(), written(value)),
        };
    }
    if !info.is_empty() {
        object.insert("additional_info".to_owned(), info.into());
    }
    object.into()
}

/// Actions as `shape` has them.
pub(super) fn list(shape: Shape, actions: &[Described<'_>]) -> Value {
    let actions: Vec<_> = actions.iter().map(|action| object(shape, action)).collect();
    match shape {
        Shape::Status | Shape::Accepted => json!({"actions": actions}),
        Shape::V1 => json!({"actions": actions, "state-machines": []}),
        Shape::V2 => actions.into(),
    }
}

/// A text, or a number as a text: whole ones without a fraction.
fn written(value: Value) -> Value {
    match value.as_f64() {
        Some(number) => number.to_string().into(),
        None => value,
    }
}

fn text(text: impl Into<String>) -> Datum {
    Some(Value::String(text.into()))
}

fn name(shown: &Shown<'_>) -> Datum {
    text(shown.action.key.name.as_str())
}

fn node_uid(shown: &Shown<'_>) -> Datum {
    shown.action.key.target.node_uid().and_then(|uid| text(uid.as_str()))
}

fn status(shown: &Shown<'_>) -> Datum {
    text(shown.action.status.as_str())
}

fn progress(shown: &Shown<'_>) -> Datum {
    Number::from_f64(shown.action.progress.percent()).map(Value::Number)
}

fn task_id(shown: &Shown<'_>) -> Datum {
    text(shown.action.task_id.to_string())
}

/// Work that lasts; clusters have other types, for what this service does not do.
fn action_type(_: &Shown<'_>) -> Datum {
    text("task")
}

/// In seconds since the Unix epoch.
fn creation_time(shown: &Shown<'_>) -> Datum {
    Some(shown.action.queued_at.timestamp().into())
}

fn error_code(shown: &Shown<'_>) -> Datum {
    shown.action.failure.as_ref().and_then(|failure| text(&*failure.code))
}

fn error_message(shown: &Shown<'_>) -> Datum {
    shown.action.failure.as_ref().and_then(|failure| text(&*failure.message))
}

fn description(shown: &Shown<'_>) -> Datum {
    Some(&shown.definition.description).filter(|text| !text.is_empty()).and_then(text)
}

fn object_type(shown: &Shown<'_>) -> Datum {
    shown.action.key.target.node_uid().and_then(|_| text("node"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as text, compared with the checked-in file.
    #[test]
    fn the_fields_of_each_route_are_as_checked_in() {
        let word = |sent: &Option<As>| match sent {
            Some(Text) => "string",
            Some(Numeric) => "number",
            Some(Info) => "additional_info",
            None => "-",
        };
        let mut table = format!("{:<15}{:<10}{:<10}{:<10}V2", "", "Status", "Accepted", "V1");
        for (name, _, shapes) in FIELDS {
            let [status, accepted, v1, v2] = shapes.each_ref().map(word);
            table += &format!("\n{name:<15}{status:<10}{accepted:<10}{v1:<10}{v2}");
        }
        let expected = include_str!("../../tests/tables/fields.txt");
        assert_eq!(table, expected.trim_end(), "update tests/tables/fields.txt if this is meant");
    }
}
