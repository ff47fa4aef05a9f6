//! Names, parameters and credentials of every form.

use serde_json::json;

use super::{Bench, CLUSTER, PROJECT};
use crate::harness::{Client, exchange};

#[test]
fn names_may_be_anything_and_are_simply_unknown() {
    let bench = Bench::new();
    for name in [
        "a/b",
        "a%2Fb",
        "a.b",
        "..",
        "%2e%2e",
        "%00",
        "a%00",
        "%25",
        "%",
        "%zz",
        "%FF%FE",
        "%C3%A9",
        "a b".trim_end_matches(" b"),
        "VERIFY_TREE",
        "verify_tree%20",
        "verify_tree;x",
        "verify_tree%3Fx",
        "x'--",
        &"n".repeat(5000),
    ] {
        let path = format!("/v1/cluster/actions/{name}");
        for (method, status, code) in [
            ("GET", 404, "action_not_found"),
            ("DELETE", 404, "action_not_found"),
            ("POST", 400, "invalid_action"),
        ] {
            let answer = bench.raw(&format!("{method} {path} HTTP/1.1"), "", b"");
            assert_eq!(answer.status, status, "{method} {path} {answer:?}");
            assert_eq!(answer.json()["error_code"], code, "{method} {path}");
        }
        let path = format!("{PROJECT}/{name}");
        let answer = bench.raw(&format!("GET {path} HTTP/1.1"), "", b"");
        assert_eq!(answer.status, 404, "{path} {answer:?}");
        assert!(answer.json()["title"].is_string(), "{path}");
    }
}

#[test]
fn absurd_parameters_are_400_or_nothing() {
    let bench = Bench::new();
    let get = |query: &str| bench.raw(&format!("GET {PROJECT}?{query} HTTP/1.1"), "", b"");
    for query in [
        "limit=-9223372036854775809",
        "limit=1e9",
        "limit=0x10",
        "limit=%F0%28%8C%28",
        "limit=%00",
        "limit=NaN",
        "offset=-0.5",
        "offset=%2e%2e%2f",
        "offset=%00",
        "marker=%FF",
        "search=%",
        "search=%7B%7D%7D",
    ] {
        let answer = get(query);
        assert_eq!(
            (answer.status, &answer.json()["title"]),
            (400, &json!("Invalid parameter")),
            "{query}"
        );
    }
    for query in [
        "&&&",
        "=",
        "limit",
        "offset",
        "x[]=1&x[]=2",
        "limit=+5",
        "%00=1",
        "limit=1&limit=2&limit=",
    ] {
        assert_eq!(get(query).status, 200, "{query}");
    }
}

#[test]
fn credentials_that_are_missing_or_forged_are_401() {
    let bench = Bench::new();
    let client = bench.server.client();
    let good = bench.admin.header("Authorization").to_owned();
    let encoded = good.trim_start_matches("Basic ").to_owned();
    let check = |client: &Client| {
        let answer = client.get("/v1/cluster/actions").expect(401);
        assert!(answer.header("WWW-Authenticate").starts_with("Basic realm="));
        assert_eq!(answer.json()["error_code"], "unauthorized");
    };
    check(&client);
    for bad in [
        "",
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic YWRtaW4=",
        "Basic 6Zm/",
        "Basic /////w==",
        &format!("Bearer {encoded}"),
        &encoded,
        &format!("Basic{encoded}"),
        &format!("{good}, {good}"),
        &format!("Basic {}", &encoded[2..]),
        "Digest x",
    ] {
        check(&client.with("Authorization", bad));
    }
    check(&client.with("Authorization", &good).with("Authorization", &good));
    check(&client.with("Authorization", &good).with("Authorization", "x"));
    check(&client.basic("admin", ""));
    check(&client.basic("", ""));
    check(&client.basic("admin\0", "x"));
    check(&client.basic(&"n".repeat(20_000), "x"));
    check(&client.basic("admin", &"p".repeat(20_000)));
    client
        .with("Authorization", &format!("basic {encoded}"))
        .get("/v1/cluster/actions")
        .expect(200);
}

#[test]
fn repeated_headers_do_not_get_around_anything() {
    let bench = Bench::new();
    let raw = |headers: &str| {
        let request = format!("GET {PROJECT} HTTP/1.1\r\nHost: h\r\n{headers}\r\n");
        exchange(bench.server.url(), request.as_bytes()).status
    };
    let token = format!("X-Auth-Token: {}\r\n", bench.admin.header("X-Auth-Token"));
    assert_eq!(raw(&token), 200);
    assert_eq!(raw(&token.repeat(2)), 401);
    assert_eq!(raw(&format!("{token}X-Auth-Token: x\r\n")), 401);
    assert_eq!(raw(&format!("{token}Accept: text/html\r\nAccept: */*\r\n")), 200);
    assert_eq!(raw(&format!("{token}Host: other\r\n")), 400);
    let json =
        "Content-Type: application/json\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n";
    let post = bench.raw(&format!("POST {CLUSTER} HTTP/1.1"), json, b"{}");
    assert!(post.status == 400 || post.status == 415, "{post:?}");
}
