//! `actiond policy`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use actiond_api::routes;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::actiond;

const POLICY: &str = "# ours
auditors: role:auditor
actions:get_all: rule:auditors or rule:project_member
actions:delete: ''
";

/// A folder with a policy file, and a configuration that names it.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("policy.yaml"), POLICY).unwrap();
    fs::write(folder.path().join("actiond.toml"), "[policy]\nfile = \"policy.yaml\"\n").unwrap();
    folder
}

fn run(folder: &TempDir, arguments: &str) -> Output {
    actiond(folder.path()).args(["policy"]).args(arguments.split(' ')).output().unwrap()
}

#[track_caller]
fn said(folder: &TempDir, arguments: &str) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &TempDir, arguments: &str) -> Value {
    let output = run(folder, &format!("{arguments} --format json"));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn list_shows_every_rule_with_its_routes_and_its_place() {
    let folder = folder();
    let listed = said(&folder, "list");
    for block in [
        "actions:get_all\n  List and search actions\n  guards    GET /v2/{project}/actions\n  \
         in force  rule:auditors or rule:project_member  (policy.yaml:3)\n  default   \
         rule:admin_or_reader_or_service\n\n",
        "\n\nauditors\n  in force  role:auditor  (policy.yaml:2)\n\n",
        "actions:delete\n  Delete an action\n  guards    DELETE /v2/{project}/actions/{id}\n  \
         in force  @  (policy.yaml:4)\n  default   rule:admin_or_owner\n\n",
        "in force  role:admin  (built-in)\n\n",
    ] {
        assert!(listed.contains(block), "{block}\nin\n{listed}");
    }
    let rules = json(&folder, "list");
    let names: Vec<_> = rules.as_array().unwrap().iter().map(|rule| &rule["name"]).collect();
    assert_eq!(names.len(), 14, "{names:?}");
    let rule = rules.as_array().unwrap().iter().find(|rule| rule["name"] == "actions:create");
    let rule = rule.unwrap();
    assert_eq!(rule["guards"], serde_json::json!(["POST /v2/{project}/actions"]));
    assert_eq!(rule["in_force"], rule["default"]);
    assert_eq!(rule["from"], "built-in");
}

#[test]
fn every_route_of_a_project_has_a_rule_and_every_rule_of_actions_a_route() {
    let rules = json(&folder(), "list");
    let mut guarded = BTreeSet::new();
    for rule in rules.as_array().unwrap() {
        let guards = rule["guards"].as_array().unwrap();
        let is_asked = rule["name"].as_str().unwrap().starts_with("actions:");
        assert_eq!(is_asked, !guards.is_empty(), "{rule}");
        guarded.extend(guards.iter().map(|route| route.as_str().unwrap().to_owned()));
    }
    let of_projects: BTreeSet<_> = routes()
        .iter()
        .filter(|route| route.path.starts_with("/v2/{project}"))
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert!(of_projects.len() > 5);
    assert_eq!(guarded, of_projects);
}

#[test]
fn check_names_the_file_and_what_is_not_meant() {
    let folder = folder();
    assert_eq!(
        said(&folder, "check"),
        "warning: policy.yaml:4: actions:delete: it is empty, which allows everybody; write @ if \
         that is meant, or ! to allow nobody\npolicy.yaml: the policy is good; rules that it sets: 3\n"
    );
    fs::write(folder.path().join("bad.yaml"), "actions:get: role:x or\n").unwrap();
    let bad = run(&folder, "check --file bad.yaml");
    assert_eq!(bad.status.code(), Some(1));
    let errors = String::from_utf8(bad.stderr).unwrap();
    assert!(errors.starts_with("actiond: bad.yaml:1: actions:get: the end where"), "{errors}");
    fs::remove_file(folder.path().join("actiond.toml")).unwrap();
    let none = run(&folder, "check");
    assert!(!none.status.success());
    let errors = String::from_utf8(none.stderr).unwrap();
    assert!(errors.starts_with("actiond: there is no policy file to check: name one"), "{errors}");
}

#[test]
fn test_decides_and_says_why() {
    let folder = folder();
    let yes = said(&folder, "test --rule actions:get_all --roles Member --project p --user ann");
    assert_eq!(
        yes,
        "yes actions:get_all
yes   a project's credentials  (the credentials are for \"p\")
yes   rule:actions:get_all
yes     or
no        rule:auditors
no          role:auditor  (the roles are member)
yes       rule:project_member
yes         and
yes           role:member  (the roles are member)
yes           project_id:%(project_id)s  (project_id is \"p\", compared with \"p\")
"
    );
    let no =
        run(&folder, "test --rule actions:create --roles member --project p --target-project q");
    assert_eq!(no.status.code(), Some(3));
    assert!(no.stderr.is_empty());
    assert!(String::from_utf8(no.stdout).unwrap().starts_with("no  actions:create\n"));

    let why = json(&folder, "test --rule auditors --roles a,auditor --project p");
    assert_eq!(why["allowed"], true);
    assert_eq!(why["trace"]["check"], "rule:auditors");
    assert_eq!(why["trace"]["parts"][0]["because"], "the roles are a, auditor");
    let unscoped = json(&folder, "test --rule actions:delete --target-project p");
    assert_eq!(unscoped["allowed"], false, "{unscoped}");

    fs::write(
        folder.path().join("domains.yaml"),
        "here: user_domain_id:a and project_domain_id:b\n",
    )
    .unwrap();
    let domains = "test --file domains.yaml --rule here --project p --user-domain a";
    assert_eq!(json(&folder, &format!("{domains} --project-domain b"))["allowed"], true);
    assert_eq!(json(&folder, domains)["allowed"], false);

    let unknown = run(&folder, "test --rule actions:gte --project p");
    let errors = String::from_utf8(unknown.stderr).unwrap();
    assert!(errors.starts_with("actiond: there is no rule \"actions:gte\"; `actiond policy list`"));
}

#[test]
fn the_sample_changes_nothing_and_holds_every_default() {
    let folder = folder();
    let sample = said(&folder, "sample");
    let write = |text: &str| fs::write(folder.path().join("sample.yaml"), text).unwrap();
    let listed = |folder: &TempDir| json(folder, "list --file sample.yaml");
    write(&sample);
    let untouched = listed(&folder);
    write(&sample.replace("\n#\"", "\n\""));
    let all = listed(&folder);
    for (one, other) in untouched.as_array().unwrap().iter().zip(all.as_array().unwrap()) {
        assert_eq!((&one["from"], &one["in_force"]), (&"built-in".into(), &one["default"]));
        assert_ne!(other["from"], "built-in");
        assert_eq!((&one["name"], &one["in_force"]), (&other["name"], &other["in_force"]));
    }
    assert!(run(&folder, "check --file sample.yaml").status.success());
}

/// The lines under "Examples:" in a help text.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    lines.take_while(|line| line.starts_with("  ")).map(|line| line.trim().to_owned()).collect()
}

#[test]
fn the_examples_in_the_help_do_what_they_say() {
    let folder = folder();
    let program = Path::new(env!("CARGO_BIN_EXE_actiond")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    for command in ["list", "check", "test", "sample"] {
        let examples = examples(&said(&folder, &format!("{command} --help")));
        assert!(!examples.is_empty(), "{command}");
        for example in examples {
            let mut shell = Command::new("sh");
            shell.args(["-c", &example]).current_dir(folder.path()).env("PATH", &path);
            let output = shell.output().unwrap();
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{example}: {errors}");
        }
    }
}
