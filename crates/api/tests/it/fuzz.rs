//! Requests with a few things wrong: only documented answers come back, never a 500.

use actix_web::http::Uri;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use serde_json::Value;

use crate::client::{Ask, Client, ask};

/// What each face may answer.
const PROJECT: &[u16] = &[200, 201, 204, 300, 400, 401, 403, 404, 405, 406, 409, 412, 413, 753];
const CLUSTER: &[u16] = &[200, 400, 401, 403, 404, 405, 409, 413, 415];
const IDENTITY: &[u16] = &[200, 201, 400, 401, 403, 404, 405, 413];

fn documented(path: &str) -> &'static [u16] {
    let path = path.trim_start_matches('/');
    if path.starts_with("v1/cluster/actions") || path.starts_with("cluster/actions") {
        CLUSTER
    } else if path.starts_with("v3") {
        IDENTITY
    } else {
        PROJECT
    }
}

/// A piece of a path: sound, or bytes escaped at random.
fn segment() -> impl Strategy<Value = String> {
    const WORDS: &[&str] = &[
        "v1",
        "v2",
        "v3",
        "alpha",
        "beta",
        "actions",
        "cluster",
        "auth",
        "tokens",
        "check",
        "x",
        "",
        ".",
        "..",
        "healthz",
        "healthcheck",
        "change_master",
    ];
    prop_oneof![
        8 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        1 => vec(any::<u8>(), 0..6).prop_map(|bytes| bytes.iter().map(|b| format!("%{b:02x}")).collect()),
        1 => "[a-z%+.;:@!$&'()*,=~_-]{0,8}",
    ]
}

fn path() -> impl Strategy<Value = String> {
    const ROUTES: &[&str] = &[
        "/",
        "/v2",
        "/v2/alpha/actions",
        "/v2/alpha/actions/x",
        "/v2/beta/actions/x",
        "/v1/cluster/actions",
        "/cluster/actions/check",
        "/v1/cluster/actions/change_master",
        "/v3",
        "/v3/auth/tokens",
    ];
    prop_oneof![
        6 => proptest::sample::select(ROUTES).prop_map(str::to_owned),
        2 => vec(segment(), 0..6).prop_map(|segments| format!("/{}", segments.join("/"))),
    ]
}

fn query() -> impl Strategy<Value = String> {
    let names = proptest::sample::select(&["limit", "offset", "marker", "search", "x", ""][..]);
    let value = prop_oneof![
        "[0-9+-]{0,22}",
        Just("x".to_owned()),
        "[a-z0-9%+={};:,.]{0,12}",
        json().prop_map(|text| text.bytes().map(|b| format!("%{b:02x}")).collect()),
    ];
    let pairs = vec((names, value).prop_map(|(name, value)| format!("{name}={value}")), 0..4);
    prop_oneof![2 => Just(String::new()), 1 => pairs.prop_map(|pairs| format!("?{}", pairs.join("&")))]
}

/// JSON with the keys that mean something, in the wrong places too.
fn json() -> impl Strategy<Value = String> {
    const KEYS: &[&str] = &[
        "freezer_action",
        "action",
        "mode",
        "action_id",
        "max_retries",
        "description",
        "job_schedule",
        "event",
        "match",
        "match_not",
        "_all",
        "auth",
        "identity",
        "methods",
        "password",
        "user",
        "name",
        "scope",
        "project",
        "node_uid",
        "_version",
        "timeout",
        "user_id",
    ];
    let leaves = prop_oneof![
        proptest::sample::select(
            &[
                "null",
                "true",
                "0",
                "-1",
                "5",
                "1.5",
                "1e400",
                "99999999999999999999",
                "\"\"",
                "\"backup\"",
                "\"x\"",
                "\"a/b\"",
                "\"\\u0000\"",
                "\"é\"",
                "\"[{\\\"a\\\":1}]\"",
                "\"password\""
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    leaves.prop_recursive(4, 24, 4, move |inner| {
        let member = (proptest::sample::select(KEYS), inner.clone())
            .prop_map(|(k, v)| format!("\"{k}\":{v}"));
        prop_oneof![
            3 => vec(member, 0..5).prop_map(|members| format!("{{{}}}", members.join(","))),
            1 => vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
        ]
    })
}

/// A body: sound, empty, JSON of any form, JSON with a byte changed, or bytes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let sound = r#"{"freezer_action":{"action":"backup"},"job_schedule":{"event":"start"}}"#;
    prop_oneof![
        2 => Just(sound.as_bytes().to_vec()),
        1 => Just(vec![]),
        4 => json().prop_map(String::into_bytes),
        2 => (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(text, at, byte)| {
            let mut bytes = text.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            bytes
        }),
        1 => vec(any::<u8>(), 0..40),
        1 => (0_usize..300).prop_map(|depth| "[".repeat(depth).into_bytes()),
    ]
}

fn headers() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    const NAMES: &[&str] = &[
        "X-Auth-Token",
        "X-Service-Token",
        "X-Subject-Token",
        "Authorization",
        "Accept",
        "Content-Type",
        "Content-Length",
        "If-Match",
        "X-Openstack-Request-Id",
        "Host",
        "X-Forwarded-Proto",
    ];
    const KNOWN: &[&str] = &[
        "token-alice",
        "token-root",
        "token-rita",
        "Basic YWRtaW46c2VjcmV0OiB3aXRoIGNvbG9u",
        "Basic x",
        "*/*",
        "text/html",
        "application/json;q=0",
        "application/json",
        "text/plain",
        "*",
        "\"1\"",
        "W/\"1\"",
        "\"1\", \"2\"",
        "0",
        "9999999999",
        "-1",
        "req-1",
    ];
    let value = prop_oneof![
        3 => proptest::sample::select(KNOWN).prop_map(|text| text.as_bytes().to_vec()),
        1 => vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff], 0..20),
    ];
    let name = proptest::sample::select(NAMES).prop_map(str::to_owned);
    vec((name, value), 0..4)
}

/// A request that mostly has good credentials, so that it gets somewhere.
fn request() -> impl Strategy<Value = Ask> {
    const METHODS: &[&str] = &["GET", "POST", "PATCH", "DELETE", "PUT", "HEAD", "OPTIONS", "FOO"];
    let method = prop_oneof![
        4 => proptest::sample::select(&METHODS[..4]),
        1 => proptest::sample::select(METHODS),
    ];
    let user =
        proptest::sample::select(&["", "alice", "alice", "alice", "root", "rita", "unscoped"][..]);
    let admin = proptest::bool::weighted(0.7);
    (method, path(), query(), headers(), body(), user, admin).prop_map(
        |(method, path, query, headers, body, user, admin)| {
            let mut ask = ask(method, path + &query).body(body);
            if !user.is_empty() {
                ask = ask.token(user);
            }
            if admin {
                ask = ask.basic("admin");
            }
            ask.headers.extend(headers);
            ask
        },
    )
}

#[test]
fn mutated_requests_get_documented_answers() {
    let config =
        ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() };
    let system = actix_web::rt::System::new();
    let client = system.block_on(Client::new());
    let outcome = TestRunner::new(config).run(&request(), |ask| {
        prop_assume!(ask.path.parse::<Uri>().is_ok());
        let answer = system.block_on(client.send(ask.clone()));
        prop_assert!(documented(&ask.path).contains(&answer.status), "{answer}");
        let is_json = answer.header("content-type").starts_with("application/json");
        if is_json && !answer.body.is_empty() {
            prop_assert!(serde_json::from_str::<Value>(&answer.body).is_ok(), "{answer}");
        }
        Ok(())
    });
    outcome.unwrap();
}
