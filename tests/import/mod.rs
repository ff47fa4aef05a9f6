//! `actiond import freezer`: what another server has kept comes over as it is.

mod again;
mod freezer_api;
mod login;
mod operator;

use std::process::Output;

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Client, Server, actiond};

/// Where actions come from, and the folder that they go to.
struct Move {
    source: Server,
    /// An admin there.
    there: Client,
    target: tempfile::TempDir,
}

impl Move {
    /// From another actiond, which speaks the same API.
    fn begin() -> Self {
        let source = Server::start();
        let there = source.client().project_admin();
        Self { there, source, target: tempfile::tempdir().unwrap() }
    }

    /// Runs the import of a project, as an admin.
    fn import(&self, project: &str, flags: &[&str]) -> Output {
        let url = self.source.url();
        let mut command = actiond(self.target.path());
        command.args(["import", "freezer", "--endpoint", url, "--project", project]).args(flags);
        command.env("OS_AUTH_URL", format!("{url}/v3")).env("OS_PASSWORD", ADMIN_PASSWORD);
        command.env("OS_USERNAME", "admin").env("OS_PROJECT_NAME", "default");
        command.output().unwrap()
    }

    /// Runs an import that must end with a status, and answers the report on the project.
    #[track_caller]
    fn expect(&self, status: i32, project: &str, flags: &[&str]) -> Value {
        let output = self.import(project, flags);
        assert_eq!(output.status.code(), Some(status), "{output:?}");
        self.report()["projects"][project].clone()
    }

    fn report(&self) -> Value {
        let text = std::fs::read_to_string(self.target.path().join("actiond-import.json"));
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    fn write_report(&self, report: &Value) {
        let file = self.target.path().join("actiond-import.json");
        std::fs::write(file, report.to_string()).unwrap();
    }

    /// A server on what has come over.
    fn arrive(self) -> Server {
        let process = actiond(self.target.path())
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json"])
            .env("ACTIOND_ADMIN_PASSWORD", ADMIN_PASSWORD)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn();
        Server::of(process.unwrap(), self.target)
    }
}

/// Creates so many actions.
fn fill(there: &Client, project: &str, count: usize) {
    for number in 0..count {
        // Not in the order of their names.
        let name = format!("{:02}-{number}", number * 37 % 100);
        let action = json!({"action": "backup", "backup_name": name, "deep": {"n": [number]}});
        let body = json!({"action_id": name, "freezer_action": action, "max_retries": number});
        there.post(&format!("/v2/{project}/actions"), &body).expect(201);
    }
}

/// All actions of a project, page by page.
fn all(client: &Client, project: &str) -> Vec<Value> {
    let mut found = vec![];
    loop {
        let page = client.get(&format!("/v2/{project}/actions?limit=1000&offset={}", found.len()));
        let page = page.expect(200).json()["actions"].as_array().unwrap().clone();
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}

/// How the actions of a project came over.
fn counts(read: u64, new: u64, same: u64, overwritten: u64, not_taken: u64) -> Value {
    json!({"read": read, "new": new, "same": same, "overwritten": overwritten, "not_taken": not_taken})
}

#[track_caller]
fn check(progress: &Value, expected: Value) {
    for (key, count) in expected.as_object().unwrap() {
        assert_eq!(progress[key], *count, "{key}: {progress}");
    }
}
