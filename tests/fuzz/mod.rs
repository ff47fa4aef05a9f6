//! Thousands of requests with a few things wrong: every answer is a documented one, the server goes
//! on, and nobody sees what is another's.

mod answer;
mod json;
mod request;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rand::RngExt;
use serde_json::{Value, json};

use crate::harness::{Client, Connection, RawAnswer, Server, chance, seed};
use answer::fault;
use request::{Ask, request};

const REQUESTS: usize = 8000;
const PASSWORD: &str = "long enough";
/// What only members of beta may see.
const SECRET: &str = "the-secret-of-beta";

/// The server, and the connection that requests go over as long as it lasts.
struct Line<'a> {
    server: &'a Server,
    open: Option<Connection>,
}

impl Line<'_> {
    /// Sends a request and reads its answer. A request that leaves open where it ends has a
    /// connection of its own.
    fn ask(&mut self, ask: &Ask) -> Option<RawAnswer> {
        if !ask.is_clear() {
            return self.ask_apart(ask);
        }
        let open = || Connection::open(self.server.url());
        let is_used = self.open.is_some();
        let mut connection = self.open.take().unwrap_or_else(open);
        connection.send(&ask.bytes());
        let answer = match connection.answer(ask.method == "HEAD") {
            // It was closed before it was used again, as servers may do.
            None if is_used => {
                connection = open();
                connection.send(&ask.bytes());
                connection.answer(ask.method == "HEAD")
            }
            answer => answer,
        };
        let closes = answer.as_ref().is_none_or(|answer| answer.header("connection") == "close");
        self.open = Some(connection).filter(|_| !closes);
        answer
    }

    fn ask_apart(&self, ask: &Ask) -> Option<RawAnswer> {
        let mut connection = Connection::open(self.server.url());
        connection.send(&ask.bytes());
        connection.finish();
        connection.answer(ask.method == "HEAD")
    }
}

/// Random requests, the same for the same seed.
fn runner(seed: u64) -> TestRunner {
    let mut bytes = [0; 32];
    chance(seed).fill(&mut bytes);
    TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

/// The credentials of everybody but those who may see beta.
fn credentials(server: &Server) -> Vec<(&'static str, String)> {
    server.add_user("rita", PASSWORD, &["--project", "alpha:reader"]);
    server.add_user("viewer", PASSWORD, &["--role", "cluster_viewer"]);
    let client = server.client();
    let token = |client: &Client| ("X-Auth-Token", client.header("X-Auth-Token").to_owned());
    let basic = |client: &Client| ("Authorization", client.header("Authorization").to_owned());
    let alice = token(&client.log_in("alice", PASSWORD, "alpha"));
    let unscoped = client.ask_for_token("alice", PASSWORD, &json!(null)).expect(201);
    vec![
        alice.clone(),
        alice.clone(),
        alice.clone(),
        token(&client.log_in("rita", PASSWORD, "alpha")),
        ("X-Auth-Token", unscoped.header("X-Subject-Token").to_owned()),
        ("X-Auth-Token", alice.1.to_lowercase()),
        basic(&client.admin()),
        basic(&client.admin()),
        basic(&client.basic("viewer", PASSWORD)),
        ("Authorization", "Basic Zm9yZ2Vk".to_owned()),
    ]
}

#[test]
fn mutated_requests_get_documented_answers_and_nothing_of_others() {
    let seed = seed();
    let server = Server::start();
    server.add_user("alice", PASSWORD, &["--project", "alpha:member"]);
    server.add_user("bob", PASSWORD, &["--project", "beta:member"]);
    let bob = server.client().log_in("bob", PASSWORD, "beta");
    for id in ["secret", "x", "y"] {
        let body =
            json!({"action_id": id, "freezer_action": {"action": "backup", "container": SECRET}});
        bob.post("/v2/beta/actions", &body).expect(201);
    }
    let before = bob.get("/v2/beta/actions").text;

    let (mut runner, strategy) = (runner(seed), request(credentials(&server)));
    let mut line = Line { server: &server, open: None };
    let mut statuses = std::collections::BTreeMap::new();
    for number in 0..REQUESTS {
        let ask = strategy.new_tree(&mut runner).unwrap().current();
        let shown = || format!("request {number}: {}", String::from_utf8_lossy(&ask.bytes()));
        let Some(answer) = line.ask(&ask) else {
            assert!(!ask.is_clear(), "no answer to {}", shown());
            continue;
        };
        let text = String::from_utf8_lossy(&answer.body);
        if let Some(fault) = fault(&ask, &answer) {
            panic!("{fault}: {}\n{} {:?} {text}", shown(), answer.status, answer.headers);
        }
        assert!(!text.contains(SECRET), "{}\n{text}", shown());
        *statuses.entry(answer.status).or_insert(0) += 1;
    }
    println!("{statuses:?}");
    for status in [200, 201, 204, 400, 401, 403, 404, 405, 753] {
        assert!(statuses.contains_key(&status), "no {status} among {statuses:?}");
    }
    assert_eq!(bob.get("/v2/beta/actions").text, before, "what is bob's is as it was");
    check_alpha(&server);
    check_store(&server);
    let log = server.log();
    assert!(!log.contains("panicked") && !log.contains("request failed"), "{log}");
}

/// A member of alpha sees alpha's actions, each of them sound, and nothing else.
fn check_alpha(server: &Server) {
    let alice = server.client().log_in("alice", PASSWORD, "alpha");
    let list = alice.get("/v2/alpha/actions?limit=1000").expect(200).json();
    let rows = list["actions"].as_array().unwrap();
    // What follows is about these: there must be some. How many are left is chance, with some seeds 20.
    assert!(rows.len() > 5 && rows.len() < 1000, "{} rows", rows.len());
    for row in rows {
        assert_eq!(row["project_id"], "alpha");
        let id = row["action_id"].as_str().unwrap();
        let id: String = id.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let path = format!("/v2/alpha/actions/{id}");
        assert_eq!(alice.get(&path).expect(200).json(), *row);
        alice.post(&path, row).expect(201);
    }
    for search in [
        json!({"match": [{"_all": SECRET}]}),
        json!({"match": [{"_all": "secret-of"}]}),
        json!({"match": [{"container": SECRET}]}),
        json!({"match": [{"project_id": "beta"}]}),
    ] {
        let found = alice.send("GET", "/v2/alpha/actions", Some(search.to_string().as_bytes()));
        assert_eq!(found.expect(200).json(), json!({"actions": []}), "{search}");
    }
    // She may have made one of that name herself.
    let own = alice.get("/v2/alpha/actions/secret");
    assert!(own.status == 404 || !own.text.contains(SECRET), "{}", own.text);
}

/// Every row of the store says of itself what its key says.
fn check_store(server: &Server) {
    for row in server.rows("SELECT project_id, action_id, document FROM project_actions") {
        let text = |key: &str| row[key].as_str().unwrap();
        let (project, id, document) = (text("project_id"), text("action_id"), text("document"));
        let document: Value = serde_json::from_str(document).unwrap();
        assert_eq!(
            (&document["project_id"], &document["action_id"]),
            (&json!(project), &json!(id))
        );
        assert_eq!(document.to_string().contains(SECRET), project == "beta", "{document}");
        assert!(["alpha", "beta"].contains(&project), "{project}");
    }
}
