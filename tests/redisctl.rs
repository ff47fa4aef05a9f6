//! redisctl, the command line of Redis Enterprise. `make test-clients` builds it and runs these tests.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Server, Setup, gate, sh, until_some};
use crate::tls::Pair;

/// A server with an action that waits and one of a node, and its certificate.
struct World {
    server: Server,
    pair: Pair,
}

impl World {
    fn start() -> Self {
        let pair = Pair::make();
        let config = [
            format!("[server.tls]\n{}", pair.names()),
            sh("work", &gate("go", ""), "description = \"Wait for a file\""),
            sh("maintenance_on", "exit 0", "target = \"node\""),
            sh("maintenance_off", "exit 0", "target = \"node\""),
            "[[cluster.nodes]]\nuid = \"1\"\naddress = \"127.0.0.1:7001\"\n".to_owned(),
        ];
        Self { server: Server::start_with(Setup::with_config(&config.concat())), pair }
    }

    /// Runs redisctl with these words.
    fn run(&self, words: &[&str]) -> Output {
        let program = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/redisctl/bin/redisctl");
        assert!(Path::new(program).exists(), "`make test-clients` builds redisctl");
        Command::new(program)
            .args(["--output", "json"])
            .args(words)
            // No profile of whoever runs the test.
            .env("HOME", self.server.folder())
            .env_remove("XDG_CONFIG_HOME")
            .env("REDIS_ENTERPRISE_URL", self.server.url())
            .env("REDIS_ENTERPRISE_USER", "admin")
            .env("REDIS_ENTERPRISE_PASSWORD", ADMIN_PASSWORD)
            .env("REDIS_ENTERPRISE_CA_CERT", self.pair.certificate())
            .output()
            .expect("redisctl starts")
    }

    /// What it says, which must be JSON.
    #[track_caller]
    fn said(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        let said = String::from_utf8_lossy(&output.stdout);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words:?}: {said}{errors}");
        serde_json::from_str(&said).unwrap_or_else(|_| panic!("{words:?}: {said}"))
    }

    /// What it says when it fails.
    #[track_caller]
    fn refused(&self, words: &[&str]) -> String {
        let output = self.run(words);
        assert!(!output.status.success(), "{words:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Waits as its users do: by asking for the status of an action until it is over.
    fn wait(&self, uid: &str, status: &str) -> Value {
        until_some(&format!("{uid} is {status}"), || {
            let shown = self.said(&["enterprise", "action", "status", uid]);
            (shown["status"] == status).then_some(shown)
        })
    }
}

#[test]
#[ignore = "redisctl takes ten minutes to build: make test-clients does, and runs this"]
fn raw_calls_reach_the_cluster_routes() {
    let world = World::start();
    let api = |words: &[&str]| world.said(&[&["api", "enterprise"], words].concat());
    let work = "/v1/cluster/actions/work";
    let started = api(&["post", work, "--data", "{}"]);
    let uid = started["action_uid"].as_str().expect("a uid");
    world.wait(uid, "running");
    assert_eq!(api(&["get", work])["task_id"], uid);
    assert_eq!(api(&["get", "/v1/cluster/actions"])["actions"][0]["name"], "work");
    let again = world.refused(&["api", "enterprise", "post", work, "--data", "{}"]);
    assert!(again.contains("in progress"), "{again}");
    api(&["delete", work]);
    world.wait(uid, "cancelled");
    api(&["delete", work]);
    let gone = world.refused(&["api", "enterprise", "get", work]);
    assert!(gone.contains("not found"), "{gone}");
}

#[test]
#[ignore = "redisctl takes ten minutes to build: make test-clients does, and runs this"]
fn actions_are_listed_shown_and_waited_for() {
    let world = World::start();
    let started = world.said(&["api", "enterprise", "post", "/v1/cluster/actions/work"]);
    let uid = started["action_uid"].as_str().expect("a uid");
    world.wait(uid, "running");
    let action = |words: &[&str]| world.said(&[&["enterprise", "action"], words].concat());
    assert_eq!(action(&["list", "--status", "running"])[0]["action_uid"], uid);
    assert_eq!(action(&["list", "--status", "failed"]), json!([]));
    assert_eq!(action(&["get", uid])["name"], "work");
    world.server.touch("go");
    assert_eq!(world.wait(uid, "completed")["progress"], "100");
    assert_eq!(action(&["get", uid])["status"], "completed");
    let missing = "01a00000-0000-7000-8000-000000000000";
    let refused = world.refused(&["enterprise", "action", "get", missing]);
    assert!(refused.contains(missing), "{refused}");
}

#[test]
#[ignore = "redisctl takes ten minutes to build: make test-clients does, and runs this"]
fn a_node_goes_into_maintenance_and_comes_back() {
    let world = World::start();
    for order in ["maintenance-enable", "maintenance-disable"] {
        let started = world.said(&["enterprise", "node", order, "1"]);
        world.wait(started["action_uid"].as_str().expect("a uid"), "completed");
    }
}
