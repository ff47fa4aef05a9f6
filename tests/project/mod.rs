//! The project face, from outside: every row of its contract.

mod conditions;
mod documents;
mod isolation;
mod pages;
mod protocol;
mod search;
mod wire;
mod writes;

use serde_json::{Value, json};

use crate::harness::{Client, Server};

/// Where the actions of project alpha are.
const ACTIONS: &str = "/v2/alpha/actions";

/// A server, and alice, a member of project alpha.
fn alpha() -> (Server, Client) {
    let server = Server::start();
    let alice = member(&server, "alice", "alpha");
    (server, alice)
}

/// A new member of a project, logged in.
fn member(server: &Server, name: &str, project: &str) -> Client {
    server.add_user(name, "long enough", &["--project", &format!("{project}:member")]);
    server.client().log_in(name, "long enough", project)
}

/// The smallest good body.
fn backup() -> Value {
    json!({"freezer_action": {"action": "backup"}})
}

/// A good body with this id.
fn backup_as(id: &str) -> Value {
    json!({"action_id": id, "freezer_action": {"action": "backup"}})
}

/// Creates an action in alpha, and answers its path.
#[track_caller]
fn create(client: &Client, body: &Value) -> String {
    let answer = client.post(ACTIONS, body).expect(201).json();
    format!("{ACTIONS}/{}", answer["action_id"].as_str().unwrap())
}

/// The ids of a list.
fn ids(list: &Value) -> Vec<String> {
    let rows = list["actions"].as_array().expect("a list");
    rows.iter().map(|row| row["action_id"].as_str().unwrap().to_owned()).collect()
}

/// Text for a URL: every byte escaped.
fn escaped(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
