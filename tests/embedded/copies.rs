//! Copies of the store's file, made by the action `copy_store` and by hand.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use serde_json::json;

use super::server;
use crate::harness::{Client, RaiseAtEnd, Server, Setup, Store, actiond, path_of, until};
use crate::tasks::{end_of, failure};

fn create(client: &Client, id: &str) -> bool {
    let action = json!({"action_id": id, "freezer_action": {"action": "info"}});
    client.post("/v2/default/actions", &action).status == 201
}

/// The files in a folder, hidden ones too.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

#[test]
fn a_copy_holds_all_that_was_acknowledged_before_it_was_asked_for() {
    let server = server();
    let (cluster, client) = (server.client().admin(), server.client().project_admin());
    let (written, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let before = thread::scope(|scope| {
        let (written, stop, client) = (&written, &stop, &client);
        let _stops = RaiseAtEnd(stop);
        for writer in 0..4 {
            scope.spawn(move || {
                let ids = (0..).map(|number| format!("{writer}-{number}"));
                for id in ids.take_while(|_| !stop.load(Ordering::Relaxed)) {
                    assert!(create(client, &id));
                    written.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        until("there is something to copy", || written.load(Ordering::Relaxed) > 300);
        assert!(create(client, "the-last-before"));
        let copied = end_of(&cluster, "copy_store", &json!({"name": "copy.db"}));
        assert!(create(client, "the-first-after"));
        assert_eq!(copied["status"], "completed", "{copied}");
        let shown = client.get("/v2/default/actions/the-last-before").expect(200);
        shown.text
    });

    let copy = server.folder().join("data/copies/copy.db");
    let url = format!("sqlite:{}", copy.display());
    let users = server.run(&["--store", &url, "user", "list"], "");
    assert!(String::from_utf8(users.stdout).unwrap().contains("\nadmin "));
    let setup =
        Setup { environment: vec![("ACTIOND_STORE_URL".to_owned(), url)], ..Setup::default() };
    let restored = Server::start_on(Store::sqlite(), setup);
    let client = restored.client().project_admin();
    let last = client.get("/v2/default/actions/the-last-before").expect(200);
    assert_eq!(last.text, before);
    client.get("/v2/default/actions/the-first-after").expect(404);
    // Of what was under way a copy holds a beginning of each writer's, without a gap.
    for writer in 0..4 {
        let has = |number: usize| {
            client.get(&format!("/v2/default/actions/{writer}-{number}")).status == 200
        };
        let count = (0..).take_while(|number| has(*number)).count();
        assert!(count > 0 && (count..count + 10).all(|number| !has(number)), "{writer}: {count}");
    }
    assert!(create(&client, "and-it-goes-on"));
}

#[test]
fn a_copy_replaces_nothing_and_stays_in_its_folder() {
    let server = server();
    let client = server.client().admin();
    let copies = server.folder().join("data/copies");
    let named = json!({"name": "copy.db"});
    assert_eq!(end_of(&client, "copy_store", &named)["status"], "completed");
    let first = fs::read(copies.join("copy.db")).unwrap();
    let again = end_of(&client, "copy_store", &named);
    assert_eq!(failure(&again), "the copy's file exists: name another, or remove it");
    assert_eq!(fs::read(copies.join("copy.db")).unwrap(), first);
    for name in ["../x", "/tmp/x", "a/b", ".hidden", ""] {
        client.post(&path_of("copy_store"), &json!({"name": name})).expect(400);
    }
    assert_eq!(end_of(&client, "copy_store", &json!({}))["status"], "completed");
    let by_time: Vec<_> = files(&copies).into_iter().filter(|name| name != "copy.db").collect();
    assert!(by_time.len() == 1 && by_time[0].starts_with("actiond-20"), "{by_time:?}");
}

#[test]
fn a_failure_names_nothing_of_this_host() {
    let server = server();
    let client = server.client().admin();
    fs::write(server.folder().join("data/copies"), "no folder").unwrap();
    let failed = end_of(&client, "copy_store", &json!({}));
    assert_eq!(failure(&failed), "cannot make the folder that copies are put into");
    for pace in [json!(0), json!(0.05), json!("fast")] {
        let slowly = json!({"max_mib_per_second": pace});
        client.post(&path_of("copy_store"), &slowly).expect(400);
    }
}

#[test]
fn a_copy_that_is_cancelled_leaves_nothing() {
    let server = server();
    let large = json!({"freezer_action": {"action": "exec", "command": "x".repeat(900_000)}});
    for _ in 0..4 {
        server.client().project_admin().post("/v2/default/actions", &large).expect(201);
    }
    let client = server.client().admin();
    let slowly = json!({"name": "copy.db", "max_mib_per_second": 1});
    client.post(&path_of("copy_store"), &slowly).expect(200);
    let copies = server.folder().join("data/copies");
    until("it copies", || !files(&copies).is_empty());
    client.cancel("copy_store");
    client.until_status("copy_store", "cancelled");
    assert_eq!(files(&copies), [""; 0]);
}

#[test]
fn a_copy_does_not_need_the_file_that_the_server_read() {
    let server = server();
    fs::write(server.folder().join("actiond.toml"), "not [ toml").unwrap();
    let copied = end_of(&server.client().admin(), "copy_store", &json!({}));
    assert_eq!(copied["status"], "completed", "{copied}");
}

#[test]
fn a_copy_can_be_made_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    for url in ["sqlite:data/actiond.db", "sqlite://data/actiond.db"] {
        let run = |arguments: &[&str]| {
            actiond(folder.path()).args(["--store", url]).args(arguments).output().unwrap()
        };
        assert!(run(&["migrate"]).status.success());
        let output = run(&["task", "copy-store", "--into", "copies"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(files(&folder.path().join("copies")).len(), 1);
        fs::remove_dir_all(folder.path().join("copies")).unwrap();
    }
}
