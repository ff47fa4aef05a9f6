//! Rules see what a real Keystone says of its tokens.

use std::fs;

use serde_json::json;

use crate::harness::{Keystone, Server};

#[test]
fn rules_see_users_domains_and_scopes_of_keystone() {
    let keystone = Keystone::shared();
    let (alpha, beta) = (keystone.project(), keystone.project());
    let (ann, bob) = (keystone.user_with("member", &alpha), keystone.user_with("member", &alpha));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let rules = format!(
        "actions:get_all: project_domain_id:default and user_domain_id:default\n\
         actions:create: user_id:{}\n\
         actions:get: token.user.name:{}\n\
         actions:delete: domain_id:None and system_scope:None and project_id:%(project_id)s\n\
         actions:update: '@'\n",
        ann.id, bob.name
    );
    fs::write(&file, rules).unwrap();
    let server = Server::start_with(keystone.setup(&format!("[policy]\nfile = {file:?}\n")));
    let client = |token: &str| server.client().with("X-Auth-Token", token);
    let (ann_may, bob_may) =
        (client(&keystone.token(&ann, &alpha)), client(&keystone.token(&bob, &alpha)));
    let actions = |project: &str| format!("/v2/{project}/actions");
    let one = format!("{}/one", actions(&alpha));
    let action = json!({"action_id": "one", "freezer_action": {"action": "info"}});

    ann_may.get(&actions(&beta)).expect(200);
    bob_may.post(&actions(&alpha), &action).expect(403);
    ann_may.post(&actions(&alpha), &action).expect(201);
    ann_may.get(&one).expect(403);
    bob_may.get(&one).expect(200);
    bob_may.delete(&format!("{}/one", actions(&beta))).expect(403);
    bob_may.delete(&one).expect(204);

    // What is not for a project opens nothing, whatever the rule says.
    bob_may.patch(&one, &json!({})).expect(404);
    keystone.grant(&bob, "admin", "domains/default");
    keystone.grant(&bob, "admin", "system");
    for scope in [json!({"domain": {"id": "default"}}), json!({"system": {"all": true}})] {
        let token = keystone.log_in(&bob.name, &scope).header("X-Auth-Token").to_owned();
        client(&token).patch(&one, &json!({})).expect(403);
    }
}
