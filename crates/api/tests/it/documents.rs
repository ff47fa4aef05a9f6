//! What says that the server is there, and what it has.

use std::sync::atomic::Ordering;

use actiond_api::ApiSettings;

use crate::client::{Client, ask};
use crate::world::World;

#[actix_web::test]
async fn the_root_names_the_version() {
    let mut world = World::new();
    world.services.tokens = None;
    let client = Client::of(&world, ApiSettings::default()).await;
    let document = |host: &str| {
        format!(
            r#"300 {{"versions":[{{"id":"v2","status":"CURRENT","updated":"2018-02-21T13:30:00","links":[{{"href":"{host}/v2/","rel":"self"}}]}}]}}"#
        )
    };
    let here = document("http://localhost:8080");
    for path in ["/", "//", "/?x=1"] {
        client.check(ask("GET", path), &here).await;
    }
    let elsewhere = ask("GET", "/").header("Host", "other.example:1234");
    client.check(elsewhere, &document("http://other.example:1234")).await;
    let proxied = ask("GET", "/")
        .header("X-Forwarded-Proto", "https")
        .header("X-Forwarded-Host", "a.example")
        .header("Forwarded", "host=b.example;proto=https");
    client.check(proxied, &here).await;
    for strange in ["a\"b", "a b", "", "a/b"] {
        client.check(ask("GET", "/").header("Host", strange), &here).await;
    }
    let html = client.send(ask("GET", "/").header("Accept", "text/html")).await;
    assert_eq!(html.status, 406);
    let head = client.send(ask("HEAD", "/")).await;
    assert_eq!((head.status, head.header("allow")), (405, "GET, OPTIONS"));
}

#[actix_web::test]
async fn with_users_of_its_own_the_root_names_the_identity_api_too() {
    let versions = Client::new().await.send(ask("GET", "/")).await.json();
    let versions = versions["versions"].as_array().unwrap();
    let ids: Vec<_> = versions.iter().map(|version| version["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["v2", "v3.14"]);
    assert_eq!(versions[1]["links"][0]["href"], "http://localhost:8080/v3/");
}

#[actix_web::test]
async fn a_public_url_stands_wherever_the_server_names_itself() {
    let public_url = Some("https://backup.example/".to_owned());
    let settings = ApiSettings { public_url, ..ApiSettings::default() };
    let client = Client::of(&World::new(), settings).await;
    let asked = |path: &str| ask("GET", path).header("Host", "evil.example");
    let root = client.send(asked("/")).await;
    assert_eq!(root.json()["versions"][0]["links"][0]["href"], "https://backup.example/v2/");
    let refused = client.send(asked("/v2")).await;
    let uri = "Keystone uri=\"https://backup.example/v3\"";
    assert_eq!(refused.header("www-authenticate"), uri);
}

#[actix_web::test]
async fn a_home_document_is_asked_for_by_either_type() {
    let client = Client::new().await;
    for (accept, status) in [
        ("application/json-home", 200),
        ("application/json", 200),
        ("application/json;q=0, application/json-home", 200),
        ("*/*", 200),
        ("text/html", 406),
        ("application/json-home;q=0", 406),
    ] {
        let asked = ask("GET", "/v2").token("alice").header("Accept", accept);
        assert_eq!(client.send(asked).await.status, status, "{accept}");
    }
}

#[actix_web::test]
async fn version_two_lists_its_resources() {
    let client = Client::new().await;
    for (path, user) in [("/v2", "alice"), ("/v2/", "rita"), ("/v2", "unscoped")] {
        let home = client.send(ask("GET", path).token(user)).await;
        assert_eq!((home.status, home.header("content-type")), (200, "application/json-home"));
        let resources = home.json()["resources"].as_object().unwrap().clone();
        let names = ["rel/backups", "rel/jobs", "rel/job", "rel/actions", "rel/action"];
        assert_eq!(resources.keys().collect::<Vec<_>>(), names);
    }
    let post = client.send(ask("POST", "/v2").token("alice")).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET, OPTIONS"));
}

#[actix_web::test]
async fn the_health_check_has_three_forms() {
    let client = Client::new().await;
    for path in ["/healthcheck", "/healthcheck/", "/healthcheck/x/y"] {
        for method in ["GET", "POST", "PUT"] {
            let plain = client.check(ask(method, path), "200 OK").await;
            assert_eq!(plain.header("content-type"), "text/plain; charset=UTF-8");
        }
    }
    let with = |accept: &str| ask("GET", "/healthcheck").header("Accept", accept);
    client.check(with("*/*"), "200 OK").await;
    client.check(with("text/plain"), "200 OK").await;
    client.check(with("image/png"), "200 OK").await;
    let json = "200 {\n    \"detailed\": false,\n    \"reasons\": [\n        \"OK\"\n    ]\n}";
    assert_eq!(
        client.check(with("application/json"), json).await.header("content-type"),
        "application/json"
    );
    client.check(with("text/plain;q=0.1, application/json;q=0.2"), json).await;
    let html = client.send(with("text/html")).await;
    assert_eq!((html.header("content-type"), html.body.len()), ("text/html; charset=UTF-8", 239));
    client.check(ask("HEAD", "/healthcheck"), "204 ").await;
}

#[actix_web::test]
async fn alive_is_not_ready() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    client.check(ask("GET", "/healthz"), r#"200 {"status":"alive"}"#).await;
    client.check(ask("GET", "/readyz"), r#"200 {"status":"ready"}"#).await;
    world.store_is_down.store(true, Ordering::Relaxed);
    client.check(ask("GET", "/healthz/"), r#"200 {"status":"alive"}"#).await;
    let down = r#"503 {"title":"Service Unavailable","description":"the store cannot be reached"}"#;
    assert_eq!(client.check(ask("GET", "/readyz"), down).await.header("retry-after"), "5");
    for path in ["/healthz", "/readyz"] {
        let post = client.send(ask("POST", path)).await;
        assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    }
}
