//! Input that nobody should send: each gets its documented answer, and the server goes on.

use actiond_api::ApiSettings;

use crate::client::{Ask, Client, ask};
use crate::world::World;

const COLLECTION: &str = "/v2/alpha/actions";

fn by_alice(method: &str, path: &str) -> Ask {
    ask(method, path).token("alice")
}

#[actix_web::test]
async fn strange_ids_name_nothing() {
    let client = Client::new().await;
    let body = r#"{"freezer_action":{"action":"backup"}}"#;
    let long = "i".repeat(2000);
    for id in [
        "a%2Fb",
        "a.b",
        "..",
        "%2e%2e",
        "a%00b",
        "a%0A",
        "%",
        "%zz",
        "%25",
        "%FF%FE",
        "a b",
        "'or'1'='1",
        "a;b",
        "%F0%9F%98%80",
        &long,
    ] {
        let path = format!("{COLLECTION}/{}", id.replace(' ', "%20"));
        for (method, expected) in [("GET", 404), ("DELETE", 204), ("POST", 400), ("PATCH", 404)] {
            let answer = client
                .send(by_alice(method, &path).body(if method == "GET" { "" } else { body }))
                .await;
            assert_eq!(answer.status, expected, "{method} {id}: {answer}");
        }
    }
    client.check(by_alice("GET", COLLECTION), r#"200 {"actions":[]}"#).await;
}

#[actix_web::test]
async fn bodies_have_a_longest_and_a_deepest() {
    let settings = ApiSettings { max_body: 1000, ..ApiSettings::default() };
    let client = Client::of(&World::new(), settings).await;
    let too_long = r#"413 {"title":"Request Entity Too Large","description":"The body is longer than 1000 bytes."}"#;
    let long = format!("\"{}\"", "x".repeat(999));
    for (method, path) in [
        ("POST", COLLECTION),
        ("POST", "/v2/alpha/actions/x"),
        ("PATCH", "/v2/alpha/actions/x"),
        ("GET", COLLECTION),
    ] {
        client.check(by_alice(method, path).body(long.clone()), too_long).await;
        let announced = by_alice(method, path).header("Content-Length", "1001");
        client.check(announced, too_long).await;
    }
    let cluster = ask("POST", "/v1/cluster/actions/check").basic("admin").body(long);
    let answer = client.send(cluster).await;
    assert_eq!((answer.status, &answer.json()["error_code"]), (413, &"invalid_content".into()));
}

#[actix_web::test]
async fn deep_nesting_is_400() {
    let client = Client::new().await;
    let too_deep = r#"400 {"title":"Bad request format","description":"The body is nested deeper than 100 levels."}"#;
    for levels in [101, 10_000] {
        for body in [
            format!("{}{}", "[".repeat(levels), "]".repeat(levels)),
            "[".repeat(levels),
            r#"{"a":"#.repeat(levels),
        ] {
            for method in ["GET", "POST"] {
                client.check(by_alice(method, COLLECTION).body(body.clone()), too_deep).await;
            }
            let cluster = ask("POST", "/v1/cluster/actions/check").basic("admin").body(body);
            assert_eq!(client.send(cluster).await.status, 400);
        }
    }
    let deep = format!(
        r#"{{"freezer_action":{{"action":"backup","x":{}{}}}}}"#,
        "[".repeat(98),
        "]".repeat(98)
    );
    assert_eq!(client.send(by_alice("POST", COLLECTION).body(deep)).await.status, 201);
}

#[actix_web::test]
async fn numbers_of_any_size_and_odd_keys_are_taken_or_refused_in_words() {
    let client = Client::new().await;
    for (extra, expected) in [
        (r#""x":1e400"#, 201),
        (r#""x":123456789012345678901234567890"#, 201),
        (r#""max_retries":1e400"#, 201),
        (r#""max_retries":99999999999999999999"#, 201),
        (r#""max_retries":true"#, 400),
        (r#""x":{"$serde_json::private::Number":"1"}"#, 201),
        (r#""x":{"$serde_json::private::Number":"no"}"#, 753),
        (r#""x":"\u0000""#, 201),
        (r#""x":1,"x":2"#, 201),
    ] {
        let body = format!(r#"{{"freezer_action":{{"action":"backup"}},{extra}}}"#);
        let answer = client.send(by_alice("POST", COLLECTION).body(body)).await;
        assert_eq!(answer.status, expected, "{extra}: {answer}");
    }
    assert_eq!(client.send(by_alice("GET", COLLECTION)).await.status, 200);
}

#[actix_web::test]
async fn absurd_pages_are_cut_or_refused() {
    let client = Client::new().await;
    for (query, expected) in [
        ("limit=99999999999999999999", 200),
        ("offset=99999999999999999999", 200),
        ("offset=18446744073709551615&limit=4294967296", 200),
        ("limit=-9223372036854775808", 400),
        ("limit=1e3", 400),
        ("limit=%00", 400),
        ("offset=%00", 400),
        ("marker=%2F", 400),
        ("limit=2%3Boffset=1", 400),
    ] {
        let answer = client.send(by_alice("GET", &format!("{COLLECTION}?{query}"))).await;
        assert_eq!(answer.status, expected, "{query}: {answer}");
    }
}
