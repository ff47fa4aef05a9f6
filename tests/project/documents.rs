//! What a document must hold, and that it comes back as it was stored.

use serde_json::{Value, json};

use super::{ACTIONS, alpha, backup, create, escaped};
use crate::harness::Client;

/// A good body with one more key, at the top or in `freezer_action`.
fn with(at: &str, key: &str, value: Value) -> Value {
    let mut body = backup();
    let object = if at.is_empty() { &mut body } else { &mut body[at] };
    object[key] = value;
    body
}

#[track_caller]
fn check_refused(client: &Client, body: &Value, words: &str) {
    let answer = client.post(ACTIONS, body).expect(400).json();
    let description = answer["description"].as_str().unwrap();
    assert!(description.contains(words), "{body}: {description}");
    assert!(answer["title"].is_string());
}

#[test]
fn what_a_client_stored_comes_back_as_it_was() {
    let (_server, alice) = alpha();
    let sent = r#"{"note":"é中😀\u0000","freezer_action":{"z":123456789012345678901234567890,"action":"exec",
        "deep":{"list":[{"k":1.0},[],null,-0.0],"n":null},"max_retries":"many","mode":"fs"},
        "extra":[true,"a\nb"],"mandatory":true,"timeout":-3,"priority":12345678901234567890}"#;
    let id = alice.send("POST", ACTIONS, Some(sent.as_bytes())).expect(201).json();
    let path = format!("{ACTIONS}/{}", id["action_id"].as_str().unwrap());
    let text = alice.get(&path).expect(200).text;
    let kept = r#""freezer_action":{"z":123456789012345678901234567890,"action":"exec","deep":{"list":[{"k":1.0},[],null,-0.0],"n":null},"max_retries":"many","mode":"fs","backup_name":null,"container":null,"timeout":null,"priority":null,"path_to_backup":null,"log_file":null},"note":"é中😀\u0000","extra":[true,"a\nb"],"priority":12345678901234567890}"#;
    assert!(text.ends_with(kept), "{text}");
    assert!(text.contains(r#""mandatory":true,"timeout":-3,"_version":1,"#), "{text}");
    let list = alice.get(ACTIONS).expect(200).text;
    assert_eq!(list, format!(r#"{{"actions":[{text}]}}"#), "show and list return the same");
}

#[test]
fn null_and_absent_mean_the_same() {
    let (_server, alice) = alpha();
    let sparse = alice.get(&create(&alice, &backup())).json();
    let mut nulls = backup();
    for key in ["action_id", "max_retries", "max_retries_interval", "mandatory", "timeout"] {
        nulls[key] = Value::Null;
    }
    for key in ["mode", "backup_name", "container", "path_to_backup", "log_file", "priority"] {
        nulls["freezer_action"][key] = Value::Null;
    }
    let mut explicit = alice.get(&create(&alice, &nulls)).json();
    explicit["action_id"] = sparse["action_id"].clone();
    assert_eq!(explicit, sparse);
    assert_eq!(sparse["max_retries"], 5);
    assert_eq!(sparse["max_retries_interval"], 6);
    assert_eq!(sparse["mandatory"], false);
    let more = json!({"job_schedule": null, "description": null, "freezer_action":
        {"action": "backup", "storage": null, "engine_name": null, "restore_abs_path": null}});
    create(&alice, &more);
}

#[test]
fn every_word_of_the_contract_is_taken_and_no_other() {
    let (_server, alice) = alpha();
    for (key, words) in [
        ("action", &["backup", "restore", "info", "admin", "exec"][..]),
        (
            "mode",
            &["fs", "mongo", "mysql", "sqlserver", "cinder", "glance", "cindernative", "nova"],
        ),
        ("storage", &["local", "swift", "ssh", "s3", "ftp", "ftps"]),
        ("engine_name", &["tar", "rsync", "rsyncv2", "nova", "osbrick", "glance"]),
    ] {
        for word in words {
            create(&alice, &with("freezer_action", key, json!(word)));
        }
        for bad in [json!("bogus"), json!(""), json!(words[0].to_uppercase()), json!(5), json!([])]
        {
            check_refused(
                &alice,
                &with("freezer_action", key, bad),
                &format!("freezer_action.{key}"),
            );
        }
    }
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    let (_server, alice) = alpha();
    for key in ["backup_name", "container", "path_to_backup", "restore_abs_path", "log_file"] {
        create(&alice, &with("freezer_action", key, json!("/srv/dätä")));
        check_refused(&alice, &with("freezer_action", key, json!(5)), key);
    }
    for key in ["max_retries", "max_retries_interval"] {
        for number in ["0", "3.0", "2147483648", "99999999999999999999"] {
            let number: Value = serde_json::from_str(number).unwrap();
            let path = create(&alice, &with("", key, number.clone()));
            assert_eq!(alice.get(&path).json()[key].to_string(), number.to_string());
        }
        for bad in [json!(-1), json!(1.5), json!("3"), json!(true), json!([1]), json!(-1.0)] {
            check_refused(&alice, &with("", key, bad), key);
        }
    }
    for key in ["timeout", "priority"] {
        create(&alice, &with("", key, json!(-7)));
        for bad in [json!(1.5), json!("12"), json!({})] {
            check_refused(&alice, &with("", key, bad), key);
        }
    }
    for bad in [json!("true"), json!(1)] {
        check_refused(&alice, &with("", "mandatory", bad), "mandatory");
    }
    for bad in [json!(null), json!([]), json!("backup"), json!(5)] {
        check_refused(&alice, &json!({"freezer_action": bad}), "freezer_action");
    }
    check_refused(&alice, &json!({"freezer_action": {}}), "'freezer_action.action' is a required");
    check_refused(&alice, &json!({"max_retries": 1}), "'freezer_action' is a required property");
    assert_eq!(
        alice
            .get("/v2/alpha/actions?search=%7B%22match%22%3A%5B%7B%22max_retries%22%3A-1%7D%5D%7D")
            .json(),
        json!({"actions": []}),
        "nothing of what was refused is kept"
    );
}

#[test]
fn a_description_has_at_most_64_bytes() {
    let (_server, alice) = alpha();
    for good in ["d".repeat(64), "é".repeat(32), "😀".repeat(16), String::new()] {
        let path = create(&alice, &with("", "description", json!(good)));
        assert_eq!(alice.get(&path).json()["description"], json!(good));
    }
    for (long, bytes) in [("d".repeat(65), 65), ("é".repeat(33), 66), ("😀".repeat(17), 68)] {
        check_refused(&alice, &with("", "description", json!(long)), &format!("{bytes} bytes"));
    }
    check_refused(&alice, &with("", "description", json!(5)), "description");
}

#[test]
fn an_id_has_at_most_64_word_characters() {
    let (_server, alice) = alpha();
    for good in ["a", "_", "-", "Ab-9_", "é中", "٣", &"x".repeat(64), &"é".repeat(64)] {
        create(&alice, &with("", "action_id", json!(good)));
        let path = format!("{ACTIONS}/{}", escaped(good));
        assert_eq!(alice.get(&path).expect(200).json()["action_id"], json!(good));
    }
    let long = ["x".repeat(65), "é".repeat(65)];
    for bad in ["", "a b", "a.b", "a/b", "a%b", "a\n", "a\0", "a\"", "..", &long[0], &long[1]] {
        check_refused(&alice, &with("", "action_id", json!(bad)), "action_id");
    }
    for bad in [json!(5), json!(0), json!(false), json!({}), json!(["a"])] {
        check_refused(&alice, &with("", "action_id", bad), "action_id");
    }
    let made = alice.post(ACTIONS, &backup()).json()["action_id"].as_str().unwrap().to_owned();
    assert_eq!(made.len(), 32);
    assert!(made.chars().all(|c| c.is_ascii_digit() || ('a'..='f').contains(&c)), "{made}");
}

#[test]
fn a_schedule_has_the_keys_of_the_contract_and_no_other() {
    let (_server, alice) = alpha();
    let full = json!({
        "event": "start", "status": "scheduled", "result": "success",
        "schedule_interval": "5 minutes", "schedule_date": "2026-01-31T23:59:00",
        "schedule_start_date": "2026-01-31T23:59:00Z", "schedule_end_date": "2026-02-01",
        "schedule_year": "2026", "schedule_month": "1-3", "schedule_day": "*/2",
        "schedule_week": "7", "schedule_day_of_week": "mon", "schedule_hour": "1,2",
        "schedule_minute": "0", "schedule_second": "59", "time_created": 1, "time_started": -1,
        "time_ended": 3, "current_pid": 4,
    });
    let path = create(&alice, &with("", "job_schedule", full.clone()));
    assert_eq!(alice.get(&path).json()["job_schedule"], full);
    for word in ["", "stop", "start", "abort", "remove"] {
        create(&alice, &with("", "job_schedule", json!({"event": word})));
    }
    for interval in ["continuous", "1 weeks", "2 days", "3 hours", "4 minutes", "5 seconds"] {
        create(&alice, &with("", "job_schedule", json!({"schedule_interval": interval})));
    }
    for (key, bad) in [
        ("event", json!("begin")),
        ("status", json!("done")),
        ("result", json!(1)),
        ("schedule_interval", json!("5 months")),
        ("schedule_interval", json!("minutes")),
        ("schedule_date", json!("tomorrow")),
        ("schedule_end_date", json!("2026-02-30T00:00:00")),
        ("schedule_year", json!("26")),
        ("schedule_hour", json!(1)),
        ("time_created", json!("now")),
        ("current_pid", json!(1.5)),
        ("shedule_date", json!("2026-01-31")),
    ] {
        let body = with("", "job_schedule", json!({key: bad}));
        check_refused(&alice, &body, &format!("job_schedule.{key}"));
    }
    check_refused(&alice, &with("", "job_schedule", json!([])), "job_schedule");
}

#[test]
fn what_the_service_decides_cannot_be_sent() {
    let (_server, alice) = alpha();
    let mine = alice.get(&create(&alice, &backup())).json();
    let forged = json!({"user_id": "eve", "project_id": ["beta"], "_version": 77,
        "freezer_action": {"action": "backup", "user_id": "kept", "action_id": 5}});
    let seen = alice.get(&create(&alice, &forged)).json();
    assert_eq!(seen["user_id"], mine["user_id"]);
    assert_eq!(seen["project_id"], "alpha");
    assert_eq!(seen["_version"], 1);
    assert_eq!(seen["freezer_action"]["user_id"], "kept");
    assert_eq!(seen["freezer_action"]["action_id"], 5);
}

#[test]
fn a_body_that_says_nothing_is_missing_and_another_type_is_refused() {
    let (_server, alice) = alpha();
    for nothing in ["", "null", "{}", "[]", "0", "false", "\"\""] {
        let answer = alice.send("POST", ACTIONS, Some(nothing.as_bytes())).expect(400).json();
        let expected =
            json!({"title": "Bad request format", "description": "Missing request body"});
        assert_eq!(answer, expected, "{nothing:?}");
    }
    for other in ["5", "true", "\"x\"", "[1]"] {
        let answer = alice.send("POST", ACTIONS, Some(other.as_bytes())).expect(400).json();
        let words = answer["description"].as_str().unwrap();
        assert!(words.starts_with("body: ") && words.ends_with("'object'"), "{words}");
    }
    for not_json in
        ["{", "{}x", "nonsense", "{\"a\":NaN}", "\u{feff}{}", "{\"x\":\"\\ud800\"}", " "]
    {
        let answer = alice.send("POST", ACTIONS, Some(not_json.as_bytes())).expect(753).json();
        assert_eq!(answer["title"], "Malformed JSON", "{not_json:?}");
    }
}
