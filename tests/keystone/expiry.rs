//! For how long a token is worth something.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::House;
use crate::harness::{Client, KeystoneUser, until};

/// A token of a user for alpha that lives for a few seconds, and when it expires: a trust's tokens
/// end with the trust.
fn short_lived(house: &House, user: &KeystoneUser) -> (String, SystemTime) {
    let (keystone, scope) = (house.keystone, json!({"project": {"id": house.alpha}}));
    let own = keystone.log_in(&user.name, &scope);
    let end = chrono::DateTime::<chrono::Utc>::from(SystemTime::now() + Duration::from_secs(4));
    let trust = json!({
        "trustor_user_id": user.id, "trustee_user_id": user.id, "project_id": house.alpha,
        "impersonation": false, "roles": [{"name": "member"}],
        "expires_at": end.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string(),
    });
    let trust = own.post("/v3/OS-TRUST/trusts", &json!({"trust": trust})).expect(201).json();
    let scope = json!({"OS-TRUST:trust": {"id": trust["trust"]["id"]}});
    let answer = keystone.client().ask_for_token(&user.name, "secret", &scope).expect(201);
    let expires_at: Value = answer.json()["token"]["expires_at"].clone();
    let expires_at = chrono::DateTime::parse_from_rfc3339(expires_at.as_str().unwrap()).unwrap();
    (answer.header("X-Subject-Token").to_owned(), expires_at.into())
}

/// Asks until a while after the end; every answer before it is 200, and every one after it 401.
fn follow(client: &Client, path: &str, expires_at: SystemTime) {
    let mut last = 0;
    until("the token expires", || {
        let begun = SystemTime::now();
        last = client.get(path).status;
        match last {
            200 => assert!(begun < expires_at, "good after its end"),
            401 => assert!(SystemTime::now() >= expires_at, "refused before its end"),
            other => panic!("{other}"),
        }
        begun >= expires_at
    });
    assert_eq!(last, 401);
}

#[test]
fn a_token_ends_to_the_moment_although_it_is_remembered() {
    let house = House::new();
    let (user, _) = house.member();
    let (token, expires_at) = short_lived(&house, &user);
    follow(&house.with_token(&token), &House::actions(&house.alpha), expires_at);
    // Once while it was good, and once when it was not any more.
    assert_eq!(house.keystone.times_asked_about(&token), 2);
    house.status(&token);
    assert_eq!(house.keystone.times_asked_about(&token), 2);
}

#[test]
fn a_service_vouches_for_a_token_that_has_expired() {
    let house = House::new();
    let (user, _) = house.member();
    let actions = House::actions(&house.alpha);
    let (service, reader) = (
        house.keystone.user_with("service", &house.beta),
        house.keystone.user_with("reader", &house.beta),
    );
    let (service, reader) =
        (house.keystone.token(&service, &house.beta), house.keystone.token(&reader, &house.beta));
    // It lives for seconds, and must be seen while it does.
    let (token, expires_at) = short_lived(&house, &user);
    let client = house.with_token(&token);
    let vouched = client.with("X-Service-Token", &service);
    vouched.get(&actions).expect(200);
    follow(&client, &actions, expires_at);
    vouched.get(&actions).expect(200);
    client.with("X-Service-Token", &reader).get(&actions).expect(401);
    client.with("X-Service-Token", "nonsense").get(&actions).expect(401);
    client.get(&actions).expect(401);
}

#[test]
fn a_revoked_token_ends_with_the_time_that_it_is_remembered() {
    let house = House::with("token_cache_time = 2");
    let (user, token) = house.member();
    assert_eq!(house.status(&token), 200);
    let own = house.keystone.client().with("X-Auth-Token", &token);
    own.with("X-Subject-Token", &token).delete("/v3/auth/tokens").expect(204);
    until("the revoked token is refused", || house.status(&token) == 401);
    assert_eq!(house.status(&house.keystone.token(&user, &house.alpha)), 200);
}

#[test]
fn a_revoked_token_ends_at_once_when_nothing_is_remembered() {
    let house = House::with("token_cache_time = 0");
    let (user, token) = house.member();
    for asked in 1..4 {
        assert_eq!(house.status(&token), 200);
        assert_eq!(house.keystone.times_asked_about(&token), asked);
    }
    house.keystone.change(&format!("/v3/users/{}", user.id), &json!({"user": {"enabled": false}}));
    assert_eq!(house.status(&token), 401);
    let (_, token) = house.member();
    assert_eq!(house.status(&token), 200);
    let project = format!("/v3/projects/{}", house.alpha);
    house.keystone.change(&project, &json!({"project": {"enabled": false}}));
    assert_eq!(house.status(&token), 401);
}

#[test]
fn keystone_is_asked_once_however_many_ask_at_once() {
    let house = House::new();
    let (_, token) = house.member();
    std::thread::scope(|threads| {
        let ask = || assert_eq!(house.status(&token), 200);
        (0..32).map(|_| threads.spawn(ask)).for_each(drop);
    });
    assert_eq!(house.keystone.times_asked_about(&token), 1);
    let other = if &token[20..21] == "A" { "B" } else { "A" };
    let stale = format!("{}{other}{}", &token[..20], &token[21..]);
    std::thread::scope(|threads| {
        let ask = || assert_eq!(house.status(&stale), 401);
        (0..32).map(|_| threads.spawn(ask)).for_each(drop);
    });
    assert!(house.keystone.times_asked_about(&stale) <= 2, "refusals are remembered too");
}
