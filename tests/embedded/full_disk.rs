//! A store that cannot grow: writes are refused, everything else goes on.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::harness::{ADMIN_PASSWORD, Client, Server, until};

fn create(client: &Client, id: &str) -> u16 {
    let action =
        json!({"action_id": id, "freezer_action": {"action": "exec", "command": "x".repeat(2000)}});
    client.post("/v2/default/actions", &action).status
}

/// A server that is told when a file cannot grow.
fn server() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let run = "trap '' XFSZ; exec \"$0\" serve --listen 127.0.0.1:0 --log-format json";
    let mut bash = Command::new("bash");
    bash.args(["-c", run, env!("CARGO_BIN_EXE_actiond")]).current_dir(&folder);
    bash.env("ACTIOND_ADMIN_PASSWORD", ADMIN_PASSWORD).stdout(Stdio::piped());
    Server::of(bash.stderr(Stdio::null()).spawn().unwrap(), folder)
}

/// Lets none of its files grow beyond so many bytes.
fn limit(server: &Server, bytes: &str) {
    let mut limit = Command::new("prlimit");
    limit.args([format!("--pid={}", server.pid()), format!("--fsize={bytes}:")]);
    assert!(limit.status().unwrap().success());
}

#[test]
fn writes_are_refused_and_nothing_is_lost() {
    let mut server = server();
    let client = server.client().project_admin();
    client.get("/readyz").expect(200);
    limit(&server, "1048576");
    until("it says that the last MiB is begun", || client.get("/readyz").status == 503);
    let ids = (0..1000).map(|number| number.to_string());
    let kept: Vec<_> = ids.take_while(|id| create(&client, id) == 201).collect();
    assert!((1..1000).contains(&kept.len()), "{}", kept.len());

    let action = json!({"freezer_action": {"action": "info", "command": "x".repeat(100_000)}});
    let refused = client.post("/v2/default/actions", &action).expect(503);
    assert!(!refused.header("Retry-After").is_empty());
    client.get("/healthz").expect(200);
    let ready = client.get("/readyz").expect(503);
    assert!(ready.text.contains("the store's disk is full"), "{}", ready.text);
    assert!(!ready.header("Retry-After").is_empty());
    for id in &kept {
        client.get(&format!("/v2/default/actions/{id}")).expect(200);
    }

    limit(&server, "unlimited");
    until("it is ready again", || client.get("/readyz").status == 200);
    assert_eq!(create(&client, "there-is-room-again"), 201);
    server.stop();
    server.start_again();
    let client = server.client().project_admin();
    for id in kept.iter().map(String::as_str).chain(["there-is-room-again"]) {
        client.get(&format!("/v2/default/actions/{id}")).expect(200);
    }
}
