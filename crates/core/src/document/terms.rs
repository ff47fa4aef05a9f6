//! What a document can be found by.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::canonical::canonical;
use crate::project::ProjectId;

/// One thing that is true of a document in a project: the first 64 bits of a SHA-256 over the
/// project, the kind of statement, the key and the value. Within one project nobody can be led to
/// another's documents by a collision, for the project is part of what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

impl Term {
    /// It is a document of the project.
    pub fn any(project: &ProjectId) -> Self {
        Self::hash(&["any", project.as_str()])
    }

    /// It has `key`, and not null.
    pub fn has(project: &ProjectId, key: &str) -> Self {
        Self::hash(&["has", project.as_str(), key])
    }

    /// It has `value` under `key`.
    pub fn equals(project: &ProjectId, key: &str, value: &Value) -> Self {
        Self::hash(&["equals", project.as_str(), key, &canonical(value)])
    }

    fn hash(parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let digest: [u8; 32] = hash.finalize().into();
        let [a, b, c, d, e, f, g, h, ..] = digest;
        Self(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// The value that a search sees under each key, at any depth, also inside lists of objects.
///
/// The value of a key is not searched for that same key again; of a key that stands more than once
/// the last value counts. (freezer-api does so.)
pub(super) fn values_by_key(document: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let mut found = BTreeMap::new();
    collect(document, &mut Vec::new(), &mut found);
    found
}

fn collect<'a>(
    object: &'a Map<String, Value>,
    above: &mut Vec<&'a str>,
    found: &mut BTreeMap<&'a str, &'a Value>,
) {
    for (key, value) in object {
        if !above.contains(&key.as_str()) {
            found.insert(key, value);
        }
        above.push(key);
        match value {
            Value::Object(inner) => collect(inner, above, found),
            Value::Array(items) => {
                for inner in items.iter().filter_map(Value::as_object) {
                    collect(inner, above, found);
                }
            }
            _ => {}
        }
        above.pop();
    }
}

/// All terms of a document, each once. Null counts as absent.
pub fn terms(project: &ProjectId, document: &Map<String, Value>) -> Vec<Term> {
    let present = values_by_key(document).into_iter().filter(|(_, value)| !value.is_null());
    let mut terms = BTreeSet::from([Term::any(project)]);
    for (key, value) in present {
        terms.insert(Term::has(project, key));
        terms.insert(Term::equals(project, key, value));
    }
    terms.into_iter().collect()
}

/// Ends a value in [`searchable_text`], so that no substring spans two values.
pub const SEPARATOR: char = '\u{1f}';

/// Every string value of the document, folded, with a unit separator after each.
pub fn searchable_text(document: &Map<String, Value>) -> String {
    let mut text = String::new();
    document.values().for_each(|value| collect_strings(value, &mut text));
    text
}

/// Text as substrings are compared: without case, and without the characters that no store or
/// separator leaves alone (NUL and the unit separator count as spaces).
///
/// Character by character, so that a part of a text is folded as it is within the whole; by way of
/// upper case, in which `σ` and `ς` are one.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len() + SEPARATOR.len_utf8());
    for c in text.chars() {
        match c {
            SEPARATOR | '\0' => folded.push(' '),
            // What the last line would make of it, sooner.
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            _ => folded.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
    folded
}

fn collect_strings(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => {
            text.push_str(&fold(string));
            text.push(SEPARATOR);
        }
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, text)),
        Value::Object(members) => members.values().for_each(|member| collect_strings(member, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
