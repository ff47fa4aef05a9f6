//! What is hardly HTTP, or not at all.

use serde_json::json;

use super::{Bench, CLUSTER, PROJECT};
use crate::harness::{Connection, RawAnswer, exchange};

#[track_caller]
fn is_bare(answer: &RawAnswer, status: u16) {
    assert_eq!((answer.status, answer.body.len()), (status, 0), "{answer:?}");
}

#[test]
fn what_is_no_http_is_400_without_a_body() {
    let bench = Bench::new();
    for request in [
        &b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..],
        b"nonsense\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: h\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nno colon\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: h\r\nX Y: z\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\nxx",
    ] {
        let answer = exchange(bench.server.url(), request);
        is_bare(&answer, 400);
    }
    assert!(!bench.server.log().contains("ERROR"), "a client can fill it: {}", bench.server.log());
}

#[test]
fn lower_case_and_unknown_methods_are_400_in_the_words_of_the_face() {
    let bench = Bench::new();
    for method in ["get", "Post", "FOO", "X-Y", "PROPFIND"] {
        let answer = bench.raw(&format!("{method} {PROJECT} HTTP/1.1"), "", b"");
        assert_eq!(
            (answer.status, &answer.json()["description"]),
            (400, &json!("Invalid HTTP method")),
            "{method}"
        );
    }
    let answer = bench.raw("get /v1/cluster/actions HTTP/1.1", "", b"");
    assert_eq!((answer.status, &answer.json()["status_code"]), (405, &json!(405)));
    assert_eq!(answer.header("allow"), "GET");
}

#[test]
fn urls_and_headers_that_are_too_long_are_refused() {
    let bench = Bench::new();
    let long_path = format!("GET {PROJECT}/{} HTTP/1.1", "x".repeat(70_000));
    let long_query = format!("GET {PROJECT}?x={} HTTP/1.1", "x".repeat(70_000));
    for line in [&long_path, &long_query] {
        is_bare(&bench.raw(line, "", b""), 400);
    }
    let fits = bench.raw(&format!("GET {PROJECT}?x={} HTTP/1.1", "x".repeat(60_000)), "", b"");
    assert_eq!(fits.status, 200);
    let fits = bench.raw(
        &format!("GET {PROJECT} HTTP/1.1"),
        &format!("X: {}\r\n", "x".repeat(60_000)),
        b"",
    );
    assert_eq!(fits.status, 200);
    let huge = format!("X: {}\r\n", "x".repeat(400_000));
    is_bare(&bench.raw(&format!("GET {PROJECT} HTTP/1.1"), &huge, b""), 431);
    let many = "X: x\r\n".repeat(5000);
    let answer = bench.raw(&format!("GET {PROJECT} HTTP/1.1"), &many, b"");
    assert!((400..500).contains(&answer.status) && answer.body.is_empty(), "{answer:?}");
}

#[test]
fn half_a_request_and_then_nothing_holds_nobody_up() {
    let bench = Bench::new();
    let halves = [
        "G".to_owned(),
        format!("POST {PROJECT} HTTP/1.1\r\nHost: h\r\n{}", bench.credentials()),
        format!(
            "POST {PROJECT} HTTP/1.1\r\nHost: h\r\n{}Content-Length: 100\r\n\r\n{{",
            bench.credentials()
        ),
        format!(
            "POST {CLUSTER} HTTP/1.1\r\nHost: h\r\n{}Transfer-Encoding: chunked\r\n\r\n5\r\n{{",
            bench.credentials()
        ),
    ];
    let mut waiting: Vec<_> = halves
        .iter()
        .cycle()
        .take(200)
        .map(|half| {
            let mut connection = Connection::open(bench.server.url());
            connection.send(half.as_bytes());
            connection
        })
        .collect();
    bench.admin.get(PROJECT).expect(200);
    bench.admin.get("/v1/cluster/actions").expect(200);
    // A head that does not come is given up; a client that goes away leaves nothing behind.
    for head in &mut waiting[..2] {
        let answer = head.answer(false);
        assert!(answer.is_none_or(|answer| answer.status == 408), "it is not waited for");
        assert!(head.is_closed());
    }
    drop(waiting);
    bench.admin.get(PROJECT).expect(200);
}

/// A body that nobody has read must not be taken for the next request.
#[test]
fn a_body_that_was_not_read_is_no_request() {
    let bench = Bench::new();
    let inner = format!("GET {PROJECT} HTTP/1.1\r\nHost: h\r\n{}\r\n", bench.credentials());
    let body = inner.repeat(3);
    for (method, target) in
        [("POST", PROJECT), ("PUT", PROJECT), ("DELETE", CLUSTER), ("GET", "/healthz")]
    {
        let head = format!("{method} {target} HTTP/1.1\r\nHost: h\r\n");
        let mut connection = Connection::open(bench.server.url());
        connection.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
        let first = connection.answer(false).expect("an answer");
        assert_eq!(first.status, if target == "/healthz" { 200 } else { 401 }, "{method} {target}");
        // The server may close the connection; if it goes on, it is with the next request.
        connection.send(b"GET /readyz HTTP/1.1\r\nHost: h\r\n\r\n");
        if let Some(second) = connection.answer(false) {
            assert_eq!(second.json()["status"], "ready", "{method} {target}: {second:?}");
        }
    }
}
