//! The identity face: each route, each status, each body.

use serde_json::{Value, json};

use crate::client::{Ask, Client, ask};
use crate::world::{PASSWORD, World};

const TOKENS: &str = "/v3/auth/tokens";

fn login(user: Value, scope: Value) -> Ask {
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    let body = json!({"auth": {"identity": identity, "scope": scope}});
    ask("POST", TOKENS).body(body.to_string())
}

fn alice() -> Value {
    json!({"name": "alice", "password": PASSWORD, "domain": {"id": "default"}})
}

fn error(code: u16, title: &str, message: &str) -> String {
    format!(r#"{code} {{"error":{{"code":{code},"message":"{message}","title":"{title}"}}}}"#)
}

fn not_authorized(action: &str) -> String {
    format!("You are not authorized to perform the requested action: {action}.")
}

fn unauthorized() -> String {
    error(401, "Unauthorized", "The request you have made requires authentication.")
}

#[actix_web::test]
async fn a_login_answers_a_token_and_the_catalog() {
    let client = Client::new().await;
    let scope = json!({"project": {"name": "alpha", "domain": {"name": "Default"}}});
    let issued = client.send(login(alice(), scope).header("Host", "here:9090")).await;
    assert_eq!((issued.status, issued.header("x-subject-token")), (201, "token-alice"), "{issued}");
    let token = issued.json()["token"].clone();
    assert_eq!(token["user"]["id"], "id-alice");
    assert_eq!(token["user"]["domain"], json!({"id": "default", "name": "Default"}));
    assert_eq!(token["project"]["id"], "alpha");
    assert_eq!(token["roles"], json!([{"id": "member", "name": "member"}]));
    assert_eq!(token["issued_at"], "1970-01-01T00:00:00.000000Z");
    assert_eq!(token["expires_at"], "1970-01-01T01:00:00.000001Z");
    assert_eq!(token["audit_ids"][0].as_str().unwrap().len(), 22);
    let services = [("backup", "http://here:9090"), ("identity", "http://here:9090/v3")];
    for (service, (kind, url)) in token["catalog"].as_array().unwrap().iter().zip(services) {
        assert_eq!(service["type"], kind);
        let endpoints = service["endpoints"].as_array().unwrap();
        let interfaces: Vec<_> =
            endpoints.iter().map(|e| e["interface"].as_str().unwrap()).collect();
        assert_eq!(interfaces, ["public", "internal", "admin"]);
        assert!(endpoints.iter().all(|endpoint| endpoint["url"] == url), "{service}");
    }
    let unscoped = client.send(login(alice(), Value::Null)).await.json()["token"].clone();
    assert!(unscoped.get("project").is_none() && unscoped.get("catalog").is_none(), "{unscoped}");
}

#[actix_web::test]
async fn wrong_logins_all_look_alike() {
    let client = Client::new().await;
    let with = |key: &str, value: Value| {
        let mut user = alice();
        user[key] = value;
        login(user, Value::Null)
    };
    for ask in [
        with("password", json!("wrong")),
        with("name", json!("unknown")),
        with("domain", json!({"name": "other"})),
        login(alice(), json!({"project": {"id": "beta"}})),
        login(alice(), json!({"project": {"name": "alpha", "domain": {"id": "other"}}})),
        login(alice(), json!({"system": {"all": true}})),
    ] {
        let answer = client.check(ask, &unauthorized()).await;
        assert_eq!(answer.header("www-authenticate"), "Keystone uri=\"http://localhost:8080/v3\"");
    }
}

#[actix_web::test]
async fn what_is_no_login_is_400() {
    let client = Client::new().await;
    for body in [
        "",
        "null",
        "[]",
        "{broken",
        "{}",
        r#"{"auth":{}}"#,
        r#"{"auth":{"identity":{"methods":["password"],"password":"secret: with colon"}}}"#,
        r#"{"auth":{"identity":{"methods":["password"]}}}"#,
    ] {
        let answer = client.send(ask("POST", TOKENS).body(body)).await;
        assert_eq!(
            (answer.status, &answer.json()["error"]["title"]),
            (400, &"Bad Request".into()),
            "{body}"
        );
        assert!(!answer.body.contains(PASSWORD));
    }
}

#[actix_web::test]
async fn a_login_is_short() {
    let client = Client::new().await;
    let long = |length| ask("POST", TOKENS).body(" ".repeat(length));
    assert_eq!(client.send(long(16 * 1024)).await.status, 400);
    let too_long = error(413, "Payload Too Large", "The body is longer than 16384 bytes.");
    client.check(long(16 * 1024 + 1), &too_long).await;
}

#[actix_web::test]
async fn a_token_is_described_to_its_user_and_to_admins() {
    let client = Client::new().await;
    let about = |user: &str, subject: &str| {
        ask("GET", TOKENS).token(user).header("X-Subject-Token", subject)
    };
    for user in ["alice", "root"] {
        let answer = client.send(about(user, "token-alice")).await;
        assert_eq!(
            (answer.status, answer.header("x-subject-token")),
            (200, "token-alice"),
            "{answer}"
        );
        assert_eq!(answer.json()["token"]["user"]["name"], "alice");
    }
    let forbidden = error(403, "Forbidden", &not_authorized("identity:validate_token"));
    client.check(about("bob", "token-alice"), &forbidden).await;
    client.check(about("bob", "nonsense"), &forbidden).await;
    client
        .check(about("root", "nonsense"), &error(404, "Not Found", "Could not find the token."))
        .await;
    client.check(about("nonsense", "token-alice"), &unauthorized()).await;
    client
        .check(ask("GET", TOKENS).header("X-Subject-Token", "token-alice"), &unauthorized())
        .await;
    let unsaid = client.send(ask("GET", TOKENS).token("alice")).await;
    assert_eq!(unsaid.status, 400, "{unsaid}");
    let mut head = about("alice", "token-alice");
    head.method = actix_web::http::Method::HEAD;
    assert_eq!(client.send(head).await.header("x-subject-token"), "token-alice");
}

#[actix_web::test]
async fn a_token_is_got_for_another() {
    let client = Client::new().await;
    let ask_with = |token: &str, scope: Value| {
        let identity = json!({"methods": ["token"], "token": {"id": token}});
        let body = json!({"auth": {"identity": identity, "scope": scope}});
        ask("POST", TOKENS).body(body.to_string())
    };
    let issued = client.send(ask_with("token-alice", json!({"project": {"id": "alpha"}}))).await;
    assert_eq!(issued.status, 201, "{issued}");
    let token = issued.json()["token"].clone();
    assert_eq!(token["methods"], json!(["token", "password"]));
    assert_eq!(token["audit_ids"].as_array().unwrap().len(), 2);
    let no_token = error(404, "Not Found", "Failed to validate token");
    client.check(ask_with("nonsense", Value::Null), &no_token).await;
    let elsewhere = ask_with("token-alice", json!({"project": {"id": "beta"}}));
    client.check(elsewhere, &unauthorized()).await;
}

#[actix_web::test]
async fn a_token_is_revoked_by_its_user_and_by_admins() {
    let client = Client::new().await;
    let revoke = |user: &str, subject: &str| {
        ask("DELETE", TOKENS).token(user).header("X-Subject-Token", subject)
    };
    for user in ["alice", "root"] {
        client.check(revoke(user, "token-alice"), "204 ").await;
    }
    let forbidden = error(403, "Forbidden", &not_authorized("identity:revoke_token"));
    client.check(revoke("bob", "token-alice"), &forbidden).await;
    client
        .check(revoke("root", "nonsense"), &error(404, "Not Found", "Could not find the token."))
        .await;
    client.check(ask("DELETE", TOKENS).header("X-Subject-Token", "x"), &unauthorized()).await;
}

#[actix_web::test]
async fn the_directory_tells_everybody_of_oneself_and_admins_of_all() {
    let client = Client::new().await;
    let get = |user: &str, path: &str| ask("GET", path).token(user);
    let ids = |list: &Value| {
        let ids = list.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap());
        ids.collect::<Vec<_>>().join(" ")
    };
    for (user, path, list, expected) in [
        ("alice", "/v3/auth/projects", "projects", "alpha"),
        ("unscoped", "/v3/auth/projects", "projects", ""),
        ("alice", "/v3/users/id-alice/projects", "projects", "alpha"),
        ("root", "/v3/users/id-bob/projects", "projects", "beta"),
        ("root", "/v3/users/id-bob/projects?name=alpha", "projects", ""),
        ("root", "/v3/projects", "projects", "alpha beta ops services"),
        ("root", "/v3/projects?name=beta&domain_id=default&sort=x", "projects", "beta"),
        ("root", "/v3/projects?name=beta&domain_id=other", "projects", ""),
        ("root", "/v3/users?name=bob", "users", "id-bob"),
        ("root", "/v3/domains", "domains", "default"),
        ("root", "/v3/domains?name=Other", "domains", ""),
        ("alice", "/v3/auth/domains", "domains", ""),
        ("alice", "/v3/auth/system", "system", ""),
    ] {
        let answer = client.send(get(user, path)).await;
        assert_eq!((answer.status, &*ids(&answer.json()[list])), (200, expected), "{user} {path}");
    }
    for (user, path, item, name) in [
        ("alice", "/v3/users/id-alice", "user", "alice"),
        ("root", "/v3/users/id-bob", "user", "bob"),
        ("alice", "/v3/projects/alpha", "project", "alpha"),
        ("root", "/v3/projects/beta", "project", "beta"),
        ("alice", "/v3/domains/default", "domain", "Default"),
    ] {
        let answer = client.send(get(user, path)).await;
        assert_eq!((answer.status, &answer.json()[item]["name"]), (200, &json!(name)), "{path}");
    }
    for (path, action) in [
        ("/v3/users", "list_users"),
        ("/v3/users/id-bob", "get_user"),
        ("/v3/users/id-bob/projects", "list_user_projects"),
        ("/v3/projects", "list_projects"),
        ("/v3/projects/beta", "get_project"),
        ("/v3/domains", "list_domains"),
    ] {
        let message = not_authorized(&format!("identity:{action}"));
        client.check(get("alice", path), &error(403, "Forbidden", &message)).await;
        client.check(ask("GET", path), &unauthorized()).await;
    }
    let missing = error(404, "Not Found", "Could not find user: nobody.");
    client.check(get("root", "/v3/users/nobody"), &missing).await;
    let catalog = client.send(get("alice", "/v3/auth/catalog")).await.json();
    assert_eq!(catalog["catalog"][0]["type"], "backup");
    assert_eq!(client.send(get("unscoped", "/v3/auth/catalog")).await.status, 403);
}

#[actix_web::test]
async fn clients_find_the_version() {
    let client = Client::new().await;
    for path in ["/v3", "/v3/"] {
        let version = client.send(ask("GET", path)).await.json()["version"].clone();
        assert_eq!(version["id"], "v3.14");
        assert_eq!(version["links"][0]["href"], "http://localhost:8080/v3/");
    }
    client
        .check(ask("GET", "/v3/groups"), &error(404, "Not Found", "There is nothing at this path."))
        .await;
    let put = client.send(ask("PUT", TOKENS)).await;
    assert_eq!((put.status, put.header("allow")), (405, "DELETE, GET, HEAD, POST"));
}

#[actix_web::test]
async fn without_users_of_its_own_the_service_has_no_identity_face() {
    let mut world = World::new();
    world.services.tokens = None;
    let client = Client::of(&world, Default::default()).await;
    for path in ["/v3", TOKENS] {
        assert_eq!(client.send(ask("GET", path)).await.status, 401);
        let nothing =
            r#"404 {"title":"404 Not Found","description":"There is nothing at this path."}"#;
        client.check(ask("GET", path).token("alice"), nothing).await;
    }
}
