//! The project face: each route, each status, each body.

use crate::client::{Ask, Client, ask};

const COLLECTION: &str = "/v2/alpha/actions";
const BODY: &str = r#"{"freezer_action":{"action":"backup"}}"#;

fn by_alice(method: &str, path: &str) -> Ask {
    ask(method, path).token("alice")
}

fn item(id: &str) -> String {
    format!("{COLLECTION}/{id}")
}

/// A minimal action as it is read.
fn document(id: &str, user: &str, version: u64) -> String {
    format!(
        r#"{{"project_id":"alpha","action_id":"{id}","user_id":"id-{user}","max_retries":5,"max_retries_interval":6,"mandatory":false,"timeout":null,"_version":{version},"freezer_action":{{"action":"backup","backup_name":null,"mode":null,"container":null,"timeout":null,"priority":null,"path_to_backup":null,"log_file":null}}}}"#
    )
}

async fn make(client: &Client, id: &str) {
    let answer = client.send(by_alice("POST", &item(id)).body(BODY)).await;
    assert_eq!(answer.status, 201, "{answer}");
}

#[actix_web::test]
async fn an_action_from_creation_to_removal() {
    let client = Client::new().await;
    let id = "00000000000000000000000000000001";
    let path = item(id);

    let created = client
        .check(by_alice("POST", COLLECTION).body(BODY), &format!(r#"201 {{"action_id":"{id}"}}"#))
        .await;
    assert_eq!(created.header("etag"), "\"1\"");
    assert_eq!(created.header("content-type"), "application/json");
    let shown = client
        .check(ask("GET", &path).token("rita"), &format!("200 {}", document(id, "alice", 1)))
        .await;
    assert_eq!(shown.header("etag"), "\"1\"");
    assert_eq!(shown.header("content-type"), "application/json");
    client
        .check(
            by_alice("GET", COLLECTION),
            &format!(r#"200 {{"actions":[{}]}}"#, document(id, "alice", 1)),
        )
        .await;

    let patch = by_alice("PATCH", &path).body(r#"{"freezer_action":{"container":"c"}}"#);
    let patched = client.check(patch, &format!(r#"200 {{"action_id":"{id}","version":2}}"#)).await;
    assert_eq!(patched.header("etag"), "\"2\"");
    let replaced = client
        .check(
            by_alice("POST", &path).body(BODY),
            &format!(r#"201 {{"action_id":"{id}","version":3}}"#),
        )
        .await;
    assert_eq!(replaced.header("etag"), "\"3\"");
    client.check(by_alice("GET", &path), &format!("200 {}", document(id, "alice", 3))).await;

    for _ in 0..2 {
        let gone = client.check(by_alice("DELETE", &path), "204 ").await;
        assert_eq!(gone.header("content-length"), "");
        assert_eq!(gone.header("content-type"), "application/json");
    }
    client
        .check(
            by_alice("GET", &path),
            &format!(r#"404 {{"title":"Not Found","description":"No action found with ID {id}"}}"#),
        )
        .await;
    let patch = by_alice("PATCH", &path).body("{}");
    client
        .check(
            patch,
            &format!(r#"404 {{"title":"Not Found","description":"No action found with ID {id}"}}"#),
        )
        .await;
}

#[actix_web::test]
async fn a_body_that_breaks_a_rule_is_400() {
    let client = Client::new().await;
    let bad = |description: &str| {
        format!(r#"400 {{"title":"Bad request format","description":"{description}"}}"#)
    };
    for blank in ["", "{}", "[]", "null", "false", "0", r#""""#] {
        client.check(by_alice("POST", COLLECTION).body(blank), &bad("Missing request body")).await;
    }
    let missing = bad("'freezer_action' is a required property");
    client.check(by_alice("POST", COLLECTION).body(r#"{"x":1}"#), &missing).await;
    for empty in ["", "{}"] {
        client.check(by_alice("POST", &item("r")).body(empty), &missing).await;
    }
    client
        .check(by_alice("POST", COLLECTION).body("5"), &bad("body: 5 is not of type 'object'"))
        .await;
    let long =
        format!(r#"{{"freezer_action":{{"action":"backup"}},"description":"{}"}}"#, "é".repeat(33));
    client
        .check(
            by_alice("POST", COLLECTION).body(long),
            &bad("description: 66 bytes long; at most 64 bytes of UTF-8 are allowed"),
        )
        .await;
    client
        .check(
            by_alice("POST", &item("a.b")).body(BODY),
            &bad(r"action_id: 'a.b' does not match '^[\\w-]+$'"),
        )
        .await;
    make(&client, "p").await;
    client
        .check(by_alice("PATCH", &item("p")).body("[1]"), &bad("body: a patch is a JSON object"))
        .await;
    let kind = r#"{"freezer_action":{"action":"bogus"}}"#;
    let words = r#"freezer_action.action: \"bogus\" is not one of 'backup', 'restore', 'info', 'admin', 'exec'"#;
    client.check(by_alice("PATCH", &item("p")).body(kind), &bad(words)).await;
    client.check(by_alice("GET", &item("p")), &format!("200 {}", document("p", "alice", 1))).await;
}

#[actix_web::test]
async fn a_body_that_is_not_json_is_753() {
    let client = Client::new().await;
    make(&client, "a").await;
    for bad in [
        &b"{broken"[..],
        b"{} x",
        b"\xef\xbb\xbf{}",
        b"\"\xff\"",
        b"NaN",
        b" ",
        b"{\"a\":\"\\ud800\"}",
    ] {
        for (method, path) in [
            ("POST", COLLECTION.to_owned()),
            ("POST", item("a")),
            ("PATCH", item("a")),
            ("GET", COLLECTION.to_owned()),
        ] {
            let answer = client.send(by_alice(method, &path).body(bad)).await;
            assert_eq!(
                (answer.status, answer.reason.as_str()),
                (753, "Syntax Error"),
                "{method} {bad:?}: {answer}"
            );
            assert_eq!(answer.json()["title"], "Malformed JSON");
            assert_eq!(answer.header("vary"), "Accept");
        }
    }
}

#[actix_web::test]
async fn an_id_is_taken_once_in_each_project() {
    let client = Client::new().await;
    let body = r#"{"action_id":"mine","freezer_action":{"action":"backup"}}"#;
    client.check(by_alice("POST", COLLECTION).body(body), r#"201 {"action_id":"mine"}"#).await;
    let taken = r#"409 {"title":"Document already existing","description":"Action already registered with ID mine"}"#;
    client.check(by_alice("POST", COLLECTION).body(body), taken).await;
    client
        .check(
            ask("POST", "/v2/beta/actions").token("bob").body(body),
            r#"201 {"action_id":"mine"}"#,
        )
        .await;
    client.check(by_alice("DELETE", &item("mine")), "204 ").await;
    client.check(by_alice("POST", COLLECTION).body(body), r#"201 {"action_id":"mine"}"#).await;
}

#[actix_web::test]
async fn versions_guard_writes() {
    let client = Client::new().await;
    make(&client, "v").await;
    let stale =
        r#"412 {"title":"Precondition Failed","description":"the action is at version 1 by now"}"#;
    for (method, body) in [("PATCH", "{}"), ("POST", BODY), ("DELETE", "")] {
        for tags in [r#""2""#, r#"W/"1""#] {
            let late = by_alice(method, &item("v")).header("If-Match", tags).body(body);
            client.check(late, stale).await;
        }
        let bad = by_alice(method, &item("v")).header("If-Match", "1").body(body);
        let words = r#"400 {"title":"Invalid header value","description":"The value of the \"If-Match\" header must be a list of entity tags, as in \"1\", or a single *."}"#;
        client.check(bad, words).await;
        let absent = by_alice(method, &item("none")).header("If-Match", "*").body(body);
        let status = client.send(absent).await.status;
        assert_eq!(status, if method == "PATCH" { 404 } else { 412 }, "{method}");
    }
    for tags in ["*", r#""1""#] {
        let new = by_alice("POST", COLLECTION).header("If-Match", tags).body(BODY);
        assert_eq!(client.send(new).await.status, 412, "{tags}");
    }
    let list =
        by_alice("PATCH", &item("v")).header("If-Match", r#""7""#).header("If-Match", r#""1""#);
    client.check(list.body("{}"), r#"200 {"action_id":"v","version":2}"#).await;
    let any = by_alice("POST", &item("v")).header("If-Match", "*").body(BODY);
    client.check(any, r#"201 {"action_id":"v","version":3}"#).await;
    client.check(by_alice("DELETE", &item("v")).header("If-Match", r#""3""#), "204 ").await;
}

async fn ids(client: &Client, query: &str, body: &str) -> Vec<String> {
    let answer = client.send(by_alice("GET", &format!("{COLLECTION}{query}")).body(body)).await;
    assert_eq!(answer.status, 200, "{query} {body}: {answer}");
    let actions = answer.json()["actions"].as_array().unwrap().clone();
    actions.iter().map(|action| action["action_id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn pages_and_searches() {
    let client = Client::new().await;
    for id in ["a", "b", "c"] {
        make(&client, id).await;
    }
    for (query, body, expected) in [
        ("", "", "a b c"),
        ("?limit=2", "", "a b"),
        ("?limit=2&offset=2", "", "c"),
        ("?limit=1&offset=a", "", "b"),
        ("?marker=b", "", "c"),
        ("?limit=1&limit=2", "", "a b"),
        ("?limit=&offset=", "", "a b c"),
        ("?limit=+2", "", "a b"),
        ("?unknown=1&LIMIT=1&%ff=%ff&&", "", "a b c"),
        ("", "null", "a b c"),
        ("", "{}", "a b c"),
        ("", r#"{"match":[{"action_id":"b"}]}"#, "b"),
        ("?search={\"match\":[{\"action_id\":\"c\"}]}", "", "c"),
        (
            "?search=%7B%22match%22:%5B%7B%22action_id%22:%22c%22%7D%5D%7D",
            r#"{"match":[{"action_id":"a"}]}"#,
            "a",
        ),
        ("?search=%7B%22match_not%22:%5B%7B%22action_id%22:%22c%22%7D%5D%7D&limit=1", "", "a"),
        ("?search=null&search=", "", "a b c"),
    ] {
        let query = query.replace('"', "%22").replace('{', "%7B").replace('}', "%7D");
        assert_eq!(ids(&client, &query, body).await.join(" "), expected, "{query} {body}");
    }
}

#[actix_web::test]
async fn pages_and_searches_that_cannot_be_read_are_400() {
    let client = Client::new().await;
    for (query, body, description) in [
        (
            "?limit=-1",
            "",
            r#"The \"limit\" parameter is invalid. The value must be an integer of 0 or more."#,
        ),
        (
            "?offset=1.5",
            "",
            r#"The \"offset\" parameter is invalid. The value must be an integer of 0 or more, or the action_id of the last row seen."#,
        ),
        (
            "?offset=nosuch",
            "",
            r#"The \"offset\" parameter is invalid. The value names no action of this project, nor one removed in the last day: start again without it."#,
        ),
        (
            "?marker=nosuch",
            "",
            r#"The \"marker\" parameter is invalid. The value names no action of this project, nor one removed in the last day: start again without it."#,
        ),
        (
            "?limit=%ff",
            "",
            r#"The \"limit\" parameter is invalid. The value must be an integer of 0 or more."#,
        ),
        (
            "?search=%7Bbroken",
            "",
            r#"The \"search\" parameter is invalid. The value must be a JSON object, as in {\"match\":[{\"key\":\"value\"}]}."#,
        ),
    ] {
        let expected =
            format!(r#"400 {{"title":"Invalid parameter","description":"{description}"}}"#);
        client.check(by_alice("GET", &format!("{COLLECTION}{query}")).body(body), &expected).await;
    }
    for shape in ["[1]", "5", r#"{"match":"s"}"#, r#"{"match":[null]}"#, r#"{"query":{}}"#] {
        let answer = client.send(by_alice("GET", COLLECTION).body(shape)).await;
        assert_eq!(
            (answer.status, &answer.json()["title"]),
            (400, &"Bad request format".into()),
            "{shape}"
        );
    }
}

#[actix_web::test]
async fn slashes_at_the_end_and_double_ones_do_not_count() {
    let client = Client::new().await;
    make(&client, "s").await;
    for path in [
        "/v2/alpha/actions/s/",
        "/v2/alpha/actions/s//",
        "//v2//alpha/actions//s",
        "/v2/%61lpha/%61ctions/%73",
    ] {
        client.check(by_alice("GET", path), &format!("200 {}", document("s", "alice", 1))).await;
    }
    for path in ["/v2/alpha/actions/?limit=0", "/v2/alpha/actions///?limit=0"] {
        client
            .check(
                by_alice("GET", path),
                &format!(r#"200 {{"actions":[{}]}}"#, document("s", "alice", 1)),
            )
            .await;
    }
    client
        .check(
            by_alice("POST", "/v2/alpha/actions/s/").body(BODY),
            r#"201 {"action_id":"s","version":2}"#,
        )
        .await;
}

#[actix_web::test]
async fn a_project_id_is_decoded_whole() {
    let client = Client::new().await;
    let create = ask("POST", "/v2/a%2Fb%20%2B%25/actions/x").token("root").body(BODY);
    assert_eq!(client.send(create).await.status, 201);
    let shown =
        client.send(ask("GET", "/v2/a%2Fb +%25/actions/x".replace(' ', "%20")).token("root")).await;
    assert_eq!(shown.json()["project_id"], "a/b +%");
}

#[actix_web::test]
async fn requests_keep_plain_ids() {
    let client = Client::new().await;
    let with = |id: &str| by_alice("GET", COLLECTION).header("X-Openstack-Request-Id", id);
    let answer = client.send(with("req-abc-1")).await;
    assert_eq!(answer.header("x-openstack-request-id"), "req-abc-1");
    for other in ["abc", "req-a b", "req-\u{e9}"] {
        let id = client.send(with(other)).await;
        let id = id.header("x-openstack-request-id");
        assert_eq!((id.len(), id == other), (40, false), "{id}");
    }
    assert_eq!(
        client.send(ask("GET", "/healthz")).await.header("x-openstack-request-id").len(),
        40
    );
}
