//! What `make run` prints works when it is pasted.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use base64::Engine;
use serde_json::Value;

use crate::harness::{Client, TextServer, actiond};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The commands of a guide, as they stand.
fn commands(guide: &str) -> String {
    let indented: Vec<_> = guide.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(indented.len() > 10, "{guide}");
    indented.join("\n")
}

/// Pastes commands into a shell, and answers what it shows. Whatever `curl` is called with is written
/// to the file `arguments`.
fn paste(shell: &[&str], folder: &Path, commands: &str, typed: &str) -> String {
    let programs = folder.join("programs");
    fs::create_dir_all(&programs).unwrap();
    let path = std::env::var("PATH").unwrap();
    let spy = format!(
        "#!/bin/sh\necho \"$*\" >> '{}/arguments'\nPATH='{path}'\nexec curl \"$@\"\n",
        folder.display()
    );
    fs::write(programs.join("curl"), spy).unwrap();
    fs::set_permissions(programs.join("curl"), fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = Command::new(shell[0]);
    let shown_together = format!("exec 2>&1\n{commands}");
    command.args(&shell[1..]).args(["-c", &shown_together]).current_dir(folder);
    command.env("PATH", format!("{}:{path}", programs.display()));
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(typed.as_bytes()).unwrap();
    let output = process.wait_with_output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{}: {shown}", output.status);
    shown
}

/// Everything in the output that is JSON.
fn answers(shown: &str) -> Vec<Value> {
    shown.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn check(shell: &[&str], server: &TextServer, folder: &Path, typed: &str, password: &str) {
    let shown = paste(shell, folder, &commands(&server.said()), typed);
    let answers = answers(&shown);
    let refused = answers.iter().find(|answer| answer.get("error_code").is_some());
    assert_eq!(refused, None, "{shown}");
    let has = |key: &str, value: &str| answers.iter().any(|answer| answer[key] == value);
    assert!(shown.contains("\"status\":\"completed\",\"progress\":100"), "{shown}");
    assert!(shown.contains("\"status\":\"running\""), "its progress was to be seen: {shown}");
    let client = Client::anonymous(&server.url()).basic("admin", password);
    let cancelled = client.until_status("verify_tree", "cancelled");
    assert_ne!(cancelled["progress"], 0.0, "it had begun");
    client.until_status("copy_store", "completed");

    assert!(has("action_id", "nightly"), "{shown}");
    let mut lists = answers.iter().filter_map(|answer| answer["actions"].as_array());
    let found = lists.find(|list| list.iter().any(|action| action["action_id"] == "nightly"));
    assert_eq!(found.map(Vec::len), Some(1), "{shown}");
    let changed =
        answers.iter().find(|answer| answer["freezer_action"]["container"] != Value::Null);
    assert_eq!(changed.unwrap()["freezer_action"]["container"], "/var/backups");
    assert!(shown.trim_end().ends_with("204"), "{shown}");
    let token = Client::anonymous(&server.url()).log_in("admin", password, "default");
    token.get("/v2/default/actions/nightly").expect(404);

    let called = fs::read_to_string(folder.join("arguments")).unwrap();
    assert!(called.lines().count() > 10, "{called}");
    // What a process is called with is for everybody on the host to see.
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("admin:{password}"));
    let secrets = [password, &basic, "X-Auth-Token: "];
    assert!(secrets.iter().all(|secret| !called.contains(secret)), "{called}");
}

fn set_password(folder: &Path, password: &str) {
    let mut command = actiond(folder);
    command.args(["user", "set-password", "admin", "--password-stdin"]).stdin(Stdio::piped());
    let mut process = command.stdout(Stdio::null()).spawn().unwrap();
    process.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
    assert!(process.wait().unwrap().success());
}

#[test]
fn the_guide_works_as_it_stands() {
    let folder = tempfile::tempdir().unwrap();
    let made = Command::new(repository().join("scripts/demo-tree.sh"))
        .arg("data/demo")
        .current_dir(&folder)
        .status();
    assert!(made.unwrap().success());
    let server = TextServer::start(folder.path(), &["--guide"], &[], "Stop the server");
    let said = server.said();
    let password = said.split("export ACTIOND_PASSWORD=").nth(1).unwrap();
    let password = password.lines().next().unwrap();
    check(&["dash", "-eu"], &server, folder.path(), "", password);

    // The second time the password is known to the reader alone: the guide asks for it.
    let odd = r#"a "b\c' %s &/ $d"#;
    drop(server);
    set_password(folder.path(), odd);
    let server = TextServer::start(folder.path(), &["--guide"], &[], "Stop the server");
    assert!(!server.said().contains(password));
    let bash = ["bash", "-eu", "-o", "pipefail"];
    check(&bash, &server, folder.path(), &format!("{odd}\n"), odd);
}

#[test]
fn make_run_starts_with_the_guide() {
    let mut make = Command::new("make");
    // The tests may run inside make.
    make.args(["-n", "run"])
        .current_dir(repository())
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL");
    let make = make.output().unwrap();
    assert!(make.status.success(), "{make:?}");
    let recipe = String::from_utf8(make.stdout).unwrap();
    let programs: Vec<_> = recipe.lines().filter_map(|line| line.split(' ').next()).collect();
    for script in programs.iter().filter(|program| program.starts_with("scripts/")) {
        let mode = fs::metadata(repository().join(script)).unwrap().permissions().mode();
        assert!(mode & 0o100 != 0, "{script} cannot be run");
    }
    let serve = recipe.lines().last().unwrap();
    assert!(recipe.contains("scripts/demo-tree.sh data/demo"), "{recipe}");
    assert!(serve.ends_with("--bin actiond -- serve --guide"), "{serve}");
}
