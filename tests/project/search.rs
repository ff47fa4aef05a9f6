//! Searching: the shapes, what they find, and what is refused.

use serde_json::{Value, json};

use super::{ACTIONS, alpha, create, escaped, ids, member};
use crate::harness::Client;

/// What a search finds, asked for in the body and in the query.
#[track_caller]
fn found(client: &Client, search: &Value) -> Vec<String> {
    let text = search.to_string();
    let by_body = client.send("GET", &format!("{ACTIONS}?limit=100"), Some(text.as_bytes()));
    let by_body = by_body.expect(200).text;
    let query = format!("{ACTIONS}?limit=100&search={}", escaped(&text));
    assert_eq!(client.get(&query).expect(200).text, by_body, "{search}");
    ids(&serde_json::from_str(&by_body).unwrap())
}

#[track_caller]
fn check(client: &Client, search: Value, expected: &[&str]) {
    assert_eq!(found(client, &search), expected, "{search}");
}

fn contains(text: &str) -> Value {
    json!({"match": [{"_all": text}]})
}

fn library(client: &Client) {
    for body in [
        json!({"action_id": "fs", "max_retries": 3, "freezer_action": {"action": "backup",
            "mode": "fs", "path_to_backup": "/srv/Data", "level": 3, "steps": [{"host": "h1"}, {"host": "h2"}]}}),
        json!({"action_id": "sql", "mandatory": true, "freezer_action": {"action": "backup",
            "mode": "mysql", "level": 3.0, "container": "Größe_50%", "in": {"deep": {"er": "x y"}}}}),
        json!({"action_id": "back", "description": "Wiederherstellung", "freezer_action":
            {"action": "restore", "level": "3", "steps": [{"host": "h2"}], "odd": {"odd": 1, "n": null}}}),
        json!({"action_id": "info", "freezer_action":
            {"action": "info", "timeout": 123456789012345678_u64, "log_file": "/var/log/中文/\"quoted\"\\n.log"}}),
    ] {
        create(client, &body);
    }
}

#[test]
fn match_and_match_not_compare_values() {
    let (_server, alice) = alpha();
    library(&alice);
    check(&alice, json!({"match": [{"action": "backup"}]}), &["fs", "sql"]);
    check(&alice, json!({"match": [{"action": "backup"}, {"mode": "fs"}]}), &["fs"]);
    check(&alice, json!({"match": [{"action": "backup", "mode": "fs"}]}), &["fs"]);
    check(&alice, json!({"match": [{"action": "Backup"}]}), &[]);
    check(&alice, json!({"match": [{"action": "back"}]}), &[]);
    check(&alice, json!({"match_not": [{"action": "backup"}]}), &["back", "info"]);
    check(
        &alice,
        json!({"match": [{"action": "backup"}], "match_not": [{"mode": "fs"}]}),
        &["sql"],
    );
    check(&alice, json!({"match_not": [{"mode": "fs"}, {"mode": "mysql"}]}), &["back", "info"]);
    check(&alice, json!({"match": [{"level": 3}]}), &["fs", "sql"]);
    check(&alice, json!({"match": [{"level": 3.0}]}), &["fs", "sql"]);
    check(&alice, json!({"match": [{"level": "3"}]}), &["back"]);
    check(&alice, json!({"match": [{"mandatory": true}]}), &["sql"]);
    check(&alice, json!({"match": [{"mandatory": 1}]}), &[]);
    check(&alice, json!({"match": [{"timeout": 123456789012345678_u64}]}), &["info"]);
    check(&alice, json!({"match": [{"timeout": 123456789012345679_u64}]}), &[]);
    check(&alice, json!({"match": [{"max_retries": 5}]}), &["sql", "back", "info"]);
    check(&alice, json!({"match": [{"action_id": "fs"}]}), &["fs"]);
    check(&alice, json!({"match": [{"project_id": "alpha"}]}), &["fs", "sql", "back", "info"]);
    check(&alice, json!({"match": [{"_version": 1}, {"action": "info"}]}), &["info"]);
    let me = alice.get(ACTIONS).json()["actions"][0]["user_id"].clone();
    check(&alice, json!({"match": [{"user_id": me}]}), &["fs", "sql", "back", "info"]);
}

#[test]
fn a_key_is_found_at_any_depth() {
    let (_server, alice) = alpha();
    library(&alice);
    check(&alice, json!({"match": [{"er": "x y"}]}), &["sql"]);
    check(&alice, json!({"match": [{"deep": {"er": "x y"}}]}), &["sql"]);
    check(&alice, json!({"match": [{"host": "h2"}]}), &["fs", "back"]);
    check(&alice, json!({"match": [{"host": "h1"}]}), &[]);
    check(&alice, json!({"match": [{"steps": [{"host": "h1"}, {"host": "h2"}]}]}), &["fs"]);
    check(&alice, json!({"match": [{"odd": 1}]}), &[]);
    check(&alice, json!({"match": [{"odd": {"n": null, "odd": 1}}]}), &["back"]);
    check(&alice, json!({"match": [{"freezer_action.action": "info"}]}), &[]);
    check(&alice, json!({"match": [{"mode": null}]}), &["back", "info"]);
    check(&alice, json!({"match_not": [{"mode": null}]}), &["fs", "sql"]);
    check(&alice, json!({"match": [{"nosuch": null}]}), &["fs", "sql", "back", "info"]);
    check(&alice, json!({"match_not": [{"nosuch": null}]}), &[]);
}

#[test]
fn all_finds_substrings_of_any_length() {
    let (_server, alice) = alpha();
    library(&alice);
    for (text, expected) in [
        ("/srv/data", &["fs"][..]),
        ("SRV/DATA", &["fs"]),
        ("größe_50%", &["sql"]),
        ("GRÖSSE", &["sql"]),
        ("ÖßE", &["sql"]),
        ("中文", &["info"]),
        ("中", &["info"]),
        ("\"quoted\"\\N", &["info"]),
        ("w", &["back"]),
        ("x y", &["sql"]),
        (" ", &["sql"]),
        ("_5", &["sql"]),
        ("%", &["sql"]),
        ("*", &[]),
        ("50%\u{0}", &[]),
        ("rv", &["fs"]),
        ("h1h2", &[]),
        ("host", &[]),
        ("12345678901234567", &[]),
        ("alph", &["fs", "sql", "back", "info"]),
        ("", &["fs", "sql", "back", "info"]),
    ] {
        check(&alice, contains(text), expected);
    }
    let both = json!({"match": [{"_all": "a", "mode": "fs"}, {"level": 3}], "match_not": [{"host": "h1"}]});
    check(&alice, both, &["fs"]);
}

#[test]
fn all_with_a_list_is_a_list_of_matches() {
    let (_server, alice) = alpha();
    library(&alice);
    check(&alice, contains(r#"[{"action": "backup"}, {"level": 3}]"#), &["fs", "sql"]);
    check(&alice, contains(r#"[{"mode": "fs"}]"#), &["fs"]);
    check(&alice, contains("[]"), &["fs", "sql", "back", "info"]);
    check(&alice, contains("{\"mode\": \"fs\"}"), &[]);
    check(&alice, contains("[broken"), &[]);
    check(
        &alice,
        json!({"match": [{"_all": "[{\"level\": 3}]"}], "match_not": [{"mode": "fs"}]}),
        &["sql"],
    );
    check(&alice, json!({"match": [{"level": 3}, {"_all": "fs"}]}), &[]);
}

#[test]
fn a_search_that_asks_for_nothing_finds_everything() {
    let (_server, alice) = alpha();
    library(&alice);
    for nothing in ["", "{}", "null", "{\"match\":[]}", "{\"match\":null,\"match_not\":[{}]}"] {
        let answer = alice.send("GET", ACTIONS, Some(nothing.as_bytes())).expect(200).json();
        assert_eq!(ids(&answer).len(), 4, "{nothing}");
        let query = format!("{ACTIONS}?search={}", escaped(nothing));
        assert_eq!(ids(&alice.get(&query).expect(200).json()).len(), 4, "{nothing}");
    }
}

#[test]
fn a_search_of_another_shape_is_refused() {
    let (_server, alice) = alpha();
    library(&alice);
    for bad in [
        "[1]",
        "[]",
        "5",
        "\"x\"",
        "true",
        "{\"match\":\"s\"}",
        "{\"match\":{\"a\":1}}",
        "{\"match\":[null]}",
        "{\"match\":[\"a\"]}",
        "{\"match_not\":5}",
        "{\"match_not\":[[]]}",
        "{\"query\":{}}",
        "{\"match\":[{\"_all\":5}]}",
        "{\"match\":[{\"_all\":null}]}",
        "{\"match\":[{\"_all\":[]}]}",
        "{\"match\":[{\"_all\":\"[1]\"}]}",
    ] {
        let body = alice.send("GET", ACTIONS, Some(bad.as_bytes())).expect(400).json();
        assert!(body["description"].as_str().unwrap().contains("match"), "{bad}: {body}");
        alice.get(&format!("{ACTIONS}?search={}", escaped(bad))).expect(400);
    }
    let broken = alice.send("GET", ACTIONS, Some(b"{\"match\":")).expect(753).json();
    assert_eq!(broken["title"], "Malformed JSON");
    let in_query = alice.get(&format!("{ACTIONS}?search=%7B")).expect(400).json();
    assert_eq!(in_query["title"], "Invalid parameter");
}

#[test]
fn pages_count_what_was_found() {
    let (_server, alice) = alpha();
    for n in 0..30 {
        let kind = if n % 3 == 0 { "exec" } else { "backup" };
        create(
            &alice,
            &json!({"action_id": format!("s{n:02}"), "freezer_action": {"action": kind}}),
        );
    }
    let search = escaped(r#"{"match":[{"action":"exec"}]}"#);
    let page = |query: &str| {
        ids(&alice.get(&format!("{ACTIONS}?search={search}{query}")).expect(200).json())
    };
    assert_eq!(page("&limit=2"), ["s00", "s03"]);
    assert_eq!(page("&limit=2&offset=2"), ["s06", "s09"]);
    assert_eq!(page("&limit=2&offset=s09"), ["s12", "s15"]);
    assert_eq!(page("&limit=2&offset=s10"), ["s12", "s15"], "the marker need not be found itself");
    assert_eq!(page("&limit=0").len(), 10);
    assert_eq!(page("&offset=10"), [""; 0]);
    alice.delete(&format!("{ACTIONS}/s09")).expect(204);
    assert_eq!(page("&limit=2&offset=s09"), ["s12", "s15"], "a removed marker keeps its place");
}

#[test]
fn what_was_changed_is_found_as_it_is_now() {
    let (server, alice) = alpha();
    library(&alice);
    alice
        .patch(
            &format!("{ACTIONS}/fs"),
            &json!({"freezer_action": {"mode": "nova", "path_to_backup": null}}),
        )
        .expect(200);
    check(&alice, json!({"match": [{"mode": "fs"}]}), &[]);
    check(&alice, json!({"match": [{"mode": "nova"}, {"_version": 2}]}), &["fs"]);
    check(&alice, contains("srv"), &[]);
    alice.delete(&format!("{ACTIONS}/sql")).expect(204);
    check(&alice, contains("größe"), &[]);
    check(&alice, json!({"match": [{"level": 3}]}), &["fs"]);
    let bob = member(&server, "bob", "beta");
    let anywhere = bob.send("GET", "/v2/beta/actions", Some(contains("a").to_string().as_bytes()));
    assert_eq!(anywhere.expect(200).json(), json!({"actions": []}));
}
