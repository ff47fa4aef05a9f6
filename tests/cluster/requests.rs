//! Paths, bodies, and who may ask.

use serde_json::json;

use super::{read, server};
use crate::harness::{ADMIN_PASSWORD, Client, gate, path_of, sh, until_some};

#[test]
fn a_body_is_a_json_object_or_nothing() {
    let (server, client) = server(&[sh("work", "cat > input", "")]);
    let path = path_of("work");
    for body in [None, Some(&b""[..]), Some(b"{}"), Some(b" null ")] {
        client.send("POST", &path, body).expect(200);
        client.until_status("work", "completed");
        assert_eq!(read(&server, "input"), "{}\n");
    }
    for body in ["[]", "1", "\"x\"", "{", "{\"a\":1}x"] {
        let refused = client.send("POST", &path, Some(body.as_bytes())).expect(400).json();
        assert_eq!(refused["error_code"], "invalid_content", "{body}");
    }
    let typed = client.with("Content-Type", "text/plain");
    typed.send("POST", &path, Some(b"{}")).expect(415);
}

#[test]
fn parameters_that_the_schema_refuses_queue_nothing() {
    let schema = "parameters = { type = \"object\", required = [\"path\"], properties = { path = { \
                  type = \"string\" }, keep = { type = \"integer\", minimum = 1 } }, \
                  additionalProperties = false }";
    let (_server, client) = server(&[sh("work", "exit 0", schema)]);
    for (parameters, word) in [
        (json!({}), "path"),
        (json!({"path": 1}), "parameters.path"),
        (json!({"path": "x", "keep": 0}), "parameters.keep"),
        (json!({"path": "x", "more": 1}), "more"),
    ] {
        let refused = client.post(&path_of("work"), &parameters).expect(400).json();
        assert_eq!(refused["error_code"], "invalid_content");
        assert!(refused["description"].as_str().unwrap().contains(word), "{refused}");
        assert_eq!(client.statuses(), []);
    }
    client.post(&path_of("work"), &json!({"path": "x", "keep": 1})).expect(200);
    client.until_status("work", "completed");
    client.post(&path_of("work"), &json!({})).expect(400);
    assert_eq!(client.show("work")["status"], "completed", "the last result stays");
}

#[test]
fn an_unknown_action_is_400_to_start_and_404_to_see() {
    let (_server, client) = server(&[sh("work", "exit 0", "")]);
    for name in ["other", "WORK", "a%2Fb", "a/b", "..%2f", "%00", "work%20"] {
        let refused = client.post(&path_of(name), &json!({})).expect(400).json();
        assert_eq!(refused["error_code"], "invalid_action", "{name}");
        client.get(&path_of(name)).expect(404);
        client.delete(&path_of(name)).expect(404);
    }
}

#[test]
fn paths_with_and_without_version_and_with_a_slash_at_the_end() {
    let (_server, client) = server(&[sh("work", "exit 0", "")]);
    for base in ["/v1/cluster/actions", "/cluster/actions"] {
        for slash in ["", "/"] {
            let (list, one) = (format!("{base}{slash}"), format!("{base}/work{slash}"));
            assert_eq!(client.get(&list).expect(200).json(), json!({"actions": []}), "{list}");
            client.post(&one, &json!({})).expect(200);
            let ended = until_some("its end", || {
                let shown = client.get(&one).expect(200).json();
                (shown["status"] == "completed").then_some(shown)
            });
            assert_eq!(client.get(&list).expect(200).json(), json!({"actions": [ended]}));
            client.delete(&one).expect(200);
        }
    }
}

#[test]
fn roles_decide_who_may_do_what() {
    let (server, admin) = server(&[sh("work", &gate("never", ""), "")]);
    let roles = ["cluster_member", "cluster_viewer", "db_member", "db_viewer", "user_manager"];
    for role in roles.into_iter().chain(["none"]) {
        server.add_user(role, "a good password", &["--role", role]);
    }
    server.add_user("nobody", "a good password", &["--project", "default:admin"]);
    admin.start("work");
    for name in roles {
        let client = server.client().basic(name, "a good password");
        client.get("/v1/cluster/actions").expect(200);
        client.get(&path_of("work")).expect(200);
        refused(&client, "POST", &path_of("work"), 403);
        refused(&client, "DELETE", &path_of("work"), 403);
    }
    for name in ["none", "nobody"] {
        let client = server.client().basic(name, "a good password");
        refused(&client, "GET", "/v1/cluster/actions", 403);
        refused(&client, "GET", &path_of("work"), 403);
        refused(&client, "POST", &path_of("work"), 403);
        refused(&client, "DELETE", &path_of("work"), 403);
    }
    admin.until_at_work("work");
    admin.cancel("work");
}

#[test]
fn without_good_credentials_everything_is_401() {
    let (server, _) = server(&[sh("work", "exit 0", "")]);
    let client = server.client();
    let strangers = [
        client.clone(),
        client.basic("admin", "wrong password"),
        client.basic("nobody", ADMIN_PASSWORD),
        client.basic("admin", ""),
        client.with("Authorization", "Basic !"),
        client.with("Authorization", "Bearer x"),
    ];
    for stranger in &strangers {
        for (method, path) in [
            ("GET", "/v1/cluster/actions"),
            ("GET", "/v1/cluster/actions/work"),
            ("POST", "/v1/cluster/actions/work"),
            ("POST", "/v1/cluster/actions/unknown"),
            ("DELETE", "/v1/cluster/actions/work"),
        ] {
            let answer = stranger.send(method, path, None).expect(401);
            assert!(answer.header("WWW-Authenticate").starts_with("Basic"));
            assert_eq!(answer.json()["error_code"], "unauthorized");
        }
    }
}

#[test]
fn what_is_not_configured_any_more_is_not_there() {
    let (mut server, client) = server(&[sh("gone", "exit 0", ""), sh("kept", "exit 0", "")]);
    for name in ["gone", "kept"] {
        client.start(name);
        client.until_status(name, "completed");
    }
    server.stop();
    let config = server.folder().join("actiond.toml");
    let both = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, sh("kept", "exit 0", "")).unwrap();
    server.start_again();
    let client = server.client().admin();
    client.get(&path_of("gone")).expect(404);
    client.delete(&path_of("gone")).expect(404);
    assert_eq!(client.post(&path_of("gone"), &json!({})).status, 400);
    assert_eq!(client.statuses(), [("kept".to_owned(), "completed".to_owned())]);
    server.stop();
    std::fs::write(&config, both).unwrap();
    server.start_again();
    assert_eq!(server.client().admin().show("gone")["status"], "completed", "it was only hidden");
}

#[track_caller]
fn refused(client: &Client, method: &str, path: &str, status: u16) {
    let body = client.send(method, path, None).expect(status).json();
    assert_eq!((&body["error_code"], &body["status_code"]), (&json!("forbidden"), &json!(status)));
    assert_eq!(body["description"], body["message"]);
}
