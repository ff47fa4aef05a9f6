//! Changing, replacing and deleting.

use std::fs;

use serde_json::{Value, json};

use super::{ACTIONS, alpha, backup, backup_as, create, ids, member};
use crate::harness::{Client, Server, Setup};

#[test]
fn a_patch_merges() {
    let (_server, alice) = alpha();
    let path = create(
        &alice,
        &json!({
            "action_id": "a", "max_retries": 9, "description": "nightly", "tags": {"a": 1, "b": [1, 2]},
            "freezer_action": {"action": "backup", "mode": "fs", "storage": "local", "x": {"y": 1, "z": 2}}
        }),
    );
    let answer = alice.patch(&path, &json!({
        "description": null, "max_retries": null, "tags": {"a": null, "b": [3], "c": {"d": null}},
        "freezer_action": {"container": "c", "x": {"z": null}, "storage": null},
        "action_id": "other", "user_id": "eve", "project_id": 5, "_version": 40
    }));
    assert_eq!(answer.expect(200).json(), json!({"action_id": "a", "version": 2}));
    let seen = alice.get(&path).json();
    assert_eq!(seen.get("description"), None);
    assert_eq!(seen["max_retries"], 5, "the default again");
    assert_eq!(seen["tags"], json!({"b": [3], "c": {}}));
    assert_eq!(seen["freezer_action"]["x"], json!({"y": 1}));
    assert_eq!(seen["freezer_action"]["container"], "c");
    assert_eq!(seen["freezer_action"]["mode"], "fs");
    assert_eq!(seen["freezer_action"].get("storage"), None);
    assert_eq!((&seen["action_id"], &seen["_version"]), (&json!("a"), &json!(2)));
}

#[test]
fn a_refused_patch_changes_nothing() {
    let (_server, alice) = alpha();
    let path = create(&alice, &json!({"freezer_action": {"action": "backup"}, "description": "d"}));
    let before = alice.get(&path).text;
    for bad in [
        json!({"description": "x", "freezer_action": {"action": null}}),
        json!({"freezer_action": null}),
        json!({"freezer_action": {"mode": "bogus"}}),
        json!({"description": "d".repeat(65)}),
        json!({"max_retries": -1}),
        json!({"job_schedule": {"event": "begin"}}),
        json!([]),
        json!("x"),
    ] {
        let answer = alice.patch(&path, &bad).expect(400).json();
        assert!(answer["description"].is_string(), "{answer}");
        assert_eq!(alice.get(&path).text, before, "{bad}");
    }
    alice.send("PATCH", &path, Some(b"{")).expect(753);
    assert_eq!(alice.get(&path).text, before);
}

#[test]
fn a_patch_cannot_make_an_action_larger_than_a_body() {
    let config = "[server]\nmax_body = 4096\n";
    let mut server = Server::start_with(Setup::with_config(config));
    let alice = member(&server, "alice", "alpha");
    let path = create(&alice, &json!({"freezer_action": {"action": "info"}, "kept": "k"}));
    let patch = |alice: &Client, key: &str, bytes: usize| {
        alice.patch(&path, &json!({key: "x".repeat(bytes)}))
    };
    patch(&alice, "a", 3000).expect(200);
    let before = alice.get(&path).text;
    let refused = patch(&alice, "b", 3000).expect(413).json();
    assert_eq!(refused["title"], "Request Entity Too Large");
    let said = refused["description"].as_str().unwrap();
    assert!(said.ends_with("and at most 5120 are allowed; take something out of it"), "{said}");
    assert_eq!(alice.get(&path).text, before, "it has changed all the same");
    patch(&alice, "a", 3500).expect(200);

    // One that is too large already, since less is allowed now, may shrink, and not grow.
    server.stop();
    fs::write(server.folder().join("actiond.toml"), "[server]\nmax_body = 1024\n").unwrap();
    server.start_again();
    let alice = server.client().with("X-Auth-Token", alice.header("X-Auth-Token"));
    patch(&alice, "b", 100).expect(413);
    alice.patch(&path, &json!({"kept": null})).expect(200);
    alice.patch(&path, &json!({"a": null})).expect(200);
    patch(&alice, "b", 900).expect(200);
}

#[test]
fn an_empty_patch_counts_a_version_and_changes_nothing_else() {
    let (_server, alice) = alpha();
    let path =
        create(&alice, &json!({"freezer_action": {"action": "info", "k": [1]}, "n": {"m": 1}}));
    let mut expected = alice.get(&path).json();
    for (version, body) in [(2, Some(&b"{}"[..])), (3, Some(b"")), (4, Some(b"null")), (5, None)] {
        let answer = alice.send("PATCH", &path, body).expect(200).json();
        assert_eq!(answer["version"], version);
        expected["_version"] = version.into();
        assert_eq!(alice.get(&path).json(), expected);
    }
}

#[test]
fn what_was_read_can_be_sent_back() {
    let (_server, alice) = alpha();
    let path = create(
        &alice,
        &json!({"freezer_action": {"action": "info", "deep": {"n": null}},
        "timeout": 3, "job_schedule": {"event": ""}, "note": [null]}),
    );
    let mut expected = alice.get(&path).json();
    alice.patch(&path, &alice.get(&path).json()).expect(200);
    expected["_version"] = 2.into();
    assert_eq!(alice.get(&path).json(), expected);
    alice.post(&path, &alice.get(&path).json()).expect(201);
    expected["_version"] = 3.into();
    assert_eq!(alice.get(&path).json(), expected);
}

#[test]
fn replace_creates_or_replaces_the_whole_document() {
    let (server, alice) = alpha();
    let amy = member(&server, "amy", "alpha");
    let path = format!("{ACTIONS}/r");
    let body = json!({"action_id": "ignored", "max_retries": 1, "note": "n",
        "freezer_action": {"action": "backup", "mode": "fs", "container": "c"}});
    let made = alice.post(&path, &body).expect(201);
    assert_eq!(made.json(), json!({"action_id": "r", "version": 1}));
    let first = alice.get(&path).json();

    let replaced = amy.post(&path, &json!({"freezer_action": {"action": "exec"}})).expect(201);
    assert_eq!(replaced.json(), json!({"action_id": "r", "version": 2}));
    let second = alice.get(&path).json();
    assert_eq!(second["user_id"], first["user_id"], "it stays its creator's");
    assert_eq!((&second["max_retries"], second.get("note")), (&json!(5), None));
    assert_eq!(second["freezer_action"]["mode"], Value::Null);
    assert_eq!(second["freezer_action"]["container"], Value::Null);

    for bad in [json!({"freezer_action": {}}), json!({}), json!(null), json!([1])] {
        alice.post(&path, &bad).expect(400);
        alice.post(&format!("{ACTIONS}/new"), &bad).expect(400);
    }
    assert_eq!(alice.get(&path).json(), second);
    alice.get(&format!("{ACTIONS}/new")).expect(404);
    for bad in ["a.b", "a%20b", "%00", &"x".repeat(65)] {
        let answer = alice.post(&format!("{ACTIONS}/{bad}"), &backup()).expect(400).json();
        assert!(answer["description"].as_str().unwrap().contains("action_id"), "{answer}");
    }
}

#[test]
fn an_id_is_taken_until_it_is_deleted() {
    let (_server, alice) = alpha();
    let path = create(&alice, &json!({"action_id": "one", "freezer_action": {"action": "exec"}}));
    let taken = alice.post(ACTIONS, &backup_as("one")).expect(409);
    assert_eq!(
        taken.json(),
        json!({"title": "Document already existing",
               "description": "Action already registered with ID one"})
    );
    alice.post(ACTIONS, &backup_as("ONE")).expect(201);
    assert_eq!(alice.get(&path).json()["freezer_action"]["action"], "exec");

    let gone = alice.delete(&path).expect(204);
    assert_eq!(gone.text, "");
    alice.get(&path).expect(404);
    alice.patch(&path, &json!({})).expect(404);
    alice.delete(&path).expect(204);
    alice.post(ACTIONS, &backup_as("one")).expect(201);
    let again = alice.get(&path).expect(200);
    assert_eq!((&again.json()["_version"], again.header("ETag")), (&json!(1), "\"1\""));
    assert_eq!(ids(&alice.get(ACTIONS).json()), ["one", "ONE"], "it has its place back");
}

#[test]
fn what_is_not_there_is_not_found_with_a_body() {
    let (_server, alice) = alpha();
    for id in ["nosuch", "a.b", "%FF%FE", "%00", "a%2Fb", "%2e%2e", &"x".repeat(65)] {
        let path = format!("{ACTIONS}/{id}");
        for answer in [alice.get(&path), alice.patch(&path, &json!({}))] {
            let body = answer.expect(404).json();
            assert_eq!(body["title"], "Not Found", "{id}");
            assert!(body["description"].as_str().unwrap().contains("No action found"), "{body}");
        }
        alice.delete(&path).expect(204);
    }
}

#[test]
fn many_clients_change_one_action_and_no_change_is_lost() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    std::thread::scope(|threads| {
        for writer in 0..8 {
            let (alice, path) = (alice.clone(), &path);
            threads.spawn(move || {
                for n in 0..10 {
                    alice.patch(path, &json!({"log": {format!("w{writer}-{n}"): n}})).expect(200);
                }
            });
        }
    });
    let seen = alice.get(&path).json();
    assert_eq!(seen["_version"], 81);
    assert_eq!(seen["log"].as_object().unwrap().len(), 80);
}
