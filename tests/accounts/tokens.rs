//! Tokens for clients that do not want to send a password with each request.

use serde_json::json;

use super::{House, PASSWORD, is_in, token};
use crate::harness::until;

#[test]
fn a_token_opens_what_its_user_may_open_until_it_expires() {
    let house = House::new();
    house.add("eva", "cluster_viewer");
    let eva = token(house.authorize("eva", PASSWORD));
    for scheme in ["JWT", "Bearer"] {
        let client = house.client().with("Authorization", &format!("{scheme} {eva}"));
        assert!(is_in(&client));
        client.get("/v1/actions").expect(200);
        client.post("/v1/cluster/actions/copy_store", &json!({})).expect(403);
        client.get("/v1/users").expect(403);
    }
    let body = json!({"email": "eva@a.example", "password": PASSWORD, "ttl": 1});
    let short = token(house.client().post("/v1/users/authorize", &body));
    until("it has expired", || !is_in(&house.bearing(&short)));
    assert!(is_in(&house.bearing(&eva)), "the other has 300 seconds");
}

#[test]
fn credentials_may_be_in_the_header_and_a_token_renews_itself() {
    let house = House::new();
    let answer = house.admin().send("POST", "/v1/users/authorize", None).expect(200);
    assert_eq!(answer.header("Cache-Control"), "no-store");
    assert!(answer.json()["expires_at"].as_str().unwrap().ends_with('Z'));
    let first = token(answer);
    let bearing = house.bearing(&first);
    let second = token(bearing.post("/v1/users/refresh_jwt", &json!({"ttl": 86_400})));
    let third = token(house.client().post("/v1/users/refresh_jwt", &json!({"jwt": second})));
    assert!([&first, &second, &third].iter().all(|token| is_in(&house.bearing(token))));
    for (path, body) in [
        ("/v1/users/authorize", json!({"username": "admin", "password": "wrong"})),
        ("/v1/users/authorize", json!({"username": "nobody", "password": PASSWORD})),
        ("/v1/users/refresh_jwt", json!({"jwt": "a.b.c"})),
        ("/v1/users/refresh_jwt", json!({})),
    ] {
        let refused = house.client().post(path, &body).expect(401);
        assert!(!refused.header("WWW-Authenticate").is_empty());
        assert_eq!(refused.json()["error_code"], "unauthorized");
    }
    let log = house.server.log();
    for secret in [&first, &second, &third] {
        let signature = secret.rsplit('.').next().unwrap();
        assert!(!log.contains(signature), "a token is in the log");
    }
}

#[test]
fn a_password_that_changes_ends_tokens_at_once_and_so_does_the_end_of_the_user() {
    let house = House::new();
    let uid = house.add("eva", "db_viewer")["uid"].to_string();
    let old = house.bearing(&token(house.authorize("eva", PASSWORD)));
    assert!(is_in(&old));
    let body = json!({"password": "another password"}).to_string();
    let path = format!("/v1/users/{uid}");
    house.admin().send("PUT", &path, Some(body.as_bytes())).expect(200);
    assert!(!is_in(&old));
    let new = house.bearing(&token(house.authorize("eva", "another password")));
    assert!(is_in(&new));
    house.admin().delete(&path).expect(200);
    assert!(!is_in(&new));
}

#[test]
fn a_token_outlives_a_restart() {
    let mut house = House::new();
    let admin = token(house.authorize("admin", crate::harness::ADMIN_PASSWORD));
    house.server.stop();
    house.server.start_again();
    assert!(is_in(&house.bearing(&admin)));
}
