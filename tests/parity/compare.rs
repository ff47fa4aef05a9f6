//! In what two answers differ, in words.
//!
//! JSON is compared as a reader sees it: white space, and how a string's characters are escaped, are
//! no difference. The order of keys is one, how a number is written is one, and so is a key that
//! comes twice.

use std::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::recording::Answer;

/// The longest value that is shown in full, in characters.
const SHOWN: usize = 200;

/// What `ours` says otherwise than `theirs`; nothing when they are equal.
pub fn differences(theirs: &Answer, ours: &Answer) -> Vec<String> {
    let mut found = vec![];
    if theirs.status != ours.status {
        let shown = |status: Option<u16>| status.map_or("no answer".into(), |s| s.to_string());
        found.push(format!("status {} → {}", shown(theirs.status), shown(ours.status)));
    }
    for (name, value) in &theirs.headers {
        match ours.headers.get(name) {
            None => found.push(format!("{name}: - {value}")),
            Some(other) if other != value => found.push(format!("{name}: {value} → {other}")),
            Some(_) => {}
        }
    }
    let added = ours.headers.iter().filter(|(name, _)| !theirs.headers.contains_key(*name));
    found.extend(added.map(|(name, value)| format!("{name}: + {value}")));
    match (Json::read(&theirs.body), Json::read(&ours.body)) {
        (Some(theirs), Some(ours)) => compare("body", &theirs, &ours, &mut found),
        _ if theirs.body == ours.body => {}
        _ => found.push(format!("body {} → {}", text(&theirs.body), text(&ours.body))),
    }
    found
}

/// JSON with nothing lost that a reader could see.
#[derive(Debug, PartialEq)]
enum Json {
    Object(Vec<(String, Json)>),
    Array(Vec<Json>),
    String(String),
    /// Numbers, true, false and null, as they were written.
    Word(String),
}

impl Json {
    fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// What serde_json calls a number that is no small integer: it hands it over as it was written.
const NUMBER: &str = "$serde_json::private::Number";

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Read)
    }
}

struct Read;

impl<'de> Visitor<'de> for Read {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Word("null".to_owned()))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Word(value.to_string()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Word(number.to_string()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Json, E> {
        Ok(Json::Word(number.to_string()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::String(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        let mut array = vec![];
        while let Some(item) = items.next_element()? {
            array.push(item);
        }
        Ok(Json::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Json, A::Error> {
        let mut object: Vec<(String, Json)> = vec![];
        while let Some(member) = members.next_entry()? {
            object.push(member);
        }
        match object.as_slice() {
            [(key, Json::String(number))] if key == NUMBER => Ok(Json::Word(number.clone())),
            _ => Ok(Json::Object(object)),
        }
    }
}

impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(members) => {
                let shown = members.iter().map(|(key, value)| format!("{key:?}: {value}"));
                write!(f, "{{{}}}", shown.collect::<Vec<_>>().join(", "))
            }
            Self::Array(items) => {
                let shown = items.iter().map(Self::to_string).collect::<Vec<_>>();
                write!(f, "[{}]", shown.join(", "))
            }
            Self::String(text) => write!(f, "{text:?}"),
            Self::Word(word) => f.write_str(word),
        }
    }
}

fn compare(path: &str, theirs: &Json, ours: &Json, found: &mut Vec<String>) {
    match (theirs, ours) {
        (Json::Object(theirs), Json::Object(ours)) => objects(path, theirs, ours, found),
        (Json::Array(theirs), Json::Array(ours)) if theirs.len() == ours.len() => {
            arrays(path, theirs, ours, found);
        }
        _ if theirs == ours => {}
        _ => found.push(format!("{path} {} → {}", shown(theirs), shown(ours))),
    }
}

/// Of an object, in their order, with all that are there twice.
type Members = [(String, Json)];

fn objects(path: &str, theirs: &Members, ours: &Members, found: &mut Vec<String>) {
    let (their_keys, our_keys) = (keys(theirs), keys(ours));
    if has_twice(&their_keys) || has_twice(&our_keys) {
        if theirs != ours {
            let whole = |members: &Members| shown_members(members.iter());
            found.push(format!("{path} {} → {}", whole(theirs), whole(ours)));
        }
        return;
    }
    let missing = |members: &[&str]| {
        let members: Vec<_> = members.iter().map(|key| (*key).to_owned()).collect();
        move |(key, _): &&(String, Json)| !members.contains(key)
    };
    let gone: Vec<_> = theirs.iter().filter(missing(&our_keys)).collect();
    if !gone.is_empty() {
        found.push(format!("{path} - {}", shown_members(gone.into_iter())));
    }
    let added: Vec<_> = ours.iter().filter(missing(&their_keys)).collect();
    if !added.is_empty() {
        found.push(format!("{path} + {}", shown_members(added.into_iter())));
    }
    let common = |keys: &[&str], other: &[&str]| {
        let common = keys.iter().filter(|key| other.contains(*key));
        common.map(|key| (*key).to_owned()).collect::<Vec<_>>()
    };
    let (order, other) = (common(&their_keys, &our_keys), common(&our_keys, &their_keys));
    if order != other {
        found.push(format!("{path} has its keys in the order {}", other.join(", ")));
    }
    for (key, value) in theirs {
        if let Some((_, other)) = ours.iter().find(|(other, _)| other == key) {
            compare(&format!("{path}.{key}"), value, other, found);
        }
    }
}

/// What all items have in common in their differences is said once.
fn arrays(path: &str, theirs: &[Json], ours: &[Json], found: &mut Vec<String>) {
    let of_each = theirs.iter().zip(ours).map(|(theirs, ours)| {
        let mut found = vec![];
        compare("", theirs, ours, &mut found);
        found
    });
    let of_each: Vec<_> = of_each.collect();
    let in_all =
        |what: &String| of_each.len() > 1 && of_each.iter().all(|each| each.contains(what));
    if let Some(first) = of_each.first() {
        let common = first.iter().filter(|what| in_all(what));
        found.extend(common.map(|what| format!("{path}[*]{what}")));
    }
    for (number, each) in of_each.iter().enumerate() {
        let own = each.iter().filter(|what| !in_all(what));
        found.extend(own.map(|what| format!("{path}[{number}]{what}")));
    }
}

fn keys(members: &Members) -> Vec<&str> {
    members.iter().map(|(key, _)| key.as_str()).collect()
}

fn has_twice(keys: &[&str]) -> bool {
    keys.iter().enumerate().any(|(number, key)| keys[..number].contains(key))
}

fn shown_members<'a>(members: impl Iterator<Item = &'a (String, Json)>) -> String {
    let members = members.map(|(key, value)| format!("{key:?}: {value}")).collect::<Vec<_>>();
    cut(&format!("{{{}}}", members.join(", ")))
}

fn shown(value: &Json) -> String {
    cut(&value.to_string())
}

/// A text that is no JSON.
fn text(text: &str) -> String {
    if text.is_empty() { "nothing".to_owned() } else { cut(&format!("{text:?}")) }
}

/// A long text by its beginning, and by a number that is another one for another text.
fn cut(text: &str) -> String {
    use sha2::{Digest, Sha256};
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    let start: String = text.chars().take(SHOWN / 2).collect();
    let digest: String = Sha256::digest(text).iter().take(4).map(|b| format!("{b:02x}")).collect();
    format!("{start}… ({} bytes, {digest})", text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(theirs: &str, ours: &str, expected: &[&str]) {
        let answer = |body: &str| Answer { body: body.to_owned(), ..Answer::default() };
        assert_eq!(differences(&answer(theirs), &answer(ours)), expected, "{theirs} and {ours}");
    }

    #[test]
    fn only_white_space_and_escapes_are_no_difference() {
        check(r#"{"a": [1, "\u00e9"]}"#, r#"{"a":[1,"é"]}"#, &[]);
        check("", "", &[]);
        check("OK", "OK", &[]);
        check("OK", "OK ", &[r#"body "OK" → "OK ""#]);
        check("", "{}", &["body nothing → \"{}\""]);
        check("NaN", "null", &[r#"body "NaN" → "null""#]);
    }

    #[test]
    fn every_value_counts() {
        check(r#"{"a":{"b":1}}"#, r#"{"a":{"b":1.0}}"#, &["body.a.b 1 → 1.0"]);
        check(r#"{"a":"1"}"#, r#"{"a":1}"#, &[r#"body.a "1" → 1"#]);
        check(r#"{"a":null}"#, "{}", &[r#"body - {"a": null}"#]);
        check("{}", r#"{"a":null,"b":[]}"#, &[r#"body + {"a": null, "b": []}"#]);
        check(r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, &["body has its keys in the order b, a"]);
        check(r#"{"a":1}"#, r#"{"a":1,"a":1}"#, &[r#"body {"a": 1} → {"a": 1, "a": 1}"#]);
        check("[1]", "[1,1]", &["body [1] → [1, 1]"]);
        let (long, other) = ("x".repeat(300), format!("{}y", "x".repeat(299)));
        let found = |ours: &str| {
            let answer = |text: &str| Answer { body: text.to_owned(), ..Answer::default() };
            differences(&answer("1"), &answer(&format!("{ours:?}")))
        };
        assert_ne!(found(&long), found(&other));
    }

    #[test]
    fn what_all_items_have_is_said_once() {
        check(
            r#"[{"a":1},{"a":1,"b":2}]"#,
            r#"[{"a":1,"v":1},{"a":1,"b":3,"v":1}]"#,
            &[r#"body[*] + {"v": 1}"#, "body[1].b 2 → 3"],
        );
        check(
            r#"[{},{}]"#,
            r#"[{"v":1},{"v":2}]"#,
            &[r#"body[0] + {"v": 1}"#, r#"body[1] + {"v": 2}"#],
        );
    }

    #[test]
    fn status_and_headers_count() {
        let answer = |status, headers: &[(&str, &str)]| Answer {
            status,
            headers: headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect(),
            body: String::new(),
        };
        let theirs = answer(Some(500), &[("allow", "GET"), ("vary", "Accept"), ("same", "x")]);
        let ours = answer(None, &[("allow", "POST"), ("etag", "1"), ("same", "x")]);
        assert_eq!(
            differences(&theirs, &ours),
            ["status 500 → no answer", "allow: GET → POST", "vary: - Accept", "etag: + 1"]
        );
    }
}
