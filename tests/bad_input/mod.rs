//! Bad input, on both faces: each gets the status and the body of the contract, and the server goes
//! on as if nothing had been.

mod bodies;
mod names;
mod wire;

use serde_json::{Value, json};

use crate::harness::{Client, RawAnswer, Server, exchange};

const PROJECT: &str = "/v2/default/actions";
const CLUSTER: &str = "/v1/cluster/actions/verify_tree";

/// A server whose clients misbehave.
struct Bench {
    server: Server,
    /// On both faces.
    admin: Client,
}

impl Bench {
    fn new() -> Self {
        let server = Server::start();
        let token = server.client().project_admin().header("X-Auth-Token").to_owned();
        let admin = server.client().admin().with("X-Auth-Token", &token);
        Self { server, admin }
    }

    /// The credentials as lines of a request.
    fn credentials(&self) -> String {
        let line = |name: &str| format!("{name}: {}\r\n", self.admin.header(name));
        line("X-Auth-Token") + &line("Authorization")
    }

    /// A request with credentials, byte by byte.
    fn raw(&self, line: &str, headers: &str, body: &[u8]) -> RawAnswer {
        let head = format!("{line}\r\nHost: h\r\n{}{headers}\r\n", self.credentials());
        exchange(self.server.url(), &[head.as_bytes(), body].concat())
    }

    /// The same body to both faces.
    #[track_caller]
    fn post_both(&self, body: &[u8], project: u16, cluster: u16) -> (Value, Value) {
        let on_project = self.admin.send("POST", PROJECT, Some(body)).expect(project).json();
        let on_cluster = self.admin.send("POST", CLUSTER, Some(body)).expect(cluster).json();
        assert!(on_project["title"].is_string() && on_project["description"].is_string());
        assert_eq!(
            (&on_cluster["status_code"], &on_cluster["error_code"]),
            (&json!(cluster), &json!("invalid_content"))
        );
        (on_project, on_cluster)
    }
}

/// Whatever was done to it, the server must go on.
impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        self.server.client().get("/readyz").expect(200);
        let body = json!({"freezer_action": {"action": "backup"}});
        self.admin.post(PROJECT, &body).expect(201);
        self.admin.get("/v1/cluster/actions").expect(200);
        let log = self.server.log();
        assert!(!log.contains("panicked") && !log.contains("request failed"), "{log}");
    }
}
