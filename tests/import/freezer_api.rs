//! The import from a real freezer-api, which was asked for everything that was ever recorded.

use std::process::Output;

use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::{check, counts};
use crate::harness::{
    ADMIN_PASSWORD, Client, FreezerApi, KEYSTONE_PASSWORD, Server, actiond, until,
};
use crate::parity::{cast, names::Names, replay};

/// A freezer-api that is full, and the folder that its actions go to.
struct House {
    freezer: FreezerApi,
    names: Names,
    target: TempDir,
}

impl House {
    /// After all that was recorded, with every word and every key that an action may have, and with what
    /// a client may send that freezer-api cannot give back.
    fn full() -> Self {
        let freezer = FreezerApi::start();
        let mut names = cast::keystone(freezer.keystone(), freezer.url());
        replay(freezer.url(), &mut names);
        let alice = Client::anonymous(freezer.url());
        let alice = alice.with("X-Auth-Token", &names.fill("{token:alice}"));
        for action in each_word().into_iter().chain([every_key()]) {
            alice.post(&names.fill("/v2/{alpha}/actions"), &action).expect(201);
        }
        for (id, value) in [("nan", "NaN"), ("half", r#""\ud800""#), ("deep", &nested(300))] {
            let text = format!(
                r#"{{"action_id": "{id}", "freezer_action": {{"action": "backup", "x": {value}}}}}"#
            );
            let path = names.fill("/v2/{alpha}/actions");
            alice.send("POST", &path, Some(text.as_bytes())).expect(201);
        }
        Self { freezer, names, target: tempfile::tempdir().unwrap() }
    }

    fn command(&self, flags: &[&str]) -> std::process::Command {
        let mut command = actiond(self.target.path());
        command.args(["import", "freezer", "--endpoint", self.freezer.url()]).args(flags);
        command.env("OS_AUTH_URL", format!("{}/v3", self.freezer.keystone().url()));
        command.env("OS_USERNAME", "admin").env("OS_PASSWORD", KEYSTONE_PASSWORD);
        command.env("OS_PROJECT_NAME", "admin").env("OS_USER_DOMAIN_NAME", "Default");
        command
    }

    fn import(&self, flags: &[&str]) -> Output {
        self.command(flags).output().unwrap()
    }

    fn report(&self) -> Value {
        let text = std::fs::read_to_string(self.target.path().join("actiond-import.json"));
        serde_json::from_str(&text.unwrap()).unwrap()
    }

    /// A project's actions as freezer-api lists them one by one; without those that it cannot.
    fn listed_there(&self, project: &str) -> Vec<Value> {
        let admin = Client::anonymous(self.freezer.url());
        let admin = admin.with("X-Auth-Token", &self.names.fill("{token:admin}"));
        let mut found = vec![];
        for offset in 0.. {
            let page = admin.get(&format!("/v2/{project}/actions?limit=1&offset={offset}"));
            match page.json()["actions"].as_array() {
                Some(rows) if rows.is_empty() => break,
                Some(rows) => found.extend(rows.clone()),
                None => {}
            }
        }
        found
    }
}

/// An action for each word that one of its keys may have.
fn each_word() -> Vec<Value> {
    let keys = [
        ("action", "backup restore info admin exec"),
        ("mode", "fs mongo mysql sqlserver cinder glance cindernative nova"),
        ("storage", "local swift ssh s3 ftp ftps"),
        ("engine_name", "tar rsync rsyncv2 nova osbrick glance"),
    ];
    let action = |key: &str, word: &str| {
        let mut action =
            json!({"action_id": format!("{key}-{word}"), "freezer_action": {"action": "backup"}});
        action["freezer_action"][key] = json!(word);
        action
    };
    keys.iter().flat_map(|(key, words)| words.split(' ').map(|word| action(key, word))).collect()
}

/// An action with all keys that have a meaning, and some that have none.
fn every_key() -> Value {
    json!({
        "action_id": "every_key",
        "freezer_action": {
            "action": "backup", "mode": "fs", "storage": "swift", "engine_name": "tar",
            "backup_name": "nächtlich", "container": "tapes", "path_to_backup": "/srv/\u{1f4be}",
            "restore_abs_path": "/", "log_file": "/var/log/freezer", "timeout": 3600, "priority": 1,
            "mandatory": true, "z": {"a": [1, 2.5, null, {"b": "c"}]}, "a": 123_456_789_012_345_u64,
        },
        "max_retries": 0, "max_retries_interval": 0, "mandatory": true, "timeout": 60, "priority": 9,
        "description": "d".repeat(64),
        "job_schedule": {
            "event": "start", "status": "scheduled", "result": "success", "schedule_interval": "2 days",
            "schedule_date": "2026-01-01T00:00:00", "schedule_start_date": "2026-01-01T00:00:00",
            "schedule_end_date": "2027-01-01T00:00:00", "schedule_year": "2026", "schedule_month": "1",
            "schedule_day": "1", "schedule_week": "1", "schedule_day_of_week": "mon",
            "schedule_hour": "1", "schedule_minute": "1", "schedule_second": "1", "time_created": 1,
            "time_started": 2, "time_ended": 3, "current_pid": 4,
        },
    })
}

fn nested(levels: usize) -> String {
    format!("{}{}", "[".repeat(levels), "]".repeat(levels))
}

/// What freezer-api lists, as it is here: null retries are none given, and a timeout that is no integer
/// stands in freezer_action alone.
fn as_here(there: &Value) -> Map<String, Value> {
    let mut row = there.as_object().unwrap().clone();
    for (key, default) in [("max_retries", 5), ("max_retries_interval", 6)] {
        if row[key].is_null() {
            row[key] = json!(default);
        }
    }
    if row["timeout"].as_i64().is_none() {
        row["timeout"] = Value::Null;
    }
    row.insert("_version".to_owned(), json!(1));
    row
}

#[test]
fn everything_that_breaks_no_rule_comes_over_from_a_real_freezer_api() {
    let house = House::full();
    let output = house.import(&["--connections", "2"]);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let report = house.report();
    let not_taken = report["not_taken"].as_array().unwrap();
    let (alpha, beta) = (house.names.fill("{alpha}"), house.names.fill("{beta}"));
    check(&report["projects"][&*beta], counts(12, 12, 0, 0, 0));
    let progress = &report["projects"][&*alpha];
    assert_eq!(progress["not_taken"], not_taken.len());
    assert_eq!(
        progress["read"].as_u64(),
        Some(progress["new"].as_u64().unwrap() + not_taken.len() as u64)
    );

    // What was not taken, and why.
    let lines = not_taken.iter().map(|one| {
        let id = one["action_id"].as_str().unwrap_or("?");
        let line = format!("{}: {}", id.escape_debug(), one["reason"].as_str().unwrap());
        house.names.put_in(&line)
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));

    // All else is here, just so, and in freezer-api's order.
    let server = serve(&house);
    let admin = server.client().project_admin();
    for project in [&alpha, &beta] {
        let refused = |id: &str| not_taken.iter().any(|one| one["action_id"] == *id);
        let there = house.listed_there(project);
        let there = there.iter().filter(|row| !refused(row["action_id"].as_str().unwrap()));
        let there: Vec<_> = there.map(as_here).map(Value::Object).collect();
        assert!(there.len() > 10, "freezer-api lists nothing");
        assert_eq!(super::all(&admin, project), there);
    }
    let come = super::all(&admin, &alpha);
    for action in each_word().iter().chain([&every_key()]) {
        let id = &action["action_id"];
        assert!(come.iter().any(|row| row["action_id"] == *id), "{id}");
    }
    // Again, beside the server.
    let again = house.import(&[]);
    assert_eq!(again.status.code(), Some(3), "{again:?}");
    let progress = house.report()["projects"][&*alpha].clone();
    assert_eq!(
        (&progress["new"], &progress["same"]),
        (&json!(0), &report["projects"][&*alpha]["new"])
    );
}

#[test]
fn an_import_that_is_killed_carries_on_without_reading_all_again() {
    let house = House::full();
    let (alpha, beta) = (house.names.fill("{alpha}"), house.names.fill("{beta}"));
    grow(&house, &beta, 6000);
    let flags = ["--project", &*beta, "--project", &*alpha, "--connections", "1"];
    let shown = house.target.path().join("shown");
    let stderr = std::fs::File::create(&shown).unwrap();
    let mut first = house.command(&flags).stderr(stderr).spawn().unwrap();
    let has_come_far = || {
        let shows_it =
            std::fs::read_to_string(&shown).unwrap().contains(" actions of 1 projects read: ");
        let text = std::fs::read_to_string(house.target.path().join("actiond-import.json"));
        let report: Value = serde_json::from_str(&text.unwrap_or_default()).unwrap_or_default();
        shows_it && report["projects"][&*beta]["read"].as_u64() >= Some(1000)
    };
    until("the import has come far", || has_come_far() || first.try_wait().unwrap().is_some());
    first.kill().unwrap();
    first.wait().unwrap();
    let read = house.report()["projects"][&*beta]["read"].as_u64().unwrap();
    assert!((1000..6012).contains(&read), "it was too fast to be killed: {read}");

    let asked = house.freezer.requests(&format!("GET /v2/{beta}/actions?"));
    let output = house.import(&flags);
    assert_eq!(output.status.code(), Some(3), "{output:?}");
    let progress = house.report()["projects"][&*beta].clone();
    assert_eq!((&progress["read"], &progress["complete"]), (&json!(6012), &json!(true)));
    let pages = house.freezer.requests(&format!("GET /v2/{beta}/actions?")) - asked;
    assert!(pages as u64 <= (6012 - read).div_ceil(500) + 2, "{pages} pages after {read} actions");
    let server = serve(&house);
    let here = super::all(&server.client().project_admin(), &beta);
    assert_eq!(here.len(), 6012);
}

/// Puts so many more actions into freezer-api's database: by its API this takes minutes.
fn grow(house: &House, project: &str, count: usize) {
    let mut database = rusqlite::Connection::open(house.freezer.database()).unwrap();
    let changes = database.transaction().unwrap();
    for number in 0..count {
        let metadata = json!({"action": "backup", "n": number}).to_string();
        let insert = "INSERT INTO actions (id, action, project_id, user_id, mandatory, backup_metadata, \
                      deleted, max_retries, max_retries_interval) VALUES (?, 'backup', ?, 'ann', 0, ?, 0, 5, 6)";
        let id = format!("grown-{number}");
        changes.execute(insert, (id, project, metadata.as_bytes())).unwrap();
    }
    changes.commit().unwrap();
}

/// A server on what has come over.
fn serve(house: &House) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", house.target.path().join("data/actiond.db").display());
    let process = actiond(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--store", &store])
        .env("ACTIOND_ADMIN_PASSWORD", ADMIN_PASSWORD)
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn();
    Server::of(process.unwrap(), folder)
}
