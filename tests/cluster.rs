//! Cluster actions are really carried out.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Client, Server, Setup, gate, path_of, sh, until, until_some};

fn server(actions: &[String]) -> (Server, Client) {
    let server = Server::start_with(Setup::with_config(&actions.concat()));
    let client = server.client().admin();
    (server, client)
}

fn touch(server: &Server, file: &str) {
    fs::write(server.folder().join(file), "").unwrap();
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

#[test]
fn an_action_runs_from_queued_to_completed() {
    let script = format!(
        "echo '{{\"progress\": 40.5, \"message\": \"on the way\"}}'; {}",
        gate("go", "echo '{\"progress\": 60}'")
    );
    let (server, client) = server(&[sh("work", &script, "description = \"Some work\"")]);
    assert_eq!(client.get("/v1/cluster/actions").expect(200).json(), json!({"actions": []}));
    client.get(&path_of("work")).expect(404);

    let accepted = client.start("work");
    let task = accepted["task_id"].clone();
    assert_eq!(
        task.as_str().unwrap().split('-').map(str::len).collect::<Vec<_>>(),
        [8, 4, 4, 4, 12]
    );
    let expected = json!({
        "name": "work", "status": "queued", "progress": 0.0, "task_id": task, "action_uid": task,
        "description": "Some work",
    });
    assert_eq!(accepted, expected);
    let running = client.until_at_work("work");
    let expected = json!({"name": "work", "status": "running", "progress": 40.5, "task_id": task});
    assert_eq!(running, expected);
    assert_eq!(client.get("/v1/cluster/actions").json(), json!({"actions": [running]}));

    touch(&server, "go");
    let expected =
        json!({"name": "work", "status": "completed", "progress": 100.0, "task_id": task});
    assert_eq!(client.until_status("work", "completed"), expected);
    until("the message is logged", || server.log().contains("on the way"));
}

#[test]
fn what_is_no_report_is_ignored_and_progress_never_falls() {
    let garbage = r#"plain text
{"progress": 30}
{"progress": 20}
{"progress": 101}
{"progress": -1}
{"progress": "90"}
{"progress": null}
[{"progress": 90}]
{"progress": 90
{"other": 90}
"#;
    let script =
        format!("cat <<'END'\n{garbage}END\nprintf '\\377\\000\\n'; {}", gate("go", "exit 1"));
    let (server, client) = server(&[sh("work", &script, "")]);
    client.start("work");
    assert_eq!(client.until_at_work("work")["progress"], 30.0);
    touch(&server, "go");
    let failed = client.until_status("work", "failed");
    assert_eq!(failed["progress"], 30.0, "it keeps its last value");
}

#[test]
fn a_command_gets_its_parameters_and_a_clean_environment() {
    let script = "cat > input; tr '\\0' '\\n' < /proc/$$/environ > environment; pwd > folder";
    let more = "environment = { GREETING = \"hello world\" }";
    let setup = Setup {
        environment: vec![("SECRET".to_owned(), "of the server".to_owned())],
        ..Setup::with_config(&sh("work", script, more))
    };
    let server = Server::start_with(setup);
    let client = server.client().admin();
    let parameters = json!({"path": "/srv/ä \"quoted\"", "deep": {"list": [1, 2.5, null, true]}});
    let task = client.post(&path_of("work"), &parameters).expect(200).json()["task_id"].clone();
    client.until_status("work", "completed");
    let input = read(&server, "input");
    assert_eq!(serde_json::from_str::<Value>(&input).unwrap(), parameters);
    assert_eq!(input.lines().count(), 1);
    let environment = read(&server, "environment");
    let mut lines: Vec<&str> = environment.lines().collect();
    lines.sort_unstable();
    let task = format!("ACTIOND_TASK_ID={}", task.as_str().unwrap());
    let path = format!("PATH={}", std::env::var("PATH").unwrap());
    assert_eq!(lines, ["ACTIOND_ACTION=work", &task, "GREETING=hello world", &path]);
    let folder = server.folder().canonicalize().unwrap();
    assert_eq!(read(&server, "folder").trim_end(), folder.to_str().unwrap());
}

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
fn a_failure_says_how_it_ended_and_what_it_said_last() {
    let failed = end_of("echo first >&2; echo last >&2; exit 3", "", "failed");
    assert_eq!(failed["error_code"], "internal_error");
    assert_eq!(failed["error_message"], "the work ended with exit status 3: first\nlast");
    let silent = end_of("exit 1", "", "failed");
    assert_eq!(silent["error_message"], "the work ended with exit status 1");
    let killed = end_of("kill -9 $$", "", "failed");
    assert_eq!(killed["error_message"], "the work was ended by SIGKILL");
    let long = end_of("seq 100000 >&2; exit 1", "", "failed");
    let tail = long["error_message"].as_str().unwrap();
    assert!(tail.len() < 5000 && tail.ends_with("\n100000"), "{tail}");
}

#[test]
fn a_failure_may_bring_its_own_code_and_message() {
    let report =
        r#"echo '{"error_code": "insufficient_resources", "error_message": "no disk left"}'"#;
    let failed = end_of(&format!("{report}; echo noise >&2; exit 1"), "", "failed");
    assert_eq!(failed["error_code"], "insufficient_resources");
    assert_eq!(failed["error_message"], "no disk left");
    let completed = end_of(report, "", "completed");
    assert_eq!(completed.get("error_code"), None);
}

#[test]
fn a_command_that_cannot_be_started_is_aborted() {
    let config = "[[cluster.actions]]\nname = \"work\"\ncommand = [\"/opt/hidden/nothing\"]\n";
    let (_server, client) = server(&[config.to_owned()]);
    client.start("work");
    let aborted = client.until_status("work", "aborted");
    let expected = "could not start the work: 'nothing': it, its interpreter or its directory does \
                    not exist";
    assert_eq!(aborted["error_message"], expected);
}

#[test]
fn a_time_limit_aborts() {
    let script = "trap '' TERM; echo '{\"progress\": 7}'; while :; do sleep 0.02; done";
    let aborted = end_of(script, "timeout = \"1s\"\ncancel_grace = \"100ms\"", "aborted");
    assert_eq!(aborted["error_code"], "internal_error");
    assert_eq!(aborted["error_message"], "the time limit of 1s ran out");
    assert_eq!(aborted["progress"], 7.0);
}

#[test]
fn a_running_action_is_cancelled() {
    let (_server, client) = server(&[sh("work", &gate("never", ""), "")]);
    client.start("work");
    client.until_at_work("work");
    assert_eq!(client.cancel("work").json(), json!({}));
    let cancelled = client.until_status("work", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
}

#[test]
fn an_action_that_is_cancelled_at_once_never_completes() {
    let (server, client) = server(&[sh("work", &gate("never", "touch done"), "")]);
    for _ in 0..20 {
        client.start("work");
        client.cancel("work");
        client.until_status("work", "cancelled");
    }
    assert!(!server.folder().join("done").exists());
}

#[test]
fn a_queued_action_is_cancelled_without_a_beginning() {
    let actions =
        [sh("first", &gate("go", ""), ""), sh("second", "touch begun", "cancellable = false")];
    let (server, client) =
        server(&[&["[runner]\nmax_concurrent = 1\n".to_owned()], &actions[..]].concat());
    client.start("first");
    client.until_at_work("first");
    client.start("second");
    assert_eq!(client.show("second")["status"], "queued");
    client.cancel("second");
    assert_eq!(client.show("second")["status"], "cancelled");
    touch(&server, "go");
    client.until_status("first", "completed");
    client.start("first");
    client.until_status("first", "completed");
    assert!(!server.folder().join("begun").exists());
}

#[test]
fn what_ignores_sigterm_is_killed_after_its_grace() {
    let script = "trap '' TERM; (setsid sh -c 'echo $$ > child; exec sleep 1000' &); \
                  until [ -s child ]; do sleep 0.02; done; \
                  echo '{\"progress\": 10}'; while :; do sleep 0.02; done";
    let (server, client) = server(&[sh("work", script, "cancel_grace = \"500ms\"")]);
    client.start("work");
    client.until_at_work("work");
    client.cancel("work");
    let cancelled = client.until_status("work", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
    let child = read(&server, "child");
    let command = fs::read(format!("/proc/{}/cmdline", child.trim())).unwrap_or_default();
    assert!(command.is_empty(), "what it had started lives: {}", String::from_utf8_lossy(&command));
}

#[test]
fn what_cannot_be_interrupted_goes_on() {
    let (server, client) = server(&[sh("work", &gate("go", ""), "cancellable = false")]);
    client.start("work");
    client.until_at_work("work");
    let refused = client.delete(&path_of("work")).expect(404).json();
    assert_eq!(refused["error_code"], "action_not_found");
    let said = "action 'work' is running and cannot be interrupted; wait until it has ended";
    assert_eq!(refused["description"], said);
    touch(&server, "go");
    client.until_status("work", "completed");
    client.delete(&path_of("work")).expect(200);
    client.get(&path_of("work")).expect(404);
}

#[test]
fn conflicting_actions_exclude_each_other() {
    let (server, client) = server(&[
        sh("move_shards", &gate("go", ""), "conflicts_with = [\"upgrade\"]"),
        sh("upgrade", "exit 0", ""),
        sh("report", "exit 0", ""),
    ]);
    client.start("move_shards");
    for action in ["move_shards", "upgrade"] {
        let refused = client.post(&path_of(action), &json!({})).expect(409).json();
        assert_eq!(refused["error_code"], "action_in_progress");
        assert_eq!(refused["status_code"], 409);
    }
    client.start("report");
    client.get(&path_of("upgrade")).expect(404);
    touch(&server, "go");
    client.until_status("move_shards", "completed");
    client.start("upgrade");
    client.until_status("upgrade", "completed");
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
fn several_actions_have_lives_of_their_own() {
    let names = ["done", "broken", "stopped", "late"];
    let actions = [
        sh("done", &gate("go", ""), ""),
        sh("broken", &gate("go", "exit 1"), ""),
        sh("stopped", &gate("never", ""), ""),
        sh("late", &gate("never", ""), "timeout = \"2s\""),
    ];
    let (server, client) = server(&actions);
    names.iter().for_each(|name| drop(client.start(name)));
    for name in &names[..3] {
        client.until_at_work(name);
    }
    client.cancel("stopped");
    client.until_status("stopped", "cancelled");
    client.until_status("late", "aborted");
    assert_eq!(client.show("done")["status"], "running");
    assert_eq!(client.show("broken")["status"], "running");
    touch(&server, "go");
    client.until_status("done", "completed");
    client.until_status("broken", "failed");
    let mut statuses = client.statuses();
    statuses.sort();
    let pair = |name: &str, status: &str| (name.to_owned(), status.to_owned());
    let expected = [
        pair("broken", "failed"),
        pair("done", "completed"),
        pair("late", "aborted"),
        pair("stopped", "cancelled"),
    ];
    assert_eq!(statuses, expected);
}

#[test]
fn a_result_stays_until_the_next_post_or_a_delete() {
    let (server, client) = server(&[sh("work", &gate("go", "exit 1"), "")]);
    touch(&server, "go");
    let first = client.start("work")["task_id"].clone();
    assert_eq!(client.until_status("work", "failed")["task_id"], first);
    fs::remove_file(server.folder().join("go")).unwrap();
    let second = client.start("work")["task_id"].clone();
    assert_ne!(first, second);
    let shown = client.show("work");
    assert_eq!((&shown["task_id"], shown.get("error_code")), (&second, None));
    assert_eq!(client.statuses().len(), 1);
    touch(&server, "go");
    client.until_status("work", "failed");
    assert_eq!(client.cancel("work").json(), json!({}));
    client.get(&path_of("work")).expect(404);
    client.delete(&path_of("work")).expect(404);
    assert_eq!(client.statuses(), []);
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

#[track_caller]
fn refused(client: &Client, method: &str, path: &str, status: u16) {
    let body = client.send(method, path, None).expect(status).json();
    assert_eq!((&body["error_code"], &body["status_code"]), (&json!("forbidden"), &json!(status)));
    assert_eq!(body["description"], body["message"]);
}
