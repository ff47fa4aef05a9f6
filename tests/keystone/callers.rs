//! Who may do what with which token: the whole project face.

use serde_json::json;

use super::{House, action};
use crate::harness::{ADMIN_PASSWORD, Client};

/// What each operation of a project answers: list, create, show, patch, replace, delete.
fn statuses(client: &Client, project: &str) -> [u16; 6] {
    let actions = House::actions(project);
    let one = format!("{actions}/one");
    [
        client.get(&actions).status,
        client.post(&actions, &action()).status,
        client.get(&one).status,
        client.patch(&one, &json!({"max_retries": 2})).status,
        client.post(&one, &action()).status,
        client.delete(&one).status,
    ]
}

const ALL: [u16; 6] = [200, 201, 404, 404, 201, 204];
const READS: [u16; 6] = [200, 403, 404, 403, 403, 403];
const NOTHING: [u16; 6] = [403; 6];

#[test]
fn roles_count_as_the_policy_says() {
    let house = House::new();
    for (role, own, other) in [
        ("member", ALL, NOTHING),
        ("reader", READS, NOTHING),
        ("admin", ALL, ALL),
        ("service", READS, READS),
    ] {
        let user = house.keystone.user_with(role, &house.alpha);
        let client = house.with_token(&house.keystone.token(&user, &house.alpha));
        assert_eq!(statuses(&client, &house.alpha), own, "{role} in its project");
        assert_eq!(statuses(&client, &house.beta), other, "{role} in another");
        // A role that is there but for nothing.
        client.get("/v2/").expect(200);
    }
}

#[test]
fn tokens_that_are_for_no_project_open_none() {
    let house = House::new();
    let keystone = house.keystone;
    for role in ["member", "admin"] {
        let user = keystone.user_with("member", &house.alpha);
        keystone.grant(&user, role, "domains/default");
        keystone.grant(&user, role, "system");
        for scope in [
            json!({"domain": {"id": "default"}}),
            json!({"system": {"all": true}}),
            json!("unscoped"),
        ] {
            let token = keystone.log_in(&user.name, &scope).header("X-Auth-Token").to_owned();
            let client = house.with_token(&token);
            assert_eq!(statuses(&client, &house.alpha), NOTHING, "{role} with {scope}");
        }
    }
}

#[test]
fn an_action_is_its_keystone_users_in_its_keystone_project() {
    let house = House::new();
    let (user, token) = house.member();
    let client = house.with_token(&token);
    let actions = House::actions(&house.alpha);
    let made = client.post(&actions, &action()).expect(201).json();
    let seen = client.get(&format!("{actions}/{}", made["action_id"].as_str().unwrap())).json();
    assert_eq!((&seen["user_id"], &seen["project_id"]), (&json!(user.id), &json!(house.alpha)));
    let other = house.keystone.user_with("member", &house.beta);
    let stranger = house.with_token(&house.keystone.token(&other, &house.beta));
    let path = format!("{}/{}", House::actions(&house.beta), made["action_id"].as_str().unwrap());
    stranger.get(&path).expect(404);
}

#[test]
fn roles_of_keystone_compare_without_case() {
    let house = House::new();
    house.keystone.make("/v3/roles", "role", json!({"name": "READER"}));
    let user = house.keystone.user_with("READER", &house.alpha);
    assert_eq!(house.status(&house.keystone.token(&user, &house.alpha)), 200);
}

#[test]
fn what_is_no_token_of_keystone_is_refused_as_its_middleware_does() {
    let house = House::new();
    let (_, token) = house.member();
    let actions = House::actions(&house.alpha);
    let other = if token[20..].starts_with('A') { 'B' } else { 'A' };
    let flipped = format!("{}{other}{}", &token[..20], &token[21..]);
    let long = "x".repeat(5000);
    for bad in ["x", &token[1..], &token[..token.len() - 1], &flipped, &long, "é", "null"] {
        let answer = house.with_token(bad).get(&actions).expect(401);
        assert_eq!(
            answer.json(),
            json!({"error": {
                "code": 401,
                "title": "Unauthorized",
                "message": "The request you have made requires authentication.",
            }})
        );
        let expected = format!("Keystone uri=\"{}/v3\"", house.keystone.url());
        assert_eq!(answer.header("WWW-Authenticate"), expected);
    }
    house.server.client().get(&actions).expect(401);
    let forged = house
        .server
        .client()
        .with("X-Identity-Status", "Confirmed")
        .with("X-Roles", "admin")
        .with("X-Project-Id", &house.alpha);
    forged.get(&actions).expect(401);
    forged.with("X-Auth-Token", &token).get(&House::actions(&house.beta)).expect(403);
}

#[test]
fn the_place_to_log_in_can_be_named() {
    let house = House::with("www_authenticate_uri = \"https://keystone.example/identity\"");
    let answer = house.server.client().get(&House::actions(&house.alpha)).expect(401);
    let expected = "Keystone uri=\"https://keystone.example/identity\"";
    assert_eq!(answer.header("WWW-Authenticate"), expected);
}

#[test]
fn users_of_the_cluster_face_stay_local_and_there_is_no_identity_face() {
    let house = House::new();
    let (user, token) = house.member();
    let client = house.server.client();
    client.admin().get("/v1/cluster/actions").expect(200);
    client.basic(&user.name, "secret").get("/v1/cluster/actions").expect(401);
    house.with_token(&token).get("/v1/cluster/actions").expect(401);
    let password = client.ask_for_token("admin", ADMIN_PASSWORD, &json!(null));
    assert_eq!(password.status, 401, "{}", password.text);
    for path in ["/v3", "/v3/auth/tokens"] {
        house.with_token(&token).get(path).expect(404);
    }
}
