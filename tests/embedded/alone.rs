//! The server has its store alone: nobody else may use it, and its start ends what the last one left.

use serde_json::json;

use super::server;
use crate::crash::{assert_aborted, processes_of, task_of};
use crate::harness::{Server, Setup, Store, gate, sh};

#[test]
fn a_store_has_one_server() {
    let server = server();
    let second = server.run(&["serve", "--listen", "127.0.0.1:0"], "");
    let expected = "cannot take the store sqlite:data/actiond.db: another server uses this store: \
                    stop it, or give this one a store";
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(
        (second.status.code(), said.trim_end()),
        (Some(1), &*format!("actiond: {expected}"))
    );
    let client = server.client().project_admin();
    let action = json!({"freezer_action": {"action": "info"}});
    client.post("/v2/default/actions", &action).expect(201);
    let migrated = server.run(&["migrate"], "").stdout;
    assert_eq!(
        String::from_utf8(migrated).unwrap(),
        "the store sqlite:data/actiond.db is at the schema of this version\n"
    );
}

#[test]
fn after_a_kill_the_old_work_is_gone_before_anything_else_begins() {
    // Whoever holds the lock is alone; the old work's child holds it too.
    let alone = "exec 9>>lock; flock -n 9 || touch overlap";
    let first = format!("{alone}; trap '' TERM; {}", gate("go", ""));
    let config = [
        "[runner]\nmax_concurrent = 1\n".to_owned(),
        sh("first", &first, ""),
        sh("second", &format!("{alone}; touch second"), ""),
    ];
    let mut server = Server::start_on(Store::sqlite(), Setup::with_config(&config.concat()));
    let client = server.client().admin();
    let task = task_of(&client.start("first"));
    client.until_at_work("first");
    let queued = client.start("second");
    assert_eq!(client.show("second")["status"], "queued");
    server.kill();
    assert_ne!(processes_of(&task), [""; 0], "the old work goes on");

    server.start_again();
    let client = server.client().admin();
    let second = client.until_status("second", "completed");
    assert_eq!(second["task_id"], queued["task_id"], "what was queued runs");
    assert!(server.folder().join("second").exists());
    let first = client.show("first");
    assert_aborted(&first, server.store().reason_of_loss());
    assert_eq!((task_of(&first), &first["progress"]), (task.clone(), &json!(10.0)));
    assert_eq!(processes_of(&task), [""; 0]);
    client.start("first");
    client.until_at_work("first");
    assert!(!server.folder().join("overlap").exists(), "two at once");
    server.touch("go");
    client.until_status("first", "completed");
}
