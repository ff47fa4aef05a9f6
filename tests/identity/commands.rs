//! Users, their roles and their projects, as an operator manages them.

use serde_json::json;

use crate::harness::{Server, until};

const PASSWORD: &str = "long enough";

fn run(server: &Server, arguments: &[&str]) -> (bool, String) {
    let output = server.run(&[&["user"], arguments].concat(), "");
    let said = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(said).unwrap().trim_end().to_owned())
}

#[track_caller]
fn says(server: &Server, arguments: &[&str], expected: &str) {
    assert_eq!(run(server, arguments), (true, expected.to_owned()));
}

#[track_caller]
fn refuses(server: &Server, arguments: &[&str], expected: &str) {
    assert_eq!(run(server, arguments), (false, format!("actiond: {expected}")));
}

#[test]
fn roles_are_given_and_taken_while_tokens_live() {
    let server = Server::start();
    server.add_user("alice", PASSWORD, &["--project", "alpha:reader"]);
    let alice = server.client().log_in("alice", PASSWORD, "alpha");
    let create = || {
        let action = json!({"freezer_action": {"action": "info"}});
        alice.post("/v2/alpha/actions", &action).status
    };
    assert_eq!(create(), 403);
    says(&server, &["grant", "alice", "--project", "alpha:member"], "user alice has more roles");
    until("the token carries the new role", || create() == 201);
    let both = ["revoke", "alice", "--project", "alpha:member", "--project", "alpha:reader"];
    says(&server, &both, "user alice has fewer roles");
    until("the token is for nothing any more", || create() == 401);
    refuses(&server, &both, "user 'alice' has no role alpha:member");
    says(&server, &["grant", "alice", "--role", "admin"], "user alice has more roles");
    says(&server, &["revoke", "admin", "--role", "admin"], "user admin has fewer roles");
    server.client().basic("alice", PASSWORD).get("/v1/cluster/actions").expect(200);
    let last = "'alice' is the last user with cluster role admin: make another one first";
    refuses(&server, &["revoke", "alice", "--role", "admin"], last);
    refuses(&server, &["grant", "nobody", "--role", "admin"], "there is no user 'nobody'");
    let nothing = "no role is named: use --role ROLE or --project PROJECT:ROLE";
    refuses(&server, &["grant", "alice"], nothing);
}

#[test]
fn projects_have_names() {
    let server = Server::start();
    says(&server, &["projects"], "ID       NAME\ndefault  default");
    says(&server, &["name-project", "0a1b2c3d", "alpha"], "project 0a1b2c3d is called alpha");
    server.add_user("alice", PASSWORD, &["--project", "alpha:member"]);
    says(&server, &["projects"], "ID        NAME\n0a1b2c3d  alpha\ndefault   default");
    let scope = json!({"project": {"name": "alpha", "domain": {"id": "default"}}});
    let answer = server.client().ask_for_token("alice", PASSWORD, &scope).expect(201);
    assert_eq!(answer.json()["token"]["project"]["id"], "0a1b2c3d");
    let alice = server.client().with("X-Auth-Token", answer.header("X-Subject-Token"));
    alice.get("/v2/0a1b2c3d/actions").expect(200);
    alice.get("/v2/alpha/actions").expect(403);
    says(&server, &["name-project", "0a1b2c3d", "beta"], "project 0a1b2c3d is called beta");
    let info = alice.with("X-Subject-Token", alice.header("X-Auth-Token"));
    assert_eq!(info.get("/v3/auth/tokens").json()["token"]["project"]["name"], "beta");
    let taken = "another project is called 'beta'";
    refuses(&server, &["name-project", "default", "beta"], taken);
    let form = "name: must be 1 to 128 bytes long, without spaces, slashes and control characters";
    refuses(&server, &["name-project", "default", "a/b"], form);
}
