//! The same rules mean the same to actiond and to oslo.policy, asked side by side.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use actiond_core::access::{
    Caller, Policy, ProjectPolicy, ProjectRule, RuleText, Scope, ScopeTarget,
};
use actiond_core::project::ProjectId;
use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Map, Value, json};

use crate::harness::{actiond, chance, seed};

const CASES: usize = 8_000;

/// The rule that is asked; others are what it may refer to.
const ASKED: ProjectRule = ProjectRule::Get;

/// Other rules. Each refers to later ones alone, so that none comes back to itself.
const OTHERS: [&str; 6] = ["a", "b", "admin_or_owner", "project_member", "c:d", "default"];

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

struct Random(StdRng);

impl Random {
    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.0.random_range(0..of.len())]
    }

    fn one_in(&mut self, many: u32) -> bool {
        self.0.random_range(0..many) == 0
    }

    /// A check. `level` says which rules there are to refer to.
    fn leaf(&mut self, level: usize) -> String {
        const LEFT: &[&str] = &[
            "role",
            "role",
            "role",
            "user_id",
            "user",
            "project_id",
            "project_id",
            "project",
            "roles",
            "is_admin",
            "is_admin_project",
            "domain_id",
            "system_scope",
            "None",
            "True",
            "False",
            "'own'",
            "\"own\"",
            "'member'",
            "5",
            "-5",
            "0",
            "''",
            "nothing",
            "token.user.domain.id",
            "token.user.name",
            "token.project.id",
            "token.project.domain.id",
            "token.roles.name",
            "user_domain_id",
            "project_domain",
            "domain",
            "Role",
        ];
        const RIGHT: &[&str] = &[
            "here",
            "Ann",
            "admin",
            "member",
            "MEMBER",
            "Reader",
            "ann",
            "own",
            "other",
            "%(project_id)s",
            "%(project_id)s",
            "%(nothing)s",
            "x-%(project_id)s",
            "%(project_id)s%(project_id)s",
            "%%",
            "True",
            "true",
            "False",
            "None",
            "5",
            "-5",
            "0",
            "'own'",
            "",
            "a:b",
            "É",
            "é",
        ];
        match self.0.random_range(0..10) {
            0 => "@".to_owned(),
            1 => "!".to_owned(),
            2 | 3 => {
                match OTHERS[..OTHERS.len() - 1].get(level..).filter(|rest| !rest.is_empty()) {
                    Some(_) if self.one_in(30) => "rule:nowhere".to_owned(),
                    Some(rest) => format!("rule:{}", self.one(rest)),
                    None => format!("rule:{}", self.one(&["context_is_admin", "project_reader"])),
                }
            }
            _ => format!("{}:{}", self.one(LEFT), self.one(RIGHT)),
        }
    }

    fn expression(&mut self, level: usize, depth: usize) -> String {
        if depth == 0 {
            return self.leaf(level);
        }
        let inner = depth - 1;
        match self.0.random_range(0..6) {
            0 => self.leaf(level),
            1 => format!("{} {}", self.one(&["not", "NOT"]), self.expression(level, inner)),
            2 => format!("({})", self.expression(level, inner)),
            3 => format!("( {}\t)", self.expression(level, inner)),
            n => {
                let words = if n == 4 { &["and", "AND", "And"] } else { &["or", "OR", "oR"] };
                let parts = self.0.random_range(2..5);
                let parts: Vec<_> = (0..parts).map(|_| self.expression(level, inner)).collect();
                parts.join(&format!(" {} ", self.one(words)))
            }
        }
    }

    /// A rule: an expression, a list, nothing, or an expression with a slip of the pen.
    fn rule(&mut self, level: usize) -> RuleText {
        match self.0.random_range(0..20) {
            0 => RuleText::Text(String::new()),
            1..5 => {
                let lists = self.0.random_range(0..4);
                let list = |random: &mut Self| {
                    let items = random.0.random_range(0..3);
                    (0..items).map(|_| random.leaf(level)).collect()
                };
                RuleText::Lists((0..lists).map(|_| list(self)).collect())
            }
            5 => {
                let mut text: Vec<_> = self.expression(level, 3).chars().collect();
                let at = self.0.random_range(0..text.len());
                match self.0.random_range(0..3) {
                    0 => drop(text.remove(at)),
                    1 => text.insert(at, self.one(&["(", ")", " ", "%", ":"]).parse().unwrap()),
                    _ => text.truncate(at),
                }
                RuleText::Text(text.into_iter().collect())
            }
            _ => {
                let depth = self.0.random_range(0..5);
                RuleText::Text(self.expression(level, depth))
            }
        }
    }

    fn rules(&mut self) -> Vec<(String, RuleText)> {
        let mut rules = vec![(ASKED.as_str().to_owned(), self.rule(0))];
        for (level, name) in OTHERS.iter().enumerate() {
            let is_needed = ["a", "b", "c:d"].contains(name);
            if is_needed || self.one_in(3) {
                rules.push(((*name).to_owned(), self.rule(level + 1)));
            }
        }
        rules
    }

    fn caller(&mut self) -> Caller {
        let known = ["admin", "member", "reader", "service", "é", "nothing"];
        let roles = known.iter().filter(|_| self.one_in(3)).map(|role| (*role).to_owned());
        let roles = roles.collect();
        let project = ProjectId::new(self.one(&["own", "other"]));
        let domain = Some(self.one(&["here", "own"]).to_owned());
        let scope = Scope { target: ScopeTarget::Project { id: project, domain }, roles };
        let user_id = self.one(&["ann", "own"]).to_owned();
        let user_domain = Some(self.one(&["here", "there"]).to_owned());
        let scope = Some(scope);
        Caller { user_id, name: "Ann".into(), user_domain, scope, ..Caller::default() }
    }
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
        assert_eq!(answer, *decision, "oslo.policy, actiond: {case:#}");
    }
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
