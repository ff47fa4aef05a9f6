//! What a command is given, and what is made of what it says.

use serde_json::{Value, json};

use super::{end_of, read, server};
use crate::harness::{Server, Setup, gate, path_of, sh};

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
    server.touch("go");
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
    assert_eq!(
        lines,
        ["ACTIOND_ACTION=work", "ACTIOND_ATTEMPT=1", &task, "GREETING=hello world", &path]
    );
    let folder = server.folder().canonicalize().unwrap();
    assert_eq!(read(&server, "folder").trim_end(), folder.to_str().unwrap());
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
fn what_a_command_is_given_is_not_logged() {
    let config = "[[cluster.actions]]\nname = \"work\"\ncommand = [\"/opt/none\", \"--key=hunter2\"]\n\
                  environment = { TOKEN = \"hunter3\" }\n";
    let setup = Setup {
        environment: vec![("ACTIOND_LOG".to_owned(), "trace".to_owned())],
        ..Setup::with_config(config)
    };
    let server = Server::start_with(setup);
    let client = server.client().admin();
    client.start("work");
    client.until_status("work", "aborted");
    let log = server.log();
    assert!(log.contains("/opt/none") && !log.contains("hunter"), "{log}");
}

#[test]
fn a_line_of_the_log_has_no_key_twice() {
    let script = r#"echo '{"message": "half way"}'"#;
    let (server, client) = server(&[sh("work", script, "")]);
    client.start("work");
    client.until_status("work", "completed");
    let log = server.log();
    let line = log.lines().find(|line| line.contains("half way")).unwrap();
    let innermost = line.split("\"spans\"").next().unwrap();
    assert_eq!(innermost.matches("\"name\":").count(), 1, "{line}");
    let line: Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["target"], "actiond_runner::output", "{line}");
    assert_eq!(line["span"]["action"], "work", "{line}");
}
