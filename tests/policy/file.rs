//! The policy file of a running server.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::json;

use crate::harness::{Client, Server, Setup, actiond, until};

const PASSWORD: &str = "long enough";

/// A server whose configuration stands in a folder with a policy file beside it, and members of the
/// project alpha.
struct House {
    server: Server,
    alice: Client,
    auditor: Client,
}

impl House {
    fn with(file: &Path) -> Self {
        let server =
            Server::start_with(Setup::with_config(&format!("[policy]\nfile = {file:?}\n")));
        server.add_user("alice", PASSWORD, &["--project", "alpha:member"]);
        server.add_user("audrey", PASSWORD, &["--project", "alpha:auditor"]);
        let client = server.client();
        let alice = client.log_in("alice", PASSWORD, "alpha");
        let auditor = client.log_in("audrey", PASSWORD, "alpha");
        Self { server, alice, auditor }
    }

    fn may_create(&self) -> bool {
        let action = json!({"freezer_action": {"action": "info"}});
        match self.alice.post("/v2/alpha/actions", &action).status {
            201 => true,
            403 => false,
            other => panic!("{other}"),
        }
    }

    fn auditor_may_list(&self) -> bool {
        match self.auditor.get("/v2/alpha/actions").status {
            200 => true,
            403 => false,
            other => panic!("{other}"),
        }
    }

    fn until_logged(&self, text: &str) {
        until(text, || self.server.log().contains(text));
    }
}

#[test]
fn a_file_is_in_force_and_followed_while_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let write = |text: &str| fs::write(&file, text).unwrap();
    write("auditors: role:auditor\nactions:get_all: rule:auditors or rule:project_member\n");
    let house = House::with(&file);
    assert!(house.auditor_may_list() && house.may_create());
    house.alice.get("/v2/alpha/actions").expect(200);
    house.alice.get("/v2/beta/actions").expect(403);

    // Written in place.
    write("actions:create: '!'\n");
    until("creating is forbidden", || !house.may_create());
    assert!(!house.auditor_may_list(), "what the file does not set any more is the default");

    // A bad one changes nothing, and is said once.
    write("actions:create: '@'\nactions:get: rule:nowhere\n");
    house.until_logged("there is no rule");
    let said = house.server.log();
    let line = said.lines().find(|line| line.contains("there is no rule")).unwrap();
    let expected = format!(
        "{}:2: actions:get: there is no rule \\\"nowhere\\\"; name one that is there, or add it. \
         The rules stay in force that were good before",
        file.display()
    );
    assert!(line.contains(&expected) && line.contains("ERROR"), "{line}");
    assert!(!house.may_create());

    // Nor does one with a rule that nothing asks.
    write("actions:creat: '@'\n");
    house.until_logged("no request is checked against a rule of this name");
    assert!(!house.may_create());

    // Nor does one that is gone.
    fs::remove_file(&file).unwrap();
    house.until_logged("the policy file cannot be read");
    assert!(!house.may_create());

    // Another one is moved to its place, as configuration management does.
    let other = folder.path().join(".policy.new");
    fs::write(&other, "actions:get_all: role:auditor\nactions:create: ''\n").unwrap();
    fs::rename(&other, &file).unwrap();
    until("auditors may list", || house.auditor_may_list());
    assert!(house.may_create());
    house.until_logged("it is empty, which allows everybody");
    assert_eq!(house.server.log().matches("there is no rule").count(), 1);
}

#[test]
fn a_link_that_suddenly_leads_elsewhere_is_followed() {
    // What Kubernetes does with a config map: policy.yaml → ..data/policy.yaml, ..data → a folder.
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for (name, rule) in [("one", "role:nobody"), ("two", "role:auditor")] {
        fs::create_dir(at(name)).unwrap();
        fs::write(at(name).join("policy.yaml"), format!("actions:get_all: {rule}\n")).unwrap();
    }
    symlink("one", at("..data")).unwrap();
    symlink("..data/policy.yaml", at("policy.yaml")).unwrap();
    let house = House::with(&at("policy.yaml"));
    assert!(!house.auditor_may_list());
    symlink("two", at("..data_tmp")).unwrap();
    fs::rename(at("..data_tmp"), at("..data")).unwrap();
    until("auditors may list", || house.auditor_may_list());
}

#[test]
fn nobody_is_refused_while_the_policy_changes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let write = |rule: &str| fs::write(&file, format!("actions:get_all: {rule}\n")).unwrap();
    write("role:auditor");
    let house = House::with(&file);
    for n in 0..3 {
        let before = house.server.log().matches("has changed and is in force").count();
        write(&format!("role:auditor or role:other{n}"));
        until("it is in force", || {
            assert!(house.auditor_may_list());
            house.server.log().matches("has changed and is in force").count() > before
        });
    }
}

/// Starts a server whose policy file is bad, and gives what it says.
fn refused(policy: Option<&str>) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    // A relative path is one beside the configuration.
    let config = folder.path().join("etc/actiond.toml");
    let text = "[server]\nlisten = \"127.0.0.1:0\"\n[policy]\nfile = \"policy.yaml\"\n";
    fs::write(config, text).unwrap();
    if let Some(policy) = policy {
        fs::write(folder.path().join("etc/policy.yaml"), policy).unwrap();
    }
    let mut said = vec![];
    for command in [&["serve"][..], &["config", "check"], &["policy", "check"], &["policy", "list"]]
    {
        let config = ["--config", "etc/actiond.toml"];
        let output = actiond(folder.path()).args(config).args(command).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        assert!(output.stdout.is_empty(), "{command:?}");
        said.push(String::from_utf8(output.stderr).unwrap());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(!folder.path().join("data").exists(), "it has begun all the same");
    said.remove(0)
}

#[test]
fn a_bad_file_stops_the_start() {
    for (policy, expected) in [
        (None, "the policy file cannot be read: No such file or directory (os error 2)"),
        (Some("a: rule:a\n"), "1: a: it comes back to itself: a → a; take one of these"),
        (Some("\nactions:get: rule:x\n"), "2: actions:get: there is no rule \"x\"; name one"),
        (Some("actions:get: http://a/%(b)s\n"), "would ask another server, which actiond does not"),
        (Some("actions:get: role:a and\n"), "1: actions:get: the end where a check, not or ("),
        (
            Some("actions:gett: '!'\n"),
            "1: actions:gett: no request is checked against a rule of this \
            name (there is \"actions:get\"); correct it to one of actions:get_all, ",
        ),
        (Some("actions:get: !\n"), "1: YAML's tags (!)"),
        (Some("actions:get: @\n"), "1: this is not YAML"),
        (Some("- actions:get\n"), "1: a policy file is a mapping of names to rules"),
    ] {
        let said = refused(policy);
        assert!(said.starts_with("actiond: etc/policy.yaml:"), "{said}");
        assert!(said.contains(expected), "{policy:?}: {said}");
    }
}
