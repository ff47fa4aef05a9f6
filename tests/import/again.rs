//! The import runs again, and carries on.

use std::fs;
use std::path::Path;

use serde_json::json;
use tempfile::TempDir;

use super::{Move, all, check, counts, fill};

#[test]
fn actions_come_over_with_their_ids_owners_and_order() {
    let on_the_move = Move::begin();
    on_the_move.source.add_user("ann", "long enough", &["--project", "p:member"]);
    let ann = on_the_move.source.client().log_in("ann", "long enough", "p");
    fill(&ann, "p", 1203);
    let there = all(&on_the_move.there, "p");
    let done = on_the_move.expect(0, "p", &["--connections", "3"]);
    check(&done, counts(1203, 1203, 0, 0, 0));
    assert_eq!(done["complete"], true);
    assert_eq!(on_the_move.report()["complete"], true);
    let again = on_the_move.expect(0, "p", &[]);
    check(&again, counts(1203, 0, 1203, 0, 0));

    let server = on_the_move.arrive();
    let here = server.client().project_admin();
    assert_eq!(all(&here, "p"), there);
    let search = json!({"match": [{"n": [7]}]}).to_string();
    let found = here.send("GET", "/v2/p/actions", Some(search.as_bytes())).expect(200);
    assert_eq!(found.json()["actions"], json!([there[7]]));
}

#[test]
fn what_differs_is_told_and_gives_way_only_when_it_must() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 3);
    on_the_move.expect(0, "p", &[]);
    let id = "37-1";
    on_the_move
        .there
        .patch(&format!("/v2/p/actions/{id}"), &json!({"max_retries": 99}))
        .expect(200);
    check(&on_the_move.expect(3, "p", &[]), counts(3, 0, 2, 0, 1));
    let not_taken = on_the_move.report()["not_taken"][0].clone();
    assert_eq!((&not_taken["action_id"], &not_taken["offset"]), (&json!(id), &json!(1)));
    assert!(not_taken["reason"].as_str().unwrap().contains("--overwrite"), "{not_taken}");
    check(&on_the_move.expect(0, "p", &["--overwrite"]), counts(3, 0, 2, 1, 0));
    let here = on_the_move.arrive();
    let seen = here.client().project_admin().get(&format!("/v2/p/actions/{id}")).expect(200);
    assert_eq!((&seen.json()["max_retries"], seen.header("etag")), (&json!(99), "\"2\""));
}

#[test]
fn an_import_that_was_cut_off_carries_on() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 1050);
    fill(&on_the_move.there, "q", 2);
    on_the_move.expect(0, "p", &[]);
    // As if it had been cut off, and the rest were lost.
    let mut report = on_the_move.report();
    let there = all(&on_the_move.there, "p");
    let (first, last) = (&there[0]["action_id"], &there[499]["action_id"]);
    report["complete"] = json!(false);
    report["projects"]["p"] = json!({"complete": false, "read": 500, "new": 500, "same": 0,
        "overwritten": 0, "not_taken": 0, "last_id": last,
        "last_here": {"rank": 500, "action_id": last}});
    on_the_move.write_report(&report);
    check(&on_the_move.expect(0, "p", &[]), counts(1050, 500, 550, 0, 0));

    // What came before has moved: all is read again.
    report["projects"]["p"]["last_id"] = json!("another");
    on_the_move.write_report(&report);
    check(&on_the_move.expect(0, "p", &[]), counts(1050, 0, 1050, 0, 0));

    // What was finished is not read again, and the rest is.
    report["projects"]["p"] = json!({"complete": true, "read": 1, "new": 1, "same": 0,
        "overwritten": 0, "not_taken": 0, "last_id": null,
        "last_here": {"rank": 1, "action_id": first}});
    on_the_move.write_report(&report);
    check(&on_the_move.expect(0, "p", &["--project", "q"]), counts(1, 1, 0, 0, 0));
    check(&on_the_move.report()["projects"]["q"], counts(2, 2, 0, 0, 0));
    on_the_move.write_report(&report);
    check(&on_the_move.expect(0, "p", &["--restart"]), counts(1050, 0, 1050, 0, 0));
}

/// A copy of what has come over.
fn copy_of_store(on_the_move: &Move) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    copy_files(&on_the_move.target.path().join("data"), copy.path());
    copy
}

/// Puts the store back as it was copied.
fn put_back(on_the_move: &Move, copy: &TempDir) {
    let store = on_the_move.target.path().join("data");
    fs::remove_dir_all(&store).unwrap();
    fs::create_dir(&store).unwrap();
    copy_files(copy.path(), &store);
}

fn copy_files(from: &Path, to: &Path) {
    for file in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}

/// What the report says of a project is believed only when the store has it.
#[test]
fn what_the_store_has_lost_is_imported_again() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 10);
    fill(&on_the_move.there, "q", 1);
    on_the_move.expect(0, "q", &[]);
    let without = copy_of_store(&on_the_move);
    on_the_move.expect(0, "p", &[]);
    let half = copy_of_store(&on_the_move);
    let id = json!({"action_id": "last", "freezer_action": {"action": "info"}});
    on_the_move.there.post("/v2/p/actions", &id).expect(201);
    on_the_move.expect(0, "p", &[]);
    let all = copy_of_store(&on_the_move);
    let none = tempfile::tempdir().unwrap();
    let report = on_the_move.report();
    for is_done in [false, true] {
        for (store, new) in [(&without, 11), (&half, 1), (&none, 11), (&all, 0)] {
            let mut report = report.clone();
            report["complete"] = json!(false);
            report["projects"]["p"]["complete"] = json!(is_done);
            on_the_move.write_report(&report);
            put_back(&on_the_move, store);
            assert_eq!(begins_again(&on_the_move, &[]), new > 0, "{new}");
            let expected =
                if new > 0 { counts(11, new, 11 - new, 0, 0) } else { counts(11, 1, 10, 0, 0) };
            check(&on_the_move.report()["projects"]["p"], expected);
            // Whatever the report says, all of it is there.
            check(&on_the_move.expect(0, "p", &["--restart"]), counts(11, 0, 11, 0, 0));
        }
    }
}

/// Makes the report that of an import of `p` that was cut off.
#[track_caller]
fn cut_off(on_the_move: &Move) {
    let mut report = on_the_move.report();
    report["complete"] = json!(false);
    report["projects"]["p"]["complete"] = json!(false);
    on_the_move.write_report(&report);
}

/// Runs the import of `p` that was cut off; answers whether it reads all again.
#[track_caller]
fn begins_again(on_the_move: &Move, flags: &[&str]) -> bool {
    let output = on_the_move.import("p", flags);
    assert!(matches!(output.status.code(), Some(0 | 3)), "{output:?}");
    String::from_utf8_lossy(&output.stderr).contains("cannot tell from the store that all")
}

#[test]
fn an_import_that_has_overwritten_carries_on_unless_the_store_was_put_back() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 3);
    on_the_move.expect(0, "p", &[]);
    let before = copy_of_store(&on_the_move);
    for retries in [98, 99] {
        let change = json!({"max_retries": retries});
        on_the_move.there.patch("/v2/p/actions/37-1", &change).expect(200);
        on_the_move.expect(0, "p", &["--overwrite"]);
    }
    let report = on_the_move.report();
    cut_off(&on_the_move);
    assert!(!begins_again(&on_the_move, &["--overwrite"]));
    check(&on_the_move.report()["projects"]["p"], counts(3, 0, 2, 1, 0));

    put_back(&on_the_move, &before);
    on_the_move.write_report(&report);
    cut_off(&on_the_move);
    assert!(begins_again(&on_the_move, &["--overwrite"]));
    check(&on_the_move.expect(0, "p", &["--overwrite"]), counts(3, 0, 3, 0, 0));
}

#[test]
fn a_project_that_has_other_actions_here_is_not_read_again() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 3);
    on_the_move.expect(0, "p", &[]);
    let before = copy_of_store(&on_the_move);
    // One that is here alone, and one that comes to stand in another place here.
    on_the_move.there.delete("/v2/p/actions/00-0").expect(204);
    let late = json!({"action_id": "late", "freezer_action": {"action": "info"}});
    on_the_move.there.post("/v2/p/actions", &late).expect(201);
    check(&on_the_move.expect(0, "p", &[]), counts(3, 1, 2, 0, 0));
    cut_off(&on_the_move);
    let report = on_the_move.report();
    assert!(!begins_again(&on_the_move, &[]));
    check(&on_the_move.report()["projects"]["p"], counts(3, 1, 2, 0, 0));

    // A report of an older version does not tell.
    let mut old = report.clone();
    old["projects"]["p"].as_object_mut().unwrap().remove("last_here");
    on_the_move.write_report(&old);
    assert!(begins_again(&on_the_move, &[]));

    put_back(&on_the_move, &before);
    on_the_move.write_report(&report);
    assert!(begins_again(&on_the_move, &[]));
    check(&on_the_move.expect(0, "p", &[]), counts(3, 0, 3, 0, 0));
}

#[test]
fn where_nothing_was_taken_nothing_is_missing() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 1);
    on_the_move.expect(0, "p", &[]);
    on_the_move.there.patch("/v2/p/actions/00-0", &json!({"max_retries": 99})).expect(200);
    check(&on_the_move.expect(3, "p", &[]), counts(1, 0, 0, 0, 1));
    cut_off(&on_the_move);
    assert!(!begins_again(&on_the_move, &[]));
    check(&on_the_move.report()["projects"]["p"], counts(1, 0, 0, 0, 1));
}

#[test]
fn a_project_that_nobody_knows_is_refused_before_anything_is_imported() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 1);
    on_the_move.source.add_user("ann", "long enough", &["--project", "empty:member"]);
    let named = on_the_move.source.run(&["user", "name-project", "p", "demo"], "");
    assert!(named.status.success(), "{named:?}");
    for (project, hint) in [("nobody", ""), ("demo", "; the project of this name is p")] {
        let output = on_the_move.import("p", &["--project", project]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stderr);
        let expected = format!(
            "--project {project}: Keystone knows no project of this id, and freezer-api has no actions of \
             it; nothing was imported. Projects are named by their ids{hint}\n"
        );
        assert!(said.ends_with(&expected), "{said}");
        assert_eq!(fs::read_dir(on_the_move.target.path()).unwrap().count(), 0, "it has begun");
    }
    assert_eq!(on_the_move.import("", &[]).status.code(), Some(2));
    // One that is known, and has none.
    check(&on_the_move.expect(0, "empty", &[]), counts(0, 0, 0, 0, 0));
}

#[test]
fn a_report_of_another_import_is_not_written_over() {
    let on_the_move = Move::begin();
    fill(&on_the_move.there, "p", 1);
    on_the_move.expect(0, "p", &[]);
    let mut report = on_the_move.report();
    report["complete"] = json!(false);
    report["endpoint"] = json!("http://elsewhere");
    on_the_move.write_report(&report);
    let refused = |flags: &[&str], words: &str| {
        let output = on_the_move.import("p", flags);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(1) && said.contains(words), "{said}");
    };
    refused(&[], "report of another import that was cut off, from http://elsewhere to sqlite:");
    assert_eq!(on_the_move.report(), report);
    fs::write(on_the_move.target.path().join("other"), "words").unwrap();
    refused(&["--report", "other"], "other is no report of an import");
    refused(&["--report", "no/folder"], "cannot write no/folder");
    on_the_move.expect(0, "p", &["--restart"]);
}

#[test]
fn an_import_says_why_it_cannot_begin() {
    let mut on_the_move = Move::begin();
    on_the_move.source.add_user("ann", "long enough", &["--project", "p:member"]);
    let run = |set: &[(&str, &str)], endpoint: &str| {
        let mut command = crate::harness::actiond(on_the_move.target.path());
        command.args(["import", "freezer", "--endpoint", endpoint, "--project", "q"]);
        let output = command.envs(set.iter().copied()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let url = on_the_move.source.url().to_owned();
    assert!(run(&[], &url).contains("OS_AUTH_URL is not set"));
    let ann = [("OS_AUTH_URL", &*url), ("OS_USERNAME", "ann"), ("OS_PROJECT_NAME", "p")];
    let with = |password| [&ann[..], &[("OS_PASSWORD", password)]].concat();
    let said = run(&with("a wrong one"), &url);
    assert!(said.contains("cannot log in at Keystone") && !said.contains("a wrong one"), "{said}");
    let said = run(&with("long enough"), &url);
    assert!(said.contains("answers 403") && said.contains("the role admin or service"), "{said}");
    let said = run(&with("long enough"), &format!("{url}/elsewhere"));
    assert!(said.contains("answers 404") && said.contains("--endpoint"), "{said}");
    on_the_move.source.stop();
    let said = run(&with("long enough"), &url);
    assert!(said.contains("no answer from"), "{said}");
}
