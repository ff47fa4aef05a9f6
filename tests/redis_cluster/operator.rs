//! Who steers the cluster: the crate redis-enterprise, over TLS.

use std::fs;

use serde_json::{Value, json};

use super::root;
use super::six::SixNodes;
use crate::harness::{Enterprise, Server, Setup, until_some};
use crate::tls::Pair;

/// What an action is done to.
#[derive(Clone, Copy)]
pub enum On {
    Cluster,
    Node(usize),
}

/// A client of a server that has the example's configuration for these six nodes.
pub struct Operator {
    client: Enterprise,
    _server: Server,
    _pair: Pair,
}

impl Operator {
    pub fn of(six: &SixNodes) -> Self {
        Self::with(&six.settings())
    }

    /// A client of a server that has these settings for the example.
    pub fn with(settings: &str) -> Self {
        let pair = Pair::make();
        let config = format!("[server.tls]\n{}\n{settings}", pair.names());
        let server = Server::start_with(Setup::with_config(&config));
        let example = fs::read_dir(root().join("examples/redis-cluster")).expect("the example");
        for file in example.map(|entry| entry.expect("a file").path()) {
            if file.extension().is_some_and(|end| end == "py") {
                let copy = server.folder().join(file.file_name().expect("a name"));
                fs::copy(file, copy).expect("a copy");
            }
        }
        Self {
            client: Enterprise::start("0.10", server.url(), &pair.certificate()),
            _server: server,
            _pair: pair,
        }
    }

    /// Asks for an action, and answers the crate's error when it is refused.
    pub fn ask(&mut self, on: On, action: &str, parameters: &Value) -> Result<Value, String> {
        match on {
            On::Cluster => self.client.call(&json!(["cluster.action_execute", action, parameters])),
            On::Node(uid) => {
                self.client.call(&json!(["nodes.action_execute", uid, action, parameters]))
            }
        }
    }

    /// Where an action stands.
    #[track_caller]
    pub fn show(&mut self, on: On, action: &str) -> Value {
        let call = match on {
            On::Cluster => json!(["cluster.action_detail", action]),
            On::Node(uid) => json!(["nodes.action_detail", uid, action]),
        };
        self.client.call(&call).expect("it is there")
    }

    /// Asks for the end of an action of the cluster.
    #[track_caller]
    pub fn cancel(&mut self, action: &str) {
        self.client.call(&json!(["cluster.action_delete", action])).expect("it is there");
    }

    /// Starts an action and waits for its end, of whatever status.
    #[track_caller]
    pub fn run(&mut self, on: On, action: &str, parameters: &Value) -> Value {
        self.ask(on, action, parameters).expect("it is accepted");
        self.end_of(on, action)
    }

    /// Waits for the end of an action, of whatever status.
    #[track_caller]
    pub fn end_of(&mut self, on: On, action: &str) -> Value {
        until_some(&format!("{action} has ended"), || {
            let shown = self.show(on, action);
            let ends = ["completed", "failed", "aborted", "cancelled"];
            ends.iter().any(|end| shown["status"] == *end).then_some(shown)
        })
    }

    /// Starts an action that must be completed.
    #[track_caller]
    pub fn complete(&mut self, on: On, action: &str, parameters: &Value) {
        let ended = self.run(on, action, parameters);
        assert_eq!(ended["status"], "completed", "{ended}");
    }

    /// Starts an action that must fail, and answers why it did.
    #[track_caller]
    pub fn fail(&mut self, on: On, action: &str, parameters: &Value) -> String {
        self.ask(on, action, parameters).expect("it is accepted");
        self.failure_of(on, action)
    }

    /// Waits until an action has failed, and answers why it did.
    #[track_caller]
    pub fn failure_of(&mut self, on: On, action: &str) -> String {
        let ended = self.end_of(on, action);
        assert_eq!(ended["status"], "failed", "{ended}");
        assert_eq!(ended["error_code"], "redis_cluster", "{ended}");
        ended["error_message"].as_str().expect("a text").to_owned()
    }
}
