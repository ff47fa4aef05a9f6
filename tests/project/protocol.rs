//! Methods, headers, the order of the checks, and the documents without a resource.

use serde_json::{Value, json};

use super::{ACTIONS, alpha, backup, create, ids, member};
use crate::harness::{Client, Server, exchange};

#[track_caller]
fn check(client: &Client, method: &str, path: &str, body: &str, status: u16) -> Value {
    client.send(method, path, Some(body.as_bytes())).expect(status).json()
}

#[test]
fn the_first_check_that_fails_answers() {
    let (server, alice) = alpha();
    let stranger = server.client().with("X-Auth-Token", "nonsense").with("Accept", "text/html");
    check(&stranger, "PUT", "/v2/alpha/nothing", "{", 401);
    let picky = alice.with("Accept", "text/html");
    check(&picky, "GET", "/v2/alpha/nothing", "", 406);
    check(&picky, "PUT", ACTIONS, "", 406);
    check(&picky, "POST", "/v2/beta/actions", "{", 406);
    check(&alice, "GET", "/v2/beta/nothing", "", 404);
    check(&alice, "PUT", "/v2/beta/actions", "{", 405);
    check(&alice, "GET", "/v2/beta/actions?limit=-1", "{", 403);
    check(&alice.with("If-Match", "x"), "PATCH", "/v2/beta/actions/x", "{", 403);
    let bad_limit = check(&alice, "GET", &format!("{ACTIONS}?limit=-1"), "{", 400);
    assert_eq!(bad_limit["title"], "Invalid parameter");
    check(&alice, "PATCH", &format!("{ACTIONS}/none"), "{", 753);
    check(&alice, "PATCH", &format!("{ACTIONS}/none"), "[1]", 400);
    check(&alice, "PATCH", &format!("{ACTIONS}/none"), "{}", 404);
    check(&alice, "GET", &format!("{ACTIONS}?offset=nosuch"), "{", 753);
}

#[test]
fn other_methods_are_405_with_what_is_allowed() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    for (path, allowed) in
        [(ACTIONS, "GET, POST"), (&*path, "DELETE, GET, PATCH, POST"), ("/v2/", "GET")]
    {
        for method in ["PUT", "HEAD", "TRACE", "PATCH", "DELETE"] {
            if allowed.contains(method) {
                continue;
            }
            let answer = alice.send(method, path, None).expect(405);
            assert_eq!(answer.header("Allow"), format!("{allowed}, OPTIONS"), "{method} {path}");
            if method != "HEAD" {
                assert_eq!(answer.json()["title"], "405 Method Not Allowed");
            }
        }
        let options = alice.send("OPTIONS", path, None).expect(200);
        assert_eq!((options.header("Allow"), &*options.text), (allowed, ""), "{path}");
        for unknown in ["FOO", "get", "Post"] {
            let answer = alice.send(unknown, path, None).expect(400);
            let words = json!({"title": "Bad request", "description": "Invalid HTTP method"});
            assert_eq!(answer.json(), words, "{unknown} {path}");
        }
    }
}

#[test]
fn only_clients_that_take_json_are_served() {
    let (_server, alice) = alpha();
    for good in [
        "application/json",
        "*/*",
        "application/*",
        "",
        "APPLICATION/JSON",
        "text/html, application/json;q=0.1",
        "application/json; charset=utf-8",
        "text/*, */*;q=0.1",
    ] {
        alice.with("Accept", good).get(ACTIONS).expect(200);
    }
    for bad in [
        "text/html",
        "application/json-home",
        "application/vnd.x+json",
        "application/json;q=0",
        "garbage",
        "application/json;q=0, */*",
        "\u{e9}",
    ] {
        let answer = alice.with("Accept", bad).get(ACTIONS).expect(406).json();
        assert!(answer["description"].as_str().unwrap().contains("application/json"), "{bad}");
    }
    alice.with("Accept", "text/html").with("Accept", "application/json").get(ACTIONS).expect(200);
}

#[test]
fn a_body_is_json_whatever_its_type_says() {
    let (_server, alice) = alpha();
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "garbage", "image/png"]
    {
        let answer = alice.with("Content-Type", content_type).post(ACTIONS, &backup());
        answer.expect(201);
    }
}

#[test]
fn slashes_at_the_end_and_double_ones_mean_nothing() {
    let (_server, alice) = alpha();
    let path = create(&alice, &json!({"action_id": "x", "freezer_action": {"action": "info"}}));
    for same in [
        format!("{path}/"),
        format!("{path}///"),
        "//v2//alpha/actions//x".to_owned(),
        path.replace('x', "%78"),
    ] {
        assert_eq!(alice.get(&same).expect(200).json()["action_id"], "x", "{same}");
    }
    assert_eq!(ids(&alice.get("/v2/alpha/actions/?limit=5").expect(200).json()), ["x"]);
    alice.post("/v2/alpha/actions/", &backup()).expect(201);
    alice.patch(&format!("{path}/"), &json!({})).expect(200);
    alice.delete(&format!("{path}/")).expect(204);
}

#[test]
fn every_answer_has_a_request_id() {
    let (server, alice) = alpha();
    let client = server.client();
    let id = |answer: &crate::harness::Answer| answer.header("x-openstack-request-id").to_owned();
    let mut seen = vec![];
    for answer in [
        alice.get(ACTIONS),
        alice.get("/v2/alpha/actions/none"),
        alice.get("/v2/beta/actions"),
        alice.post(ACTIONS, &backup()),
        client.get(ACTIONS),
        client.get("/"),
        client.get("/healthcheck"),
        client.get("/v3"),
        client.get("/v1/cluster/actions"),
    ] {
        let id = id(&answer);
        let uuid = id.strip_prefix("req-").unwrap_or_else(|| panic!("{id}"));
        assert_eq!((uuid.len(), uuid.matches('-').count()), (36, 4), "{id}");
        seen.push(id);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 9, "each has its own");

    let sent = |id: &str| alice.with("X-Openstack-Request-Id", id).get(ACTIONS);
    for plain in ["req-a", "req-0123-ABC", &format!("req-{}", "a".repeat(60))] {
        assert_eq!(id(&sent(plain)), plain);
    }
    for other in ["abc", "req-", "req-a b", "req-a;b", "req-é", &format!("req-{}", "a".repeat(61))]
    {
        assert_ne!(id(&sent(other)), other);
    }
}

#[test]
fn the_versions_need_no_token() {
    let server = Server::start();
    let client = server.client();
    for path in ["/", "//", "/?x=1"] {
        let answer = client.get(path).expect(300);
        let href = &answer.json()["versions"][0]["links"][0]["href"];
        assert_eq!(*href, format!("{}/v2/", server.url()), "{path}");
        assert_eq!(answer.json()["versions"][0]["status"], "CURRENT");
    }
    client.with("Accept", "text/html").get("/").expect(406);
    assert_eq!(client.send("HEAD", "/", None).expect(405).header("Allow"), "GET, OPTIONS");
    assert_eq!(client.send("OPTIONS", "/", None).expect(200).header("Allow"), "GET");
    client.post("/", &json!({})).expect(405);
}

#[test]
fn the_home_document_needs_any_valid_token() {
    let (server, alice) = alpha();
    for path in ["/v2", "/v2/"] {
        server.client().get(path).expect(401);
        let home = alice.get(path).expect(200);
        assert_eq!(home.header("content-type"), "application/json-home");
        assert_eq!(
            home.json()["resources"]["rel/actions"]["hints"]["allow"],
            json!(["GET", "POST"])
        );
    }
    for path in ["/v1", "/v2/alpha", "/v2/alpha/jobs", "/V2/alpha/actions", "/nothing"] {
        server.client().get(path).expect(401);
        assert_eq!(alice.get(path).expect(404).json()["title"], "404 Not Found", "{path}");
    }
}

#[test]
fn the_health_check_needs_nothing() {
    let server = Server::start();
    let client = server.client();
    let form = |accept: &str| client.with("Accept", accept).get("/healthcheck").expect(200);
    assert_eq!(client.get("/healthcheck").expect(200).text, "OK");
    assert_eq!(form("text/plain").text, "OK");
    assert_eq!(form("application/json").json(), json!({"detailed": false, "reasons": ["OK"]}));
    assert!(form("text/html").header("content-type").starts_with("text/html"));
    assert_eq!(client.get("/healthcheck/").expect(200).text, "OK");
    assert_eq!(client.get("/healthcheck/deeper/still").expect(200).text, "OK");
    client.post("/healthcheck", &json!({})).expect(200);
    client.send("HEAD", "/healthcheck", None).expect(204);
    for path in ["/healthz", "/readyz"] {
        client.get(path).expect(200);
        client.send("HEAD", path, None).expect(200);
        client.post(path, &json!({})).expect(405);
    }
}

#[test]
fn status_753_has_its_reason() {
    let (server, alice) = alpha();
    let token = alice.header("X-Auth-Token").to_owned();
    let request = format!(
        "POST {ACTIONS} HTTP/1.1\r\nHost: h\r\nX-Auth-Token: {token}\r\nContent-Length: 1\r\n\r\n{{"
    );
    let answer = exchange(server.url(), request.as_bytes());
    assert_eq!((answer.status, &*answer.reason), (753, "Syntax Error"));
    assert_eq!(answer.json()["title"], "Malformed JSON");
}

#[test]
fn many_clients_create_at_once() {
    let (server, alice) = alpha();
    let bob = member(&server, "bob", "beta");
    std::thread::scope(|threads| {
        for n in 0..32 {
            let (alice, bob) = (alice.clone(), bob.clone());
            threads.spawn(move || {
                alice.post(ACTIONS, &backup()).expect(201);
                let body = json!({"action_id": format!("b{}", n / 2), "freezer_action": {"action": "info"}});
                let status = bob.post("/v2/beta/actions", &body).status;
                assert!(status == 201 || status == 409, "{status}");
            });
        }
    });
    assert_eq!(ids(&alice.get("/v2/alpha/actions?limit=100").json()).len(), 32);
    assert_eq!(ids(&bob.get("/v2/beta/actions?limit=100").json()).len(), 16);
}
