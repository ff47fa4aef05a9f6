//! Cluster actions are really carried out.

mod cancel;
mod command;
mod life;
mod nodes;
mod queue;
mod requests;

use std::fs;

use serde_json::Value;

use crate::harness::{Client, Server, Setup, sh};

fn server(actions: &[String]) -> (Server, Client) {
    let server = Server::start_with(Setup::with_config(&actions.concat()));
    let client = server.client().admin();
    (server, client)
}

fn read(server: &Server, file: &str) -> String {
    fs::read_to_string(server.folder().join(file)).unwrap()
}

/// Runs one action to its end.
fn end_of(script: &str, more: &str, status: &str) -> Value {
    let (_server, client) = server(&[sh("work", script, more)]);
    client.start("work");
    client.until_status("work", status)
}
