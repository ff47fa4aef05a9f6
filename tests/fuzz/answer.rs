//! Which answers are documented.

use serde_json::Value;

use super::request::Ask;
use crate::harness::RawAnswer;

/// One of the faces: its statuses, and the form of its refusals.
struct Face {
    statuses: &'static [u16],
    is_refusal: fn(u16, &Value) -> bool,
}

const PROJECT: Face = Face {
    statuses: &[200, 201, 204, 300, 400, 401, 403, 404, 405, 406, 409, 412, 413, 753],
    is_refusal: |status, body| match status {
        401 => body["error"]["code"] == 401,
        _ => body["title"].is_string() && body["description"].is_string(),
    },
};

const CLUSTER: Face = Face {
    statuses: &[200, 400, 401, 403, 404, 405, 409, 413, 415],
    is_refusal: |status, body| {
        body["status_code"] == status
            && body["error_code"].is_string()
            && body["description"].is_string()
            && body["description"] == body["message"]
    },
};

const IDENTITY: Face = Face {
    statuses: &[200, 201, 400, 401, 403, 404, 405, 413],
    is_refusal: |status, body| {
        body["error"]["code"] == status && body["error"]["message"].is_string()
    },
};

/// Whose a path is. Slashes that are double or at the end mean nothing.
fn face(path: &str) -> Face {
    let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let of_cluster = segments.strip_prefix(&["v1"]).unwrap_or(&segments);
    match (&*segments, of_cluster) {
        (["v1"], _) => PROJECT,
        (["v1", ..], _) | (_, ["actions"] | ["users"]) => CLUSTER,
        (_, ["cluster" | "actions" | "nodes" | "users", _, ..]) => CLUSTER,
        // A project may have that name.
        (["v2", "actions", "actions"], _) => PROJECT,
        (["v2", "actions"] | ["v2", "actions", _], _) => CLUSTER,
        (["v3", ..], _) => IDENTITY,
        _ => PROJECT,
    }
}

/// The path, with what is escaped in it.
fn decoded(path: &[u8]) -> String {
    let mut bytes = vec![];
    let mut rest = path;
    while let [first, inner @ ..] = rest {
        let escape = inner.get(..2).and_then(|hex| std::str::from_utf8(hex).ok());
        let escape = escape.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        let escape = escape.filter(|byte| *first == b'%' && *byte != b'/');
        bytes.push(escape.unwrap_or(*first));
        rest = if escape.is_some() { &inner[2..] } else { inner };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What is wrong with an answer, if anything.
pub fn fault(ask: &Ask, answer: &RawAnswer) -> Option<&'static str> {
    let status = answer.status;
    if status >= 500 && status != 753 {
        return Some("a server error");
    }
    if !ask.is_clear() && answer.header("x-openstack-request-id").is_empty() {
        let is_bare = matches!(status, 400 | 408 | 431) && answer.body.is_empty();
        return if is_bare { None } else { Some("an answer of nobody's") };
    }
    if answer.header("x-openstack-request-id").is_empty() {
        return Some("no request id");
    }
    // A mutation may have put anywhere what ends a path.
    let path = ask.path.split(|byte| b"?#".contains(byte)).next().unwrap_or_default();
    let face = face(&decoded(path));
    if !face.statuses.contains(&status) {
        return Some("an undocumented status");
    }
    if ask.method == "HEAD" || status == 204 {
        return (!answer.body.is_empty()).then_some("a body where there is none");
    }
    if ask.method == "OPTIONS" && status == 200 {
        return None;
    }
    let is_json = answer.header("content-type").starts_with("application/json");
    if status >= 400 && !(is_json && (face.is_refusal)(status, &answer.json())) {
        return Some("a refusal of another form");
    }
    (is_json && serde_json::from_slice::<Value>(&answer.body).is_err()).then_some("broken JSON")
}
