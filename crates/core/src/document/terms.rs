//! What a document can be found by.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::canonical::write_canonical;
use crate::project::ProjectId;

/// One thing that is true of a document in a project: the first 64 bits of a SHA-256 over the
/// project, the kind of statement, the key and the value. Within one project nobody can be led to
/// another's documents by a collision, for the project is part of what is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

impl Term {
    /// It is a document of the project.
    pub fn any(project: &ProjectId) -> Self {
        Statements::of(project).any()
    }

    /// It has `key`, and not null.
    pub fn has(project: &ProjectId, key: &str) -> Self {
        Statements::of(project).has(key)
    }

    /// It has `value` under `key`.
    pub fn equals(project: &ProjectId, key: &str, value: &Value) -> Self {
        Statements::of(project).equals(key, value)
    }
}

/// Makes the terms of a project, all in the same memory.
struct Statements<'a> {
    project: &'a [u8],
    text: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> Statements<'a> {
    fn of(project: &'a ProjectId) -> Self {
        Self { project: project.as_str().as_bytes(), text: Vec::with_capacity(256), value: vec![] }
    }

    fn any(&mut self) -> Term {
        hash(&mut self.text, &[b"any", self.project])
    }

    fn has(&mut self, key: &str) -> Term {
        hash(&mut self.text, &[b"has", self.project, key.as_bytes()])
    }

    fn equals(&mut self, key: &str, value: &Value) -> Term {
        self.value.clear();
        write_canonical(value, &mut self.value);
        hash(&mut self.text, &[b"equals", self.project, key.as_bytes(), &self.value])
    }
}

/// Puts the parts together in `text` first: the hash takes one long text in less time than many short ones.
fn hash(text: &mut Vec<u8>, parts: &[&[u8]]) -> Term {
    text.clear();
    for part in parts {
        text.extend_from_slice(&(part.len() as u64).to_le_bytes());
        text.extend_from_slice(part);
    }
    let digest: [u8; 32] = Sha256::digest(text).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    Term(u64::from_le_bytes([a, b, c, d, e, f, g, h]))
}

/// The value that a search sees under each key, at any depth, also inside lists of objects.
///
/// The value of a key is not searched for that same key again; of a key that stands more than once
/// the last value counts. (freezer-api does so.)
pub(super) fn values_by_key(document: &Map<String, Value>) -> BTreeMap<&str, &Value> {
    let mut found = Vec::with_capacity(USUAL_KEYS);
    collect(document, &mut Vec::new(), &mut found);
    // The last of those with one key stays, which tests hold it to.
    found.into_iter().collect()
}

/// How many keys a document has at most, most of the time.
const USUAL_KEYS: usize = 32;

fn collect<'a>(
    object: &'a Map<String, Value>,
    above: &mut Vec<&'a str>,
    found: &mut Vec<(&'a str, &'a Value)>,
) {
    for (key, value) in object {
        if !above.contains(&key.as_str()) {
            found.push((key, value));
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

/// All terms of a document, each once, in order. Null counts as absent.
pub fn terms(project: &ProjectId, document: &Map<String, Value>) -> Vec<Term> {
    let values = values_by_key(document);
    let mut statements = Statements::of(project);
    let mut terms = Vec::with_capacity(1 + 2 * values.len());
    terms.push(statements.any());
    for (key, value) in values.into_iter().filter(|(_, value)| !value.is_null()) {
        terms.push(statements.has(key));
        terms.push(statements.equals(key, value));
    }
    terms.sort_unstable();
    terms.dedup();
    terms
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
    let mut folded = String::with_capacity(text.len());
    fold_into(&mut folded, text);
    folded
}

fn fold_into(folded: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            SEPARATOR | '\0' => folded.push(' '),
            // What the last line would make of it, sooner.
            _ if c.is_ascii() => folded.push(c.to_ascii_lowercase()),
            _ => folded.extend(c.to_uppercase().flat_map(char::to_lowercase)),
        }
    }
}

fn collect_strings(value: &Value, text: &mut String) {
    match value {
        Value::String(string) => {
            text.reserve(string.len() + SEPARATOR.len_utf8());
            fold_into(text, string);
            text.push(SEPARATOR);
        }
        Value::Array(items) => items.iter().for_each(|item| collect_strings(item, text)),
        Value::Object(members) => members.values().for_each(|member| collect_strings(member, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Stores keep terms, so they must stay as they are.
    #[test]
    fn terms_are_those_of_stores_that_there_are() {
        let project = ProjectId::new("p");
        assert_eq!(Term::any(&project).0, 0xa414_7f42_30b6_acda);
        assert_eq!(Term::has(&project, "key").0, 0xb98f_3773_f4c1_faf5);
        let equals = |value| Term::equals(&project, "key", &value).0;
        assert_eq!(equals(json!(3.0)), 0x7d4d_8ade_f8a4_2f39);
        let nested = json!({"b": "x", "a": [null, true, "é\"", -1.5]});
        assert_eq!(equals(nested), 0x70dc_2cae_e1d0_2687);
    }
}
