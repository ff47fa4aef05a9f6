//! The server stops, or is killed: nothing is stuck, nothing is left behind, nothing is lost.

mod again;
mod any_moment;
mod kill;
mod stop;

use std::fs;

use serde_json::Value;

use crate::harness::{Client, Server, Setup, gate, sh};

/// Work that does not care for SIGTERM, and has a child in another group that does not either.
fn stubborn(name: &str, more: &str) -> String {
    let child = "(trap '' TERM; setsid sh -c 'while :; do sleep 0.1; done' > /dev/null 2>&1 &)";
    sh(name, &format!("trap '' TERM; {child}; {}", gate("go", "")), more)
}

/// A server with a configuration, and its admin.
fn start(config: &[String]) -> (Server, Client) {
    let server = Server::start_with(Setup::with_config(&config.concat()));
    let client = server.client().admin();
    (server, client)
}

pub fn task_of(action: &Value) -> String {
    action["task_id"].as_str().unwrap().to_owned()
}

/// The processes of a task, as /proc shows them.
pub fn processes_of(task: &str) -> Vec<String> {
    let mark = format!("ACTIOND_TASK_ID={task}");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let belongs = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    processes.filter(belongs).map(|entry| entry.path().display().to_string()).collect()
}

#[track_caller]
pub fn assert_aborted(action: &Value, reason: &str) {
    assert_eq!(action["status"], "aborted", "{action}");
    assert_eq!(action["error_code"], "internal_error");
    assert_eq!(action["error_message"], reason);
}
