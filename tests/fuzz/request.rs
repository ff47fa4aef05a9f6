//! Good requests, and what can be wrong with them.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::json::{leaf, replaced, tree};

/// A request, as it is written on the wire.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: String,
    pub path: Vec<u8>,
    pub query: Vec<String>,
    pub headers: Vec<(String, Vec<u8>)>,
    pub body: Vec<u8>,
}

impl Ask {
    fn new(method: &str, path: &str, body: &str) -> Self {
        let (method, path) = (method.to_owned(), path.as_bytes().to_vec());
        Self { method, path, query: vec![], headers: vec![], body: body.as_bytes().to_vec() }
    }

    /// The bytes of the request; the Content-Length is true unless there is one already.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = [self.method.as_bytes(), b" ", &self.path].concat();
        for (n, pair) in self.query.iter().enumerate() {
            bytes.push(if n == 0 { b'?' } else { b'&' });
            bytes.extend(pair.as_bytes());
        }
        bytes.extend(b" HTTP/1.1\r\nHost: localhost\r\n");
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        if !self.body.is_empty() && !self.frames_itself() {
            bytes.extend(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(&self.body);
        bytes
    }

    /// Whether it says itself where its body ends and what it is for, rightly or not.
    fn frames_itself(&self) -> bool {
        let frames =
            ["content-length", "transfer-encoding", "expect", "connection", "upgrade", "host"];
        self.headers.iter().any(|(name, _)| frames.contains(&&*name.to_lowercase()))
    }

    /// Whether HTTP leaves no doubt about it, so that the server must answer in its own words and
    /// can go on with the connection.
    pub fn is_clear(&self) -> bool {
        let of_path =
            |byte: &u8| byte.is_ascii_alphanumeric() || b"/%-._~!$&'()*+,;=:@".contains(byte);
        let of_value = |byte: &u8| *byte == b'\t' || (0x20..0x7f).contains(byte) || *byte >= 0x80;
        let values = self.headers.iter().all(|(_, value)| value.iter().all(of_value));
        let is_ascii = self.query.iter().all(|pair| pair.is_ascii());
        let path = self.path.starts_with(b"/") && self.path.iter().all(of_path);
        !self.frames_itself() && path && is_ascii && values
    }
}

const SEARCH: &str =
    r#"{"match":[{"action":"backup"},{"mode":"fs"}],"match_not":[{"container":"c"}]}"#;
const DOCUMENT: &str = r#"{"freezer_action":{"action":"backup","mode":"fs","storage":"local","container":"c","engine_name":"tar","path_to_backup":"/srv","deep":[{"a":[1,null]}]},"max_retries":3,"max_retries_interval":4,"mandatory":true,"timeout":5,"description":"d","job_schedule":{"event":"start","schedule_interval":"5 days","schedule_date":"2026-01-31T23:59:00"}}"#;
const LOGIN: &str = r#"{"auth":{"identity":{"methods":["password"],"password":{"user":{"name":"alice","domain":{"id":"default"},"password":"long enough"}}},"scope":{"project":{"id":"alpha"}}}}"#;

/// A request with nothing wrong but, perhaps, its credentials.
fn good() -> impl Strategy<Value = Ask> {
    const ASKS: &[(&str, &str, &str)] = &[
        ("GET", "/v2/alpha/actions", ""),
        ("GET", "/v2/alpha/actions", SEARCH),
        ("GET", "/v2/alpha/actions", r#"{"match":[{"_all":"srv"}]}"#),
        ("POST", "/v2/alpha/actions", DOCUMENT),
        ("POST", "/v2/alpha/actions", DOCUMENT),
        ("GET", "/v2/alpha/actions/x", ""),
        (
            "PATCH",
            "/v2/alpha/actions/x",
            r#"{"freezer_action":{"mode":null,"z":[1]},"tags":{"a":1}}"#,
        ),
        ("PATCH", "/v2/alpha/actions/x", DOCUMENT),
        ("POST", "/v2/alpha/actions/x", DOCUMENT),
        ("DELETE", "/v2/alpha/actions/x", ""),
        ("GET", "/v2/beta/actions/secret", ""),
        ("GET", "/v2/", ""),
        ("GET", "/", ""),
        ("GET", "/healthcheck", ""),
        ("GET", "/readyz", ""),
        ("GET", "/v1/cluster/actions", ""),
        ("GET", "/v1/cluster/actions/verify_tree", ""),
        ("POST", "/v1/cluster/actions/verify_tree", r#"{"path":"data"}"#),
        ("POST", "/cluster/actions/copy_store", "{}"),
        ("DELETE", "/v1/cluster/actions/verify_tree", ""),
        ("GET", "/v1/nodes/1/actions", ""),
        ("POST", "/v1/nodes/1/actions/verify_tree", "{}"),
        ("GET", "/v1/actions", ""),
        ("GET", "/v2/actions/x", ""),
        ("GET", "/v1/users", ""),
        ("GET", "/v3", ""),
        ("GET", "/v3/auth/tokens", ""),
        ("POST", "/v3/auth/tokens", LOGIN),
    ];
    select(ASKS).prop_map(|(method, path, body)| Ask::new(method, path, body))
}

/// One thing that is done to a request.
#[derive(Clone, Debug)]
enum Mutation {
    Method(&'static str),
    Segment(Index, Vec<u8>),
    MoreSegment(Index, Vec<u8>),
    LessSegment(Index),
    PathByte(Index, u8),
    Query(&'static str, String),
    Header(&'static str, Vec<u8>),
    TwiceHeader(Index),
    LessHeader(Index),
    BodyByte(Index, u8),
    BodyCut(Index, Index),
    BodyTwice(Index, Index),
    BodyLeaf(Index, Value),
    Body(Vec<u8>),
}

fn escaped(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("%{byte:02x}")).collect()
}

fn segment() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "alpha",
        "beta",
        "actions",
        "x",
        "secret",
        "verify_tree",
        "nodes",
        "users",
        "..",
        ".",
        "",
        "v1",
        "v3",
        "tokens",
        "a.b",
        "%00",
        "%2F",
        "%252F",
        "%",
        "é",
    ];
    prop_oneof![
        3 => select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        2 => vec(any::<u8>(), 0..6).prop_map(|bytes| escaped(&bytes).into_bytes()),
        1 => "[a-zA-Z0-9_.%+;:@!$&'()*,=~-]{0,80}".prop_map(String::into_bytes),
    ]
}

fn query() -> impl Strategy<Value = Mutation> {
    let name = select(&["limit", "offset", "marker", "search", "other", ""][..]);
    let value = prop_oneof![
        "[0-9+.-]{0,24}",
        select(&["x", "secret", "-1", "", "é", "%FF", "%", "1e3"][..]).prop_map(str::to_owned),
        Just(escaped(SEARCH.as_bytes())),
        leaf().prop_map(|value| escaped(value.to_string().as_bytes())),
    ];
    (name, value).prop_map(|(name, value)| Mutation::Query(name, value))
}

fn header() -> impl Strategy<Value = Mutation> {
    const NAMES: &[&str] = &[
        "X-Auth-Token",
        "X-Service-Token",
        "X-Subject-Token",
        "Authorization",
        "Accept",
        "Content-Type",
        "If-Match",
        "If-Match",
        "X-Openstack-Request-Id",
        "Host",
        "X-Forwarded-Host",
        "X-Roles",
        "X-Project-Id",
        "Range",
        "Content-Length",
        "Transfer-Encoding",
        "Expect",
        "Connection",
        "Upgrade",
    ];
    const VALUES: &[&str] = &[
        "",
        "*",
        "*/*",
        "text/html",
        "application/json",
        "text/plain",
        "\"1\"",
        "W/\"1\"",
        "\"1\",\"2\"",
        "0",
        "5",
        "-1",
        "99999999999999999999",
        "chunked",
        "identity",
        "100-continue",
        "close",
        "h2c",
        "Basic eA==",
        "Basic !",
        "Bearer x",
        "admin",
        "beta",
        "req-1",
        "bytes=0-1",
        "evil.example\"",
        "application/json;q=0",
    ];
    let value = prop_oneof![
        3 => select(VALUES).prop_map(|value| value.as_bytes().to_vec()),
        1 => vec(any::<u8>().prop_filter("a line", |byte| !b"\r\n\0".contains(byte)), 0..40),
        1 => (0..6000_usize).prop_map(|length| vec![b'h'; length]),
    ];
    (select(NAMES), value).prop_map(|(name, value)| Mutation::Header(name, value))
}

fn mutation() -> impl Strategy<Value = Mutation> {
    const METHODS: &[&str] =
        &["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "FOO", "get"];
    let at = any::<Index>;
    prop_oneof![
        2 => select(METHODS).prop_map(Mutation::Method),
        2 => (at(), segment()).prop_map(|(at, text)| Mutation::Segment(at, text)),
        1 => (at(), segment()).prop_map(|(at, text)| Mutation::MoreSegment(at, text)),
        1 => at().prop_map(Mutation::LessSegment),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::PathByte(at, byte)),
        2 => query(),
        3 => header(),
        1 => at().prop_map(Mutation::TwiceHeader),
        1 => at().prop_map(Mutation::LessHeader),
        1 => (at(), any::<u8>()).prop_map(|(at, byte)| Mutation::BodyByte(at, byte)),
        1 => (at(), at()).prop_map(|(from, to)| Mutation::BodyCut(from, to)),
        1 => (at(), at()).prop_map(|(from, to)| Mutation::BodyTwice(from, to)),
        5 => (at(), leaf()).prop_map(|(at, value)| Mutation::BodyLeaf(at, value)),
        2 => tree().prop_map(|tree| Mutation::Body(tree.to_string().into_bytes())),
        1 => vec(any::<u8>(), 0..40).prop_map(Mutation::Body),
        1 => (0..300_usize).prop_map(|depth| Mutation::Body(b"[".repeat(depth))),
    ]
}

impl Mutation {
    fn apply(self, ask: &mut Ask) {
        match self {
            Self::Method(method) => ask.method = method.to_owned(),
            Self::Segment(at, text) => on_segments(ask, |all| {
                let at = at.index(all.len());
                all[at] = text;
            }),
            Self::MoreSegment(at, text) => {
                on_segments(ask, |all| all.insert(at.index(all.len() + 1), text))
            }
            Self::LessSegment(at) => on_segments(ask, |all| drop(all.remove(at.index(all.len())))),
            Self::PathByte(at, byte) => {
                let at = at.index(ask.path.len());
                ask.path[at] = byte;
            }
            Self::Query(name, value) => ask.query.push(format!("{name}={value}")),
            Self::Header(name, value) => ask.headers.push((name.to_owned(), value)),
            Self::TwiceHeader(at) if !ask.headers.is_empty() => {
                ask.headers.push(at.get(&ask.headers).clone());
            }
            Self::LessHeader(at) if !ask.headers.is_empty() => {
                ask.headers.remove(at.index(ask.headers.len()));
            }
            Self::Body(body) => ask.body = body,
            Self::BodyLeaf(at, value) => {
                if let Some(body) = replaced(&ask.body, at, value) {
                    ask.body = body;
                }
            }
            other if !ask.body.is_empty() => other.apply_to_bytes(&mut ask.body),
            _ => {}
        }
    }

    fn apply_to_bytes(self, body: &mut Vec<u8>) {
        let range = |from: Index, to: Index| {
            let (from, to) = (from.index(body.len()), to.index(body.len()));
            from.min(to)..from.max(to) + 1
        };
        match self {
            Self::BodyByte(at, byte) => {
                let at = at.index(body.len());
                body[at] = byte;
            }
            Self::BodyCut(from, to) => drop(body.drain(range(from, to))),
            Self::BodyTwice(from, to) => body.extend_from_within(range(from, to)),
            _ => {}
        }
    }
}

/// Changes the segments of a path, which there is at least one of.
fn on_segments(ask: &mut Ask, change: impl FnOnce(&mut Vec<Vec<u8>>)) {
    let inside = ask.path.strip_prefix(b"/").unwrap_or(&ask.path);
    let mut segments: Vec<_> = inside.split(|byte| *byte == b'/').map(<[u8]>::to_vec).collect();
    change(&mut segments);
    ask.path = [b"/", &*segments.join(&b'/')].concat();
}

/// A request with some mutations. `credentials` are headers; half of the requests have good ones.
pub fn request(credentials: Vec<(&'static str, String)>) -> impl Strategy<Value = Ask> {
    let one = select(credentials).prop_map(Some);
    let some = prop_oneof![4 => vec(one.clone(), 1..3), 1 => Just(vec![None])];
    (good(), some, vec(mutation(), 0..5)).prop_map(|(mut ask, credentials, mutations)| {
        for (name, value) in credentials.into_iter().flatten() {
            ask.headers.push((name.to_owned(), value.into_bytes()));
        }
        for mutation in mutations {
            mutation.apply(&mut ask);
        }
        ask
    })
}
