//! Moving from freezer-api and back, by the commands of docs/moving-from-freezer-api.md.

use std::fs;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Client, FreezerApi, KEYSTONE_PASSWORD, Server, actiond, until};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The blocks of a language under a heading of the page, in their order.
fn blocks(heading: &str, language: &str) -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/moving-from-freezer-api.md")).unwrap();
    let (_, section) = page.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let fence = format!("\n```{language}\n");
    let starts = section.split(&fence).skip(1);
    starts.map(|rest| rest.split_once("\n```").unwrap().0.to_owned()).collect()
}

/// An operator at work, in a folder.
struct Operator {
    freezer: FreezerApi,
    folder: TempDir,
    /// Where actiond is, once it runs.
    actiond: String,
}

impl Operator {
    /// Types commands of the page, as they stand but for addresses and for what asks for a password
    /// at a terminal. Answers what they wrote to stderr.
    fn run(&self, commands: &str) -> String {
        let commands = commands
            .replace("http://freezer.example:9090", self.freezer.url())
            .replace("http://keystone.example:5000", self.freezer.keystone().url())
            .replace("http://actiond.example:9091", &self.actiond)
            .replace("--password-prompt", &format!("--password {KEYSTONE_PASSWORD}"))
            .replace("less ", "cat ")
            .replace("examples/", &format!("{}/examples/", root().display()));
        let mut typed = tempfile::tempfile().unwrap();
        writeln!(typed, "{KEYSTONE_PASSWORD}").unwrap();
        typed.rewind().unwrap();
        let program = Path::new(env!("CARGO_BIN_EXE_actiond")).parent().unwrap();
        let path = std::env::var("PATH").unwrap();
        let clients = root().join("target/clients/bin");
        let path = format!("{}:{}:{path}", program.display(), clients.display());
        let mut bash = Command::new("bash");
        bash.args(["-eu", "-c", &commands]).current_dir(self.folder.path());
        bash.env_clear().env("PATH", path).env("HOME", self.folder.path()).stdin(typed);
        let output = bash.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{commands}\n{said}");
        said
    }

    /// The same, logged in as the page says it.
    fn run_as_admin(&self, commands: &str) -> String {
        let log_in = &blocks("Try it", "console")[0];
        assert!(log_in.ends_with("export OS_PASSWORD"), "{log_in}");
        self.run(&format!("{log_in}\n{commands}"))
    }
}

fn rows(client: &Client, project: &str) -> Vec<Value> {
    let page = client.get(&format!("/v2/{project}/actions?limit=100")).expect(200).json();
    page["actions"].as_array().unwrap().clone()
}

/// What both services keep of an action, and whose it is.
fn kept(rows: &[Value]) -> Vec<Value> {
    let keys = ["action_id", "user_id", "freezer_action", "max_retries", "max_retries_interval"];
    let mut kept: Vec<_> = rows.iter().map(|row| json!(keys.map(|key| row[key].clone()))).collect();
    kept.sort_by_key(Value::to_string);
    kept
}

#[test]
fn an_operator_moves_and_moves_back() {
    let freezer = FreezerApi::start();
    let keystone = freezer.keystone();
    keystone.offer("backup", freezer.url());
    let alpha = keystone.project();
    let alice = keystone.user_with("member", &alpha);
    let token = keystone.token(&alice, &alpha);
    let there = Client::anonymous(freezer.url()).with("X-Auth-Token", &token);
    let action = |id: &str, kind: &str| json!({"action_id": id, "freezer_action": {"action": kind, "backup_name": id, "x": [1]}});
    let create = |client: &Client, action: &Value, status| {
        client.post(&format!("/v2/{alpha}/actions"), action).expect(status);
    };
    for (id, kind) in [("a", "backup"), ("b", "restore"), ("c", "info"), ("odd", "bogus")] {
        create(&there, &action(id, kind), 201);
    }
    let mut operator =
        Operator { folder: tempfile::tempdir().unwrap(), actiond: String::new(), freezer };
    let installed = Command::new(root().join("scripts/clients.sh")).status().unwrap();
    assert!(installed.success());

    operator.run_as_admin(&blocks("Try it", "console")[1]);
    assert_eq!(
        fs::read_dir(operator.folder.path()).unwrap().count(),
        0,
        "the trial left something"
    );

    let mut steps = blocks("Move", "console").into_iter();
    for what in ["user create", "role add"] {
        let step = steps.next().unwrap();
        assert!(step.contains(what), "{step}");
        operator.run_as_admin(&step);
    }
    let config = blocks("Move", "toml").remove(0);
    let config = config.replace("127.0.0.1:9091", "127.0.0.1:0");
    let config = config.replace("correct horse battery", KEYSTONE_PASSWORD);
    let config = config.replace("http://keystone.example:5000", operator.freezer.keystone().url());
    fs::write(operator.folder.path().join("actiond.toml"), config).unwrap();
    operator.run(&steps.next().unwrap());
    let rules = operator.freezer.folder().join("policy.yaml");
    fs::write(&rules, blocks("Move", "yaml").remove(0)).unwrap();
    let change = json!({"max_retries": 1});
    let path = format!("/v2/{alpha}/actions/a");
    until("freezer-api refuses changes", || there.patch(&path, &change).status == 403);
    assert_eq!(rows(&there, &alpha).len(), 4);

    let import = steps.next().unwrap();
    let serve = "\nactiond serve";
    assert!(import.ends_with(serve), "{import}");
    operator.run_as_admin(import.strip_suffix(serve).unwrap());
    let server = serve_in(operator.folder.path());
    operator.actiond = server.url().to_owned();
    for step in steps {
        operator.run_as_admin(&step);
    }
    let here = server.client().with("X-Auth-Token", &token);
    let moved: Vec<_> =
        rows(&there, &alpha).into_iter().filter(|row| row["action_id"] != "odd").collect();
    assert_eq!(kept(&rows(&here, &alpha)), kept(&moved));

    // Life goes on.
    let mut outside = action("d", "exec");
    outside["timeout"] = json!(60);
    create(&here, &outside, 201);
    here.patch(&format!("/v2/{alpha}/actions/a"), &json!({"freezer_action": {"x": null}}))
        .expect(200);
    here.delete(&format!("/v2/{alpha}/actions/b")).expect(204);

    // And back.
    fs::write(&rules, "{}\n").unwrap();
    let same = json!({"freezer_action": {"action": "info", "backup_name": "c", "x": [1]},
        "max_retries": 5, "max_retries_interval": 6});
    let path = format!("/v2/{alpha}/actions/c");
    until("freezer-api takes changes", || there.patch(&path, &same).status == 200);
    let back = blocks("Back", "console").remove(0);
    let owners = |operator: &Operator| {
        let said = operator.run_as_admin(&back);
        let lost = "freezer-api does not keep timeout of an action";
        assert!(said.lines().any(|line| line == lost), "{said}");
        fs::read_to_string(operator.folder.path().join("owners.sql")).unwrap()
    };
    let file = owners(&operator);
    assert_eq!(file.lines().count(), 2, "{file}");
    // Until they are right, every run says so.
    assert_eq!(owners(&operator), file);
    let without = back.replace("--owners owners.sql ", "");
    assert_ne!(without, back);
    operator.run_as_admin(&format!("{without} && exit 1 || [ $? = 3 ]"));
    let database = rusqlite::Connection::open(operator.freezer.database()).unwrap();
    database.execute_batch(&file).unwrap();
    assert_eq!(owners(&operator), "");
    assert_eq!(kept(&rows(&there, &alpha)), kept(&rows(&here, &alpha)));
}

/// The server, in the operator's folder.
fn serve_in(folder: &Path) -> Server {
    let process = actiond(folder)
        .args(["serve", "--log-format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    Server::of(process.unwrap(), tempfile::tempdir().unwrap())
}
