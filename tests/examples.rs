//! What the documentation and the examples say is so.

use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{ADMIN_PASSWORD, Postgres, Server, Setup, Store, actiond};

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The pages of the documentation, with their text.
fn pages() -> Vec<(PathBuf, String)> {
    let (root, mut found) = (repository(), Vec::new());
    for folder in ["", "docs", "docs/adr", "examples/redis-cluster"].map(|name| root.join(name)) {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        found.extend(files.filter(|path| path.extension().is_some_and(|end| end == "md")));
    }
    assert!(found.len() > 10, "{found:?}");
    let read = |path: PathBuf| (path.clone(), fs::read_to_string(path).unwrap());
    found.into_iter().map(read).collect()
}

/// The blocks of a language, each with the heading that it stands under.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<(&'a str, &'a str)> {
    let (fence, mut blocks) = (format!("```{language}\n"), Vec::new());
    for section in text.split("\n## ") {
        let heading = section.lines().next().unwrap_or_default();
        let starts = section.split(&fence).skip(1);
        blocks.extend(starts.filter_map(|rest| Some((heading, rest.split_once("\n```")?.0))));
    }
    blocks
}

#[test]
fn every_piece_of_configuration_is_good() {
    let mut checked = 0;
    for (page, text) in pages() {
        for (_, block) in blocks(&text, "toml") {
            let folder = tempfile::tempdir().unwrap();
            // The pair that pieces of configuration name.
            let made = actiond(folder.path()).args(["tls", "self-signed"]).output().unwrap();
            assert!(made.status.success());
            fs::write(folder.path().join("actiond.toml"), block).unwrap();
            let output = actiond(folder.path()).args(["config", "check"]).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}: {said}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn every_policy_is_good() {
    let mut checked = 0;
    for (page, text) in pages() {
        for (_, block) in blocks(&text, "yaml") {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("policy.yaml"), block).unwrap();
            let check = ["policy", "check", "--file", "policy.yaml"];
            let output = actiond(folder.path()).args(check).output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success(), "{}: {said}", page.display());
            assert!(!said.contains("warning"), "{}: {said}", page.display());
            checked += 1;
        }
    }
    assert!(checked > 0);
}

#[test]
fn every_command_and_every_target_exists() {
    let makefile = fs::read_to_string(repository().join("Makefile")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for (page, text) in pages() {
        let lines = blocks(&text, "console").into_iter().flat_map(|(_, block)| block.lines());
        for line in lines {
            let command = line.split("| ").last().unwrap().split(" >").next().unwrap();
            let words: Vec<_> = command.split_whitespace().collect();
            let place = page.display();
            match words.as_slice() {
                // With --help nothing is done, but what stands before it is read.
                ["actiond", arguments @ ..] => {
                    let mut command = actiond(folder.path());
                    let output = command.args(arguments).arg("--help").output().unwrap();
                    let said = String::from_utf8_lossy(&output.stderr);
                    assert!(output.status.success(), "{place}: {line}: {said}");
                }
                ["make", target] => {
                    assert!(makefile.contains(&format!("\n{target}: ")), "{place}: {line}");
                }
                _ => continue,
            }
            checked += 1;
        }
    }
    assert!(checked > 5, "{checked}");
}

/// What is pasted behind it would be taken for the password.
#[test]
fn what_asks_for_a_password_is_the_last_line_of_its_block() {
    let mut checked = 0;
    for (page, text) in pages() {
        let languages = ["console", "sh", "bash"];
        for (_, block) in languages.iter().flat_map(|language| blocks(&text, language)) {
            let asks = |line: &&str| line.contains("--password-prompt") || line.contains("read -r");
            let mut behind = block.lines().skip_while(|line| !asks(line));
            checked += usize::from(behind.next().is_some());
            assert_eq!(behind.next(), None, "{}", page.display());
        }
    }
    assert!(checked > 4, "{checked}");
}

#[test]
fn every_link_leads_somewhere() {
    for (page, text) in pages() {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            let is_local = !link.contains("://") && !path.is_empty();
            let target = page.parent().unwrap().join(path);
            assert!(!is_local || target.exists(), "{}: {link}", page.display());
        }
    }
}

/// The page names files of a crate without its `crates/` and `src/`.
#[test]
fn every_place_that_the_architecture_names_is_there() {
    let page = fs::read_to_string(repository().join("docs/architecture.md")).unwrap();
    let crates = ["core", "persistence", "runner", "identity", "api"];
    let mut checked = 0;
    for place in page.split('`').skip(1).step_by(2) {
        let (first, rest) = place.split_once('/').unwrap_or((place, ""));
        let is_path = place.contains('/') && !place.contains([' ', '<', '{', '*', '[']);
        if !is_path || place.starts_with('/') {
            continue;
        }
        let root = repository();
        let places = [root.join(place), root.join("crates").join(first).join(rest)];
        let inside = crates.contains(&first).then(|| {
            let inside = root.join("crates").join(first).join("src").join(rest);
            [inside.clone(), inside.with_extension("rs")]
        });
        let of_program = root.join("bin/actiond/src").join(place);
        let is_there = places
            .iter()
            .chain(inside.iter().flatten())
            .chain([&of_program])
            .any(|path| path.exists());
        assert!(is_there, "docs/architecture.md names {place}, which is not there");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}

/// Runs the commands under some headings of docs/operations.md beside a server, as they stand but
/// for its address and the password.
fn operate(server: &Server, headings: &[&str]) {
    operate_with("operations.md", server, headings, &[]);
}

/// Where the pages have a database.
const DATABASE: &str = "postgres://actiond@db.example/actiond";

/// The same of any page, and with other words in the place of some.
fn operate_with(page: &str, server: &Server, headings: &[&str], words: &[(&str, &str)]) {
    let page = fs::read_to_string(repository().join("docs").join(page)).unwrap();
    for heading in headings {
        let found: Vec<_> = blocks(&page, "console")
            .into_iter()
            .filter(|(of, _)| of == heading)
            .map(|(_, block)| block)
            .collect();
        assert!(!found.is_empty(), "nothing under {heading}");
        let commands = found
            .join("\n")
            .replace("http://127.0.0.1:9090", server.url())
            .replace("-u admin", &format!("-u 'admin:{ADMIN_PASSWORD}'"));
        let put = |text: String, (word, other): &(&str, &str)| text.replace(word, other);
        let commands = words.iter().fold(commands, put);
        let mut typed = tempfile::tempfile().unwrap();
        writeln!(typed, "{ADMIN_PASSWORD}").unwrap();
        typed.rewind().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_actiond")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-c", &commands]).current_dir(server.folder()).env("PATH", path);
        let output = bash.stdin(typed).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{heading}: {said}");
    }
}

#[test]
fn the_commands_for_operators_do_what_they_say() {
    let mut server = Server::start_on(Store::sqlite(), Setup::default());
    let create = |server: &Server, id: &str| {
        let action = serde_json::json!({"action_id": id, "freezer_action": {"action": "info"}});
        server.client().project_admin().post("/v2/default/actions", &action).expect(201);
    };
    create(&server, "before");
    let policy = "The policy of the project face";
    operate(&server, &["Users and the first admin", policy, "Health", "Back up"]);
    let robot = server.client().basic("robot", "correct horse battery");
    robot.get("/v1/cluster/actions").expect(200);
    create(&server, "after");
    server.stop();
    operate(&server, &["Restore", "Upgrade"]);
    server.start_again();
    let client = server.client().project_admin();
    client.get("/v2/default/actions/before").expect(200);
    client.get("/v2/default/actions/after").expect(404);
    let copied = server.client().admin().show("copy_store");
    assert_eq!(copied["status"], "aborted", "it was running when the copy was made");
}

#[test]
fn a_store_is_moved_as_documented() {
    let mut server = Server::start_on(Store::sqlite(), Setup::default());
    let action = serde_json::json!({"action_id": "a", "freezer_action": {"action": "info"}});
    server.client().project_admin().post("/v2/default/actions", &action).expect(201);
    server.stop();
    let database = Postgres::shared().database();
    operate_with("operations.md", &server, &["Move between databases"], &[(DATABASE, &database)]);
    let [first, back] = ["data/actiond.db", "back/actiond.db"].map(|file| {
        let store = rusqlite::Connection::open(server.folder().join(file)).unwrap();
        let documents = "SELECT document FROM project_actions";
        store.query_row(documents, [], |row| row.get::<_, String>(0)).unwrap()
    });
    assert_eq!(first, back);
}

#[test]
fn several_servers_are_run_as_documented() {
    let server = Server::start_on(Store::postgres(), Setup::default());
    let url = server.store().url().unwrap();
    let headings = ["Start them", "What to put in front", "Upgrade them one by one"];
    operate_with("replicas.md", &server, &headings, &[(DATABASE, url)]);
}

#[test]
fn the_first_line_is_as_documented() {
    let page = fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let line = page.split('`').find(|code| code.starts_with("{\"event\"")).unwrap();
    let documented: Value = serde_json::from_str(line).unwrap();
    let url = documented["url"].as_str().unwrap();
    assert_eq!(url.trim_start_matches("http://"), documented["address"].as_str().unwrap());
    let keys = |line: &Value| line.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(Server::start().listening()), keys(&documented));
}

/// The settings of the unit file, by name.
fn unit(name: &str) -> Vec<String> {
    let text = fs::read_to_string(repository().join("examples/actiond.service")).unwrap();
    let prefix = format!("{name}=");
    text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
}

#[test]
fn the_unit_starts_what_the_documentation_installs() {
    let page = fs::read_to_string(repository().join("docs/operations.md")).unwrap();
    let command = unit("ExecStart").remove(0);
    let words: Vec<_> = command.split(' ').collect();
    assert!(page.contains("`/usr/local/bin`") && words[0] == "/usr/local/bin/actiond");
    let place = words.iter().position(|word| *word == "--config").unwrap() + 1;
    assert!(page.contains(&format!("`{}`", words[place])), "{}", words[place]);
    let file = unit("EnvironmentFile").remove(0);
    assert!(page.contains(&format!("`{}`", file.trim_start_matches('-'))), "{file}");
    let state = format!("/var/lib/{}", unit("StateDirectory")[0]);
    assert!(unit("WorkingDirectory") == [state.clone()] && page.contains(&format!("`{state}`")));

    // The command as it stands, but for the place of the file.
    let folder = tempfile::tempdir().unwrap();
    let example = repository().join("examples/actiond.toml");
    let mut arguments = words[1..].to_vec();
    arguments[place - 1] = example.to_str().unwrap();
    let mut process = actiond(folder.path());
    let port = ["--listen", "127.0.0.1:0"];
    let started =
        process.args(arguments).args(port).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let server = Server::of(started.unwrap(), folder);
    server.client().get("/readyz").expect(200);
}

#[test]
fn systemd_understands_the_unit() {
    let text = fs::read_to_string(repository().join("examples/actiond.service")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("actiond.service");
    let here = text.replace("/usr/local/bin/actiond", env!("CARGO_BIN_EXE_actiond"));
    assert_ne!(here, text);
    fs::write(&file, here).unwrap();
    let verify = Command::new("systemd-analyze").args(["verify", "--man=no"]).arg(&file).output();
    let Ok(output) = verify else {
        eprintln!("skipped: there is no systemd here to ask");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let about_it: Vec<_> = said.lines().filter(|line| line.contains("actiond.service")).collect();
    assert!(about_it.is_empty(), "{about_it:?}");
}
