//! Projects do not see, disturb or name each other's actions.

use serde_json::{Value, json};

use super::{alpha, backup_as, ids, member};
use crate::harness::Client;

fn list(client: &Client, project: &str) -> Vec<String> {
    ids(&client.get(&format!("/v2/{project}/actions?limit=100")).expect(200).json())
}

#[test]
fn the_same_id_is_another_action_in_another_project() {
    let (server, alice) = alpha();
    let bob = member(&server, "bob", "beta");
    alice.post("/v2/alpha/actions", &backup_as("x")).expect(201);
    bob.post("/v2/beta/actions", &json!({"action_id": "x", "freezer_action": {"action": "exec"}}))
        .expect(201);
    bob.patch("/v2/beta/actions/x", &json!({"note": "bob's"})).expect(200);
    assert_eq!(alice.get("/v2/alpha/actions/x").json().get("note"), None);
    bob.delete("/v2/beta/actions/x").expect(204);
    bob.get("/v2/beta/actions/x").expect(404);
    alice.get("/v2/alpha/actions/x").expect(200);
    assert_eq!((list(&alice, "alpha"), list(&bob, "beta")), (vec!["x".to_owned()], vec![]));
}

#[test]
fn a_stranger_gets_the_same_403_for_what_is_there_and_what_is_not() {
    let (server, alice) = alpha();
    let bob = member(&server, "bob", "beta");
    alice.post("/v2/alpha/actions", &backup_as("x")).expect(201);
    let forbidden = json!({"title": "Access Forbidden",
        "description": "You are not allowed to access this resource"});
    for path in
        ["/v2/alpha/actions/x", "/v2/alpha/actions/y", "/v2/nowhere/actions/x", "/v2/alpha/actions"]
    {
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            if path.ends_with("actions") && !["GET", "POST"].contains(&method) {
                continue;
            }
            let answer = bob.send(method, path, Some(b"{}")).expect(403);
            assert_eq!(answer.json(), forbidden, "{method} {path}");
        }
    }
    assert_eq!(list(&alice, "alpha"), ["x"]);
}

/// Ids of projects compare byte for byte, whatever they look like.
#[test]
fn projects_with_similar_ids_are_apart() {
    let server = crate::harness::Server::start();
    let admin = server.client().project_admin();
    let projects = [
        "p", "P", "p%20", "%C3%A9", "e%CC%81", "p%00", "p%25", "%25", "p.", "..p", "p_", "p'--",
        "%FF", "p%2Fq",
    ];
    for (n, project) in projects.iter().enumerate() {
        let body = json!({"action_id": "same", "n": n, "freezer_action": {"action": "backup"}});
        admin.post(&format!("/v2/{project}/actions"), &body).expect(201);
    }
    for (n, project) in projects.iter().enumerate() {
        let seen = admin.get(&format!("/v2/{project}/actions")).expect(200).json();
        assert_eq!((ids(&seen).len(), &seen["actions"][0]["n"]), (1, &json!(n)), "{project}");
        let path = format!(
            "/v2/{project}/actions?search=%7B%22match%22%3A%5B%7B%22action%22%3A%22backup%22%7D%5D%7D"
        );
        assert_eq!(ids(&admin.get(&path).expect(200).json()).len(), 1, "{project}");
    }
}

#[test]
fn an_admin_reaches_every_project_and_a_service_reads_it() {
    let (server, alice) = alpha();
    alice.post("/v2/alpha/actions", &backup_as("x")).expect(201);
    let admin = server.client().project_admin();
    let before = alice.get("/v2/alpha/actions/x").json();
    admin.patch("/v2/alpha/actions/x", &json!({"note": "n"})).expect(200);
    let after = alice.get("/v2/alpha/actions/x").json();
    assert_eq!(after["user_id"], before["user_id"], "it stays alice's");
    admin.post("/v2/alpha/actions", &backup_as("y")).expect(201);
    assert_ne!(alice.get("/v2/alpha/actions/y").json()["user_id"], before["user_id"]);

    server.add_user("robot", "long enough", &["--project", "services:service"]);
    let robot = server.client().log_in("robot", "long enough", "services");
    assert_eq!(list(&robot, "alpha"), ["x", "y"]);
    robot.get("/v2/alpha/actions/x").expect(200);
    for answer in [
        robot.post("/v2/alpha/actions", &backup_as("z")),
        robot.patch("/v2/alpha/actions/x", &json!({})),
        robot.delete("/v2/alpha/actions/x"),
    ] {
        answer.expect(403);
    }
}

#[test]
fn readers_read_and_members_write() {
    let (server, alice) = alpha();
    alice.post("/v2/alpha/actions", &backup_as("x")).expect(201);
    server.add_user("rita", "long enough", &["--project", "alpha:reader"]);
    let rita = server.client().log_in("rita", "long enough", "alpha");
    assert_eq!(list(&rita, "alpha"), ["x"]);
    let before: Value = rita.get("/v2/alpha/actions/x").expect(200).json();
    for (method, path) in [
        ("POST", "/v2/alpha/actions"),
        ("POST", "/v2/alpha/actions/x"),
        ("PATCH", "/v2/alpha/actions/x"),
        ("DELETE", "/v2/alpha/actions/x"),
    ] {
        rita.send(method, path, Some(b"{")).expect(403);
    }
    assert_eq!(rita.get("/v2/alpha/actions/x").json(), before);
}
