//! Tokens that were got in other ways: application credentials, trusts, and services that pass on.

use serde_json::{Value, json};

use super::{House, action};
use crate::harness::{Client, KeystoneUser};

/// A token by an application credential of a user, with more about the credential.
fn by_application_credential(house: &House, user: &KeystoneUser, more: Value) -> String {
    let keystone = house.keystone;
    let own = keystone.log_in(&user.name, &json!({"project": {"id": house.alpha}}));
    let mut credential = json!({"name": "credential", "secret": "hush"});
    credential.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let path = format!("/v3/users/{}/application_credentials", user.id);
    let made = own.post(&path, &json!({"application_credential": credential})).expect(201).json();
    let id = &made["application_credential"]["id"];
    log_in(
        &keystone.client(),
        json!({"methods": ["application_credential"],
               "application_credential": {"id": id, "secret": "hush"}}),
    )
}

fn log_in(client: &Client, identity: Value) -> String {
    let answer = client.post("/v3/auth/tokens", &json!({"auth": {"identity": identity}}));
    answer.expect(201).header("X-Subject-Token").to_owned()
}

#[test]
fn an_application_credential_has_its_users_roles() {
    let house = House::new();
    let (user, _) = house.member();
    let token = by_application_credential(&house, &user, json!({}));
    let client = house.with_token(&token);
    let made = client.post(&House::actions(&house.alpha), &action()).expect(201).json();
    let path = format!("{}/{}", House::actions(&house.alpha), made["action_id"].as_str().unwrap());
    assert_eq!(client.get(&path).json()["user_id"], user.id);
    client.get(&House::actions(&house.beta)).expect(403);
}

#[test]
fn access_rules_are_honoured() {
    let house = House::new();
    let (user, _) = house.member();
    let rule = |method: &str, path: &str, service: &str| json!({"method": method, "path": path, "service": service});
    let rules = json!([
        rule("GET", "/v2/*/actions", "backup"),
        rule("GET", "/v2/{project_id}/actions/{id}", "backup"),
        rule("POST", "/v2/*/actions", "volume"),
    ]);
    let token = by_application_credential(&house, &user, json!({"access_rules": rules}));
    let (client, actions) = (house.with_token(&token), House::actions(&house.alpha));
    for _ in 0..2 {
        client.get(&actions).expect(200);
        client.get(&format!("{actions}/")).expect(200);
        client.get(&format!("{actions}/a")).expect(404);
        client.get(&format!("{actions}/%61")).expect(404);
        client.post(&actions, &action()).expect(401);
        client.delete(&format!("{actions}/a")).expect(401);
        client.get("/v2/").expect(401);
        client.get(&format!("{actions}/a%2Fb")).expect(401);
    }
    // The service that passes the request on has its own.
    let service = house.keystone.user_with("service", &house.beta);
    let service = house.keystone.token(&service, &house.beta);
    client.with("X-Service-Token", &service).post(&actions, &action()).expect(201);
}

#[test]
fn access_rules_name_the_service_by_its_type() {
    let house = House::with("service_type = \"volume\"");
    let (user, _) = house.member();
    let rules = json!([{"method": "GET", "path": "/v2/**", "service": "backup"}]);
    let token = by_application_credential(&house, &user, json!({"access_rules": rules}));
    assert_eq!(house.status(&token), 401);
}

#[test]
fn a_trust_lends_roles_in_a_project() {
    let house = House::new();
    let (keystone, (trustor, _)) = (house.keystone, house.member());
    let trustee = keystone.user_with("member", &house.beta);
    let own = keystone.log_in(&trustor.name, &json!({"project": {"id": house.alpha}}));
    let trust = |impersonation: bool| {
        let trust = json!({
            "trustor_user_id": trustor.id, "trustee_user_id": trustee.id,
            "project_id": house.alpha, "impersonation": impersonation,
            "roles": [{"name": "member"}],
        });
        let made = own.post("/v3/OS-TRUST/trusts", &json!({"trust": trust})).expect(201).json();
        let scope = json!({"OS-TRUST:trust": {"id": made["trust"]["id"]}});
        keystone.log_in(&trustee.name, &scope).header("X-Auth-Token").to_owned()
    };
    for (impersonation, owner) in [(false, &trustee), (true, &trustor)] {
        let (client, actions) =
            (house.with_token(&trust(impersonation)), House::actions(&house.alpha));
        let made = client.post(&actions, &action()).expect(201).json();
        let path = format!("{actions}/{}", made["action_id"].as_str().unwrap());
        assert_eq!(client.get(&path).json()["user_id"], owner.id, "{impersonation}");
        client.get(&House::actions(&house.beta)).expect(403);
    }
}

#[test]
fn a_service_token_must_be_good_too() {
    let house = House::new();
    let (_, token) = house.member();
    let actions = House::actions(&house.alpha);
    let service = house.keystone.user_with("service", &house.beta);
    let service = house.keystone.token(&service, &house.beta);
    let with = |service: &str| house.with_token(&token).with("X-Service-Token", service);
    for _ in 0..2 {
        with(&service).get(&actions).expect(200);
        with("nonsense").get(&actions).expect(401);
        with(&token).get(&actions).expect(401);
    }
    house.server.client().with("X-Service-Token", &service).get(&actions).expect(401);
    let nobody = house.with_token("nonsense").with("X-Service-Token", &service);
    nobody.get(&actions).expect(401);
}

#[test]
fn a_service_token_without_a_service_role_can_be_refused() {
    let house = House::with("service_token_roles = [\"Reader\"]");
    let (_, token) = house.member();
    let actions = House::actions(&house.alpha);
    let with = |role: &str| {
        let service = house.keystone.user_with(role, &house.beta);
        let service = house.keystone.token(&service, &house.beta);
        house.with_token(&token).with("X-Service-Token", &service).get(&actions).status
    };
    assert_eq!((with("reader"), with("service")), (200, 401));
}
