//! Bad input, on both faces: each gets the status and the body of the contract, and the server goes
//! on as if nothing had been.

use serde_json::{Value, json};

use crate::harness::{Client, Connection, RawAnswer, Server, exchange};

const PROJECT: &str = "/v2/default/actions";
const CLUSTER: &str = "/v1/cluster/actions/verify_tree";
const MIB: usize = 1024 * 1024;

/// A server whose clients misbehave.
struct Bench {
    server: Server,
    /// On both faces.
    admin: Client,
}

impl Bench {
    fn new() -> Self {
        let server = Server::start();
        let token = server.client().project_admin().header("X-Auth-Token").to_owned();
        let admin = server.client().admin().with("X-Auth-Token", &token);
        Self { server, admin }
    }

    /// The credentials as lines of a request.
    fn credentials(&self) -> String {
        let line = |name: &str| format!("{name}: {}\r\n", self.admin.header(name));
        line("X-Auth-Token") + &line("Authorization")
    }

    /// A request with credentials, byte by byte.
    fn raw(&self, line: &str, headers: &str, body: &[u8]) -> RawAnswer {
        let head = format!("{line}\r\nHost: h\r\n{}{headers}\r\n", self.credentials());
        exchange(self.server.url(), &[head.as_bytes(), body].concat())
    }

    /// The same body to both faces.
    #[track_caller]
    fn post_both(&self, body: &[u8], project: u16, cluster: u16) -> (Value, Value) {
        let on_project = self.admin.send("POST", PROJECT, Some(body)).expect(project).json();
        let on_cluster = self.admin.send("POST", CLUSTER, Some(body)).expect(cluster).json();
        assert!(on_project["title"].is_string() && on_project["description"].is_string());
        assert_eq!(
            (&on_cluster["status_code"], &on_cluster["error_code"]),
            (&json!(cluster), &json!("invalid_content"))
        );
        (on_project, on_cluster)
    }
}

/// Whatever was done to it, the server must go on.
impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.server.client().get("/readyz").expect(200);
        let body = json!({"freezer_action": {"action": "backup"}});
        self.admin.post(PROJECT, &body).expect(201);
        self.admin.get("/v1/cluster/actions").expect(200);
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("request failed"), "{log}");
    }
}

#[track_caller]
fn is_bare(answer: &RawAnswer, status: u16) {
    assert_eq!((answer.status, answer.body.len()), (status, 0), "{answer:?}");
}

#[test]
fn what_is_not_json_is_753_or_400() {
    let bench = Bench::new();
    for text in [
        &b"{"[..],
        b"nonsense",
        b"{}}",
        b"{\"a\":1,}",
        b"{'a':1}",
        b"\xff\xfe{\0}\0",
        b"\xef\xbb\xbf{}",
        b"{\"a\":\"\xff\"}",
        b"\"\\ud800\"",
        b"NaN",
        b"\0",
        b"[1",
        b"{\"a\":01}",
    ] {
        let (project, _) = bench.post_both(text, 753, 400);
        assert_eq!(project["title"], "Malformed JSON");
    }
}

#[test]
fn json_of_another_type_is_400() {
    let bench = Bench::new();
    for text in [&b"5"[..], b"true", b"\"text\"", b"[1]", b"[{}]"] {
        let (project, cluster) = bench.post_both(text, 400, 400);
        assert!(project["description"].as_str().unwrap().contains("object"), "{project}");
        assert!(cluster["message"].as_str().unwrap().contains("object"), "{cluster}");
    }
    let (_, cluster) = bench.post_both(b"{\"path\":5,\"more\":1}", 400, 400);
    assert!(cluster["message"].as_str().unwrap().contains("path"), "{cluster}");
}

#[test]
fn ten_thousand_nested_arrays_are_400() {
    let bench = Bench::new();
    let open = "[".repeat(10_000);
    let whole = format!("{open}{}", "]".repeat(10_000));
    let inside =
        format!("{{\"path\":\"data\",\"freezer_action\":{{\"action\":\"backup\",\"x\":{whole}}}}}");
    for text in [&open, &whole, &inside, &"{\"a\":".repeat(10_000)] {
        let (project, _) = bench.post_both(text.as_bytes(), 400, 400);
        assert!(project["description"].as_str().unwrap().contains("100 levels"), "{project}");
    }
    bench.admin.send("GET", PROJECT, Some(whole.as_bytes())).expect(400);
    bench.admin.send("PATCH", &format!("{PROJECT}/x"), Some(whole.as_bytes())).expect(400);
    bench.admin.send("POST", "/v3/auth/tokens", Some(whole.as_bytes())).expect(400);
    let anywhere = json!({"match": [{"_all": whole}]});
    bench.admin.send("GET", PROJECT, Some(anywhere.to_string().as_bytes())).expect(200);
    bench.admin.get(&format!("{PROJECT}?search={}", "[".repeat(10_000))).expect(400);
}

/// A document of so many bytes.
fn document(length: usize) -> String {
    let (head, tail) = ("{\"freezer_action\":{\"action\":\"backup\",\"x\":\"", "\"}}");
    format!("{head}{}{tail}", "x".repeat(length - head.len() - tail.len()))
}

#[test]
fn a_body_of_a_mebibyte_is_taken_and_a_longer_one_is_413() {
    let bench = Bench::new();
    let made = bench.admin.send("POST", PROJECT, Some(document(MIB).as_bytes())).expect(201).json();
    let path = format!("{PROJECT}/{}", made["action_id"].as_str().unwrap());
    let seen = bench.admin.get(&path).expect(200).json();
    assert_eq!(seen["freezer_action"]["x"].as_str().unwrap().len(), MIB - 45);
    for length in [MIB + 1, 8 * MIB] {
        bench.post_both(document(length).as_bytes(), 413, 413);
    }
    let after = bench.admin.send("PATCH", &path, Some(document(MIB + 1).as_bytes())).expect(413);
    assert!(after.json()["description"].as_str().unwrap().contains("1048576"));
    assert_eq!(bench.admin.get(&path).expect(200).json(), seen);
}

#[test]
fn a_body_that_only_announces_its_length_is_not_waited_for() {
    let bench = Bench::new();
    for target in [PROJECT, CLUSTER, "/v3/auth/tokens"] {
        for length in ["1048577", "99999999999", "18446744073709551615"] {
            let headers = format!("Content-Length: {length}\r\n");
            let answer = bench.raw(&format!("POST {target} HTTP/1.1"), &headers, b"");
            assert_eq!(answer.status, 413, "{target} {length}");
            assert!(answer.json().is_object(), "{answer:?}");
        }
    }
}

/// A body in chunks.
fn chunked(chunks: &[&[u8]]) -> Vec<u8> {
    let one =
        |chunk: &&[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    [chunks.iter().map(one).collect::<Vec<_>>().concat(), b"0\r\n\r\n".to_vec()].concat()
}

#[test]
fn chunked_bodies_are_read_and_limited_too() {
    let bench = Bench::new();
    let post = |target: &str, body: &[u8]| {
        bench.raw(&format!("POST {target} HTTP/1.1"), "Transfer-Encoding: chunked\r\n", body).status
    };
    let good = document(5000);
    let (first, second) = good.as_bytes().split_at(30);
    assert_eq!(post(PROJECT, &chunked(&[first, second])), 201);
    let bytes: Vec<_> = good.as_bytes().chunks(7).collect();
    assert_eq!(post(PROJECT, &chunked(&bytes)), 201);
    let long = vec![b' '; MIB / 2 + 1];
    assert_eq!(post(PROJECT, &chunked(&[&long, &long])), 413);
    assert_eq!(post(CLUSTER, &chunked(&[&long, &long])), 413);
    assert_eq!(post(PROJECT, &chunked(&[b"{"])), 753);
    for broken in [&b"zz\r\n{}\r\n0\r\n\r\n"[..], b"-1\r\n{}\r\n", b"ffffffffffffffffff\r\n{}\r\n"]
    {
        assert_eq!(post(PROJECT, broken), 400, "{broken:?}");
    }
}

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

#[test]
fn a_cluster_body_of_another_type_is_415() {
    let bench = Bench::new();
    for content_type in
        ["text/plain", "application/xml", "application/x-www-form-urlencoded", "garbage"]
    {
        let answer =
            bench.admin.with("Content-Type", content_type).post(CLUSTER, &json!({})).expect(415);
        assert_eq!(answer.json()["status_code"], 415);
    }
}
