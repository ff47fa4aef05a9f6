//! Versions: `ETag` and `If-Match`.

use serde_json::json;

use super::{ACTIONS, alpha, backup, create};

#[test]
fn every_answer_about_one_action_has_its_version() {
    let (_server, alice) = alpha();
    let made = alice.post(ACTIONS, &backup()).expect(201);
    assert_eq!(made.header("ETag"), "\"1\"");
    let path = format!("{ACTIONS}/{}", made.json()["action_id"].as_str().unwrap());
    assert_eq!(alice.get(&path).header("ETag"), "\"1\"");
    assert_eq!(alice.patch(&path, &json!({})).expect(200).header("ETag"), "\"2\"");
    assert_eq!(alice.post(&path, &backup()).expect(201).header("ETag"), "\"3\"");
    assert_eq!(alice.get(&path).header("ETag"), "\"3\"");
}

#[test]
fn a_condition_that_fails_is_412_and_changes_nothing() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    alice.patch(&path, &json!({"n": 1})).expect(200);
    let before = alice.get(&path).text;
    for tag in
        ["\"1\"", "\"3\"", "W/\"2\"", "\"\"", "\"02\"", "\"x\", \"1\"", "\"99999999999999999999\""]
    {
        let late = alice.with("If-Match", tag);
        for answer in
            [late.patch(&path, &json!({"n": 2})), late.post(&path, &backup()), late.delete(&path)]
        {
            let body = answer.expect(412).json();
            assert_eq!(body["title"], "Precondition Failed", "{tag}");
            assert!(body["description"].as_str().unwrap().contains("version 2"), "{body}");
        }
        assert_eq!(alice.get(&path).text, before, "{tag}");
    }
}

#[test]
fn a_condition_that_holds_lets_the_change_through() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    let when = |tag: &str| alice.with("If-Match", tag);
    when("\"1\"").patch(&path, &json!({})).expect(200);
    when(" \"7\" , \"2\"").patch(&path, &json!({})).expect(200);
    when("*").post(&path, &backup()).expect(201);
    when("\"9\"").with("If-Match", "\"4\"").post(&path, &backup()).expect(201);
    when("\"4\"").delete(&path).expect(412);
    when("\"5\"").delete(&path).expect(204);
    alice.get(&path).expect(404);
}

#[test]
fn a_condition_on_what_is_not_there_fails() {
    let (_server, alice) = alpha();
    let path = format!("{ACTIONS}/none");
    for tag in ["*", "\"1\""] {
        let late = alice.with("If-Match", tag);
        late.post(&path, &backup()).expect(412);
        late.delete(&path).expect(412);
        late.patch(&path, &json!({})).expect(404);
    }
    alice.get(&path).expect(404);
}

#[test]
fn a_condition_of_another_form_is_400() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    for tag in ["1", "\"1", "", "w/\"1\"", "\"1\",", "*, \"1\""] {
        let client = alice.with("If-Match", tag);
        let body = client.patch(&path, &json!({})).expect(400).json();
        assert_eq!(body["title"], "Invalid header value", "{tag}");
        client.delete(&path).expect(400);
    }
    assert_eq!(alice.get(&path).header("ETag"), "\"1\"");
}

#[test]
fn of_many_with_the_same_condition_one_wins() {
    let (_server, alice) = alpha();
    let path = create(&alice, &backup());
    let first = alice.with("If-Match", "\"1\"");
    let statuses: Vec<u16> = std::thread::scope(|threads| {
        let one = |n: u32| {
            let (first, path) = (&first, &path);
            threads.spawn(move || first.patch(path, &json!({"winner": n})).status)
        };
        let all: Vec<_> = (0..16).map(one).collect();
        all.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 412).count(), 15, "{statuses:?}");
    assert_eq!(alice.get(&path).json()["_version"], 2);
}
