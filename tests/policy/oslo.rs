//! The same rules mean the same to actiond and to oslo.policy, asked side by side.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use actiond_core::access::{Caller, Policy, ProjectPolicy, RuleText, Scope, ScopeTarget};
use actiond_core::project::ProjectId;
use serde_json::{Map, Value, json};

use super::random::{ASKED, Random};
use crate::harness::{actiond, chance, seed};

const CASES: usize = 8_000;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// What oslo.policy decides about each case.
fn oslo(cases: &[Value]) -> Vec<Value> {
    let mut install = Command::new(root().join("scripts/venv.sh"));
    let installed = install.args(["target/oslo", "tests/policy/requirements.txt"]).output();
    let installed = installed.expect("a shell");
    let errors = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "oslo.policy cannot be installed: {errors}");
    let mut python = Command::new(root().join("target/oslo/bin/python"));
    python.arg(root().join("tests/policy/oslo.py")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut process = python.spawn().expect("python");
    let mut input = process.stdin.take().expect("its input");
    let lines = cases.iter().map(|case| format!("{case}\n")).collect::<String>();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = process.wait_with_output().expect("it ends");
    writer.join().unwrap().unwrap();
    let answers = String::from_utf8(output.stdout).unwrap();
    let answers: Vec<_> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), cases.len());
    answers
}

/// The credentials that Freezer would give oslo.policy for a caller.
fn credentials(caller: &Caller) -> Value {
    let Some(Scope { target: ScopeTarget::Project { id, domain }, roles }) = &caller.scope else {
        panic!("{caller:?}");
    };
    let project = id.as_str();
    let named: Vec<_> = roles.iter().map(|role| json!({"name": role})).collect();
    json!({
        "user_id": caller.user_id,
        "user": caller.user_id,
        "project_id": project,
        "project": project,
        "user_domain_id": caller.user_domain,
        "user_domain": caller.user_domain,
        "project_domain_id": domain,
        "project_domain": domain,
        "roles": roles,
        "is_admin": roles.iter().any(|role| role == "admin"),
        "token": {
            "user": {"id": caller.user_id, "name": caller.name, "domain": {"id": caller.user_domain}},
            "project": {"id": project, "domain": {"id": domain}},
            "roles": named,
        },
        "is_admin_project": true,
        "domain_id": null,
        "domain": null,
        "system_scope": null,
    })
}

/// The built-in rules, as a table.
fn built_in() -> Map<String, Value> {
    let policy = Policy::default();
    policy.rules().map(|rule| (rule.name().to_owned(), json!(rule.default_text()))).collect()
}

fn as_json(rule: &RuleText) -> Value {
    match rule {
        RuleText::Text(text) => json!(text),
        RuleText::Lists(lists) => json!(lists),
    }
}

#[test]
fn the_same_rules_decide_the_same() {
    let mut random = Random(chance(seed()));
    let (mut cases, mut decisions, mut refused) = (vec![], vec![], 0);
    while cases.len() < CASES {
        let (rules, caller) = (random.rules(), random.caller());
        let project = ProjectId::new(random.one(&["own", "other"]));
        let Ok((policy, _)) = Policy::with(rules.clone()) else {
            refused += 1;
            continue;
        };
        let mut table = built_in();
        table.extend(rules.iter().map(|(name, rule)| (name.clone(), as_json(rule))));
        cases.push(json!({
            "rules": table,
            "creds": credentials(&caller),
            "target": {"project_id": project.as_str()},
            "rule": ASKED.as_str(),
        }));
        decisions.push(policy.allows(&caller, ASKED, &project));
    }
    let allowed = decisions.iter().filter(|allowed| **allowed).count();
    println!("{CASES} cases, {allowed} of them allowed; {refused} that actiond refuses");
    assert!((CASES / 10..CASES * 9 / 10).contains(&allowed), "they say nothing");
    assert!(refused < CASES / 2, "too many are refused");
    for ((case, decision), answer) in cases.iter().zip(&decisions).zip(oslo(&cases)) {
        // A word of Python before the colon makes oslo.policy fail whenever it asks the rule: a request
        // that is not allowed.
        let answer = if answer.as_str().is_some_and(|text| text.starts_with("SyntaxError(")) {
            json!(false)
        } else {
            answer
        };
        assert_eq!(answer, *decision, "oslo.policy, actiond: {case:#}");
    }
}

/// The name and the text of every rule that freezer-api has.
const FREEZERS: &str = "import json; from freezer_api.common import policies; \
    print(json.dumps({rule.name: rule.check_str for rule in policies.list_rules()}))";

#[test]
fn the_built_in_rules_are_those_of_freezer() {
    let install = Command::new(root().join("scripts/freezer-api.sh")).output().expect("a shell");
    let errors = String::from_utf8_lossy(&install.stderr);
    assert!(install.status.success(), "freezer-api cannot be installed: {errors}");
    let python = root().join("target/freezer-api/bin/python");
    let said = Command::new(python).args(["-c", FREEZERS]).output().expect("python");
    let mut freezers: Map<String, Value> = serde_json::from_slice(&said.stdout).unwrap();
    let others = ["backups:", "clients:", "jobs:", "sessions:"];
    freezers.retain(|name, _| !others.iter().any(|other| name.starts_with(other)));
    assert_eq!(freezers, built_in());
}

/// A text that actiond refuses as a whole allows nobody in oslo.policy, or fails there: nothing is
/// closed here that is open there. (What it makes of a part of a text that it cannot read is another
/// matter: `not nonsense` allows everybody.)
#[test]
fn what_is_refused_allows_nobody() {
    let texts = [
        " ",
        "admin",
        "and",
        "@ @",
        "@ and",
        "or @",
        "(@",
        "@)",
        "()",
        "'x'",
        "\"x\"",
        "1.5:1.5x",
        "not",
        "@ not @",
        ":x",
        "a)and(b",
        "x:%(a",
        "x:%",
        "'a:b':c",
        "01:1",
        "x:%(project_id)d",
        "rule:nowhere",
        "rule:",
        "a..b:x",
    ];
    let random = &mut Random(chance(0));
    let creds = credentials(&random.caller());
    let mut cases = vec![];
    for text in texts {
        let rule = (ASKED.as_str().to_owned(), RuleText::Text(text.to_owned()));
        assert!(Policy::with([rule]).is_err(), "{text}");
        let mut rules = built_in();
        rules.insert(ASKED.as_str().to_owned(), json!(text));
        let target = json!({"project_id": "own"});
        cases.push(
            json!({"rules": rules, "creds": creds, "target": target, "rule": ASKED.as_str()}),
        );
    }
    for (text, answer) in texts.iter().zip(oslo(&cases)) {
        assert_ne!(answer, true, "{text}");
    }
}

#[test]
fn the_same_files_mean_the_same() {
    let files = [
        "",
        "# nothing\n",
        "actions:get: role:auditor\n",
        "\"actions:get\": \"\"\nactions:create:\n",
        "actions:get: [[\"role:auditor\", \"!\"], [\"role:member\"]]\nactions:create: []\n",
        "actions:get: >-\n  role:auditor\n  or rule:project_member\nproject_member: '@'\n",
        "actions:get:\n  - role:auditor\n  - - '@'\n    - role:reader\n",
        "{\n  \"actions:get\": \"not role:auditor\",\n  \"jobs:get\": [[]]\n}\n",
        "actions:get: 'role:auditor' # they only\nactions:create: \"rule:\\u0061dmin_or_owner\"\n",
        "---\n'actions:get': \"!\"\n'actions:create': \"role:auditor\n  or @\"\n...\n",
    ];
    let roles = ["auditor", "member", "reader", "auditor,member"];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("policy.yaml");
    let (mut cases, mut decisions) = (vec![], vec![]);
    for text in files {
        std::fs::write(&file, text).unwrap();
        for (rule, roles) in ["actions:get", "actions:create"]
            .into_iter()
            .flat_map(|rule| roles.map(|roles| (rule, roles)))
        {
            let mut command = actiond(folder.path());
            command.args(["policy", "test", "--file", "policy.yaml", "--rule", rule]);
            command.args(["--project", "own", "--roles", roles, "--format", "json"]);
            let said: Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
            decisions.push(said["allowed"].clone());
            let creds = json!({
                "user_id": "user", "project_id": "own", "roles": roles.split(',').collect::<Vec<_>>(),
            });
            let target = json!({"project_id": "own"});
            let rules = built_in();
            cases.push(json!({
                "rules": rules, "file": text, "creds": creds, "target": target, "rule": rule,
            }));
        }
    }
    for ((case, decision), answer) in cases.iter().zip(decisions).zip(oslo(&cases)) {
        assert_eq!(answer, decision, "oslo.policy, actiond: {case:#}");
    }
}
