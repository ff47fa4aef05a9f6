//! Users and tokens of the cluster face: each route, each status, each body.

use serde_json::json;

use crate::client::{Answer, Ask, Client, ask};
use crate::world::PASSWORD;

const EVA: &str = r#"{"uid":7,"name":"eva","email":"","role":"db_member","auth_method":"regular","status":"locked","password_issue_date":"1970-01-01T00:00:00Z"}"#;

fn refused(status: u16, code: &str, text: &str) -> String {
    let body = json!({
        "error_code": code, "description": text, "message": text, "status_code": status,
    });
    format!("{status} {body}")
}

fn unauthorized() -> String {
    refused(401, "unauthorized", "the request requires authentication")
}

fn admin(method: &str, path: &str) -> Ask {
    ask(method, path).basic("admin")
}

fn token(life: &str) -> String {
    format!(
        r#"200 {{"access_token":"jwt-admin","jwt":"jwt-admin","expires_at":"1970-01-01T{life}Z"}}"#
    )
}

#[actix_web::test]
async fn users_are_listed_shown_made_changed_and_removed() {
    let client = Client::new().await;
    client.check(admin("GET", "/v1/users"), &format!("200 [{EVA}]")).await;
    client.check(admin("GET", "/users/7/"), &format!("200 {EVA}")).await;
    let new = json!({"email": "a@b.example", "password": "long enough", "role": "db_viewer",
        "email_alerts": true, "auth_method": "regular"});
    let made = client.send(admin("POST", "/v1/users").body(new.to_string())).await;
    assert_eq!(made.status, 200, "{made}");
    assert_eq!((&made.json()["uid"], &made.json()["name"]), (&json!(8), &json!("a@b.example")));
    assert_eq!(made.json()["role"], "db_viewer");
    let change = json!({"name": "eve", "role": "none", "status": "active"}).to_string();
    let changed = client.send(admin("PUT", "/v1/users/7").body(change)).await.json();
    assert_eq!((&changed["name"], &changed["role"]), (&json!("eve"), &json!("none")));
    assert_eq!(changed["status"], "active");
    client.check(admin("DELETE", "/v1/users/7"), "200 {}").await;
}

#[actix_web::test]
async fn what_is_not_there_or_in_the_way_is_said_in_words_about_users() {
    let client = Client::new().await;
    for path in ["/v1/users/8", "/v1/users/eva", "/v1/users/-1", "/v1/users/99999999999"] {
        let uid = path.rsplit('/').next().unwrap();
        let said = refused(404, "user_not_found", &format!("there is no user {uid}"));
        client.check(admin("GET", path), &said).await;
        client.check(admin("DELETE", path), &said).await;
        client.check(admin("PUT", path).body("{}"), &said).await;
    }
    let again = json!({"name": "eva", "password": "long enough"}).to_string();
    let said = refused(409, "user_conflict", "there is a user 'eva' already");
    client.check(admin("POST", "/v1/users").body(again), &said).await;
    let post = |body: &str| admin("POST", "/v1/users").body(body);
    for (body, text) in [
        ("{}", "email: is missing, and so is name: one of them is needed"),
        (r#"{"name":"x"}"#, "'password' is a required property"),
        (r#"{"name":7}"#, "name: must be a string"),
        (r#"{"name":"x","password":"p","rolle":"admin"}"#, "rolle: is no field of this request"),
        ("[]", "body: must be a JSON object"),
    ] {
        client.check(post(body), &refused(400, "invalid_content", text)).await;
    }
    let plain = post("{}").header("Content-Type", "text/plain");
    assert_eq!(client.send(plain).await.status, 415);
    let patch = client.send(admin("PATCH", "/v1/users/7")).await;
    assert_eq!((patch.status, patch.header("Allow")), (405, "DELETE, GET, PUT"), "{patch}");
}

#[actix_web::test]
async fn who_manages_users_makes_no_admins() {
    let client = Client::new().await;
    let body = json!({"name": "x", "password": "long enough", "role": "admin"}).to_string();
    let post = ask("POST", "/v1/users").basic("user_manager").body(body);
    let said = refused(403, "forbidden", "permission 'manage_admins' is required");
    client.check(post, &said).await;
}

#[actix_web::test]
async fn a_token_is_given_for_a_header_or_a_body() {
    let client = Client::new().await;
    let post = |body: &str| ask("POST", "/v1/users/authorize").body(body);
    client.check(admin("POST", "/v1/users/authorize"), &token("00:05:00")).await;
    client.check(admin("POST", "/v1/users/authorize").body("{}"), &token("00:05:00")).await;
    for name in ["username", "email"] {
        let body = json!({name: "admin", "password": PASSWORD, "ttl": 60}).to_string();
        client.check(post(&body), &token("00:01:00")).await;
        // What the body says counts, whoever else is in the header.
        client.check(post(&body).basic("none"), &token("00:01:00")).await;
    }
    let answer = client.send(admin("POST", "/v1/users/authorize")).await;
    assert_eq!(answer.header("Cache-Control"), "no-store");
    let wrong = json!({"username": "admin", "password": "wrong"}).to_string();
    for ask in [post(&wrong), post("{}"), post(""), post(&wrong).basic("admin")] {
        let answer: Answer = client.check(ask, &unauthorized()).await;
        assert!(answer.header("WWW-Authenticate").starts_with("Basic"));
    }
    for (body, text) in [
        (r#"{"ttl":0}"#, "ttl: must be a whole number of seconds from 1 to 86400"),
        (r#"{"ttl":"300"}"#, "ttl: must be a whole number of seconds from 1 to 86400"),
        (r#"{"username":"admin"}"#, "'password' is a required property"),
        (r#"{"password":"x"}"#, "'username' is a required property"),
    ] {
        client.check(post(body).basic("admin"), &refused(400, "invalid_content", text)).await;
    }
}

#[actix_web::test]
async fn a_token_is_got_for_another() {
    let client = Client::new().await;
    let post = |body: &str| ask("POST", "/v1/users/refresh_jwt").body(body);
    let bearing = |scheme: &str| post("").header("Authorization", format!("{scheme} jwt-admin"));
    for scheme in ["JWT", "Bearer", "jwt", "bearer"] {
        client.check(bearing(scheme), &token("00:05:00")).await;
    }
    client.check(post(r#"{"jwt":"jwt-admin","ttl":1}"#), &token("00:00:01")).await;
    // The body counts, as clients send that keep a password in the header.
    client.check(post(r#"{"jwt":"jwt-admin"}"#).basic("none"), &token("00:05:00")).await;
    client.check(admin("POST", "/v1/users/refresh_jwt"), &token("00:05:00")).await;
    for ask in [post(""), post(r#"{"jwt":"other"}"#), post(r#"{"jwt":"x"}"#).basic("admin")] {
        client.check(ask, &unauthorized()).await;
    }
}

#[actix_web::test]
async fn a_token_opens_what_its_user_may_open() {
    let client = Client::new().await;
    let with =
        |token: &str, path: &str| ask("GET", path).header("Authorization", format!("JWT {token}"));
    assert_eq!(client.send(with("jwt-db_viewer", "/v1/cluster/actions")).await.status, 200);
    assert_eq!(client.send(with("jwt-db_viewer", "/v1/users")).await.status, 403);
    assert_eq!(client.send(with("jwt-admin", "/v1/users")).await.status, 200);
    assert_eq!(client.send(with("jwt-admin", "/v1/actions")).await.status, 200);
    client.check(with("nonsense", "/v1/users"), &unauthorized()).await;
    client.check(with("jwt-king", "/v1/cluster/actions"), &unauthorized()).await;
}
