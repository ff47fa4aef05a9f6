//! The database itself has a standby, which takes over.

use serde_json::json;

use super::{read, servers_on};
use crate::crash::task_of;
use crate::harness::{Client, Postgres, Store, gate, sh, until};

fn create(client: &Client, id: &str) -> u16 {
    let body = json!({"action_id": id, "freezer_action": {"action": "info"}});
    client.post("/v2/default/actions", &body).status
}

/// The URL of a database that is on one of two servers.
fn url_of(primary: &Postgres, standby: &Postgres) -> String {
    let (url, port) = (primary.database(), primary.port());
    let both = format!("127.0.0.1:{port},127.0.0.1:{}", standby.port());
    let both = url.replace(&format!("127.0.0.1:{port}"), &both);
    format!("{both}?target_session_attrs=read-write")
}

#[test]
fn when_a_standby_takes_over_nothing_is_lost_and_work_goes_on() {
    let primary = Postgres::start(&[]);
    let standby = Postgres::standby_of(&primary);
    // A commit waits for the standby: what is acknowledged is on both.
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("postgres", "SELECT pg_reload_conf()");
    let in_step = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    until("it keeps in step", || primary.sql("postgres", in_step) == "1");

    let work = sh("work", &format!("echo begun >> begun; {}", gate("go", "")), "");
    let settings = format!("[runner]\nlease = \"30s\"\n{work}");
    let servers = servers_on(Store::at(&url_of(&primary, &standby)), 2, &settings);
    let clients: Vec<_> = servers.iter().map(|server| server.client().project_admin()).collect();
    let cluster = servers[0].client().admin();
    let task = task_of(&cluster.start("work"));
    cluster.until_at_work("work");
    let kept: Vec<_> = (0..20).map(|number| format!("a{number}")).collect();
    assert!(kept.iter().all(|id| create(&clients[0], id) == 201));

    primary.crash();
    assert_eq!(create(&clients[0], "meanwhile"), 503);
    standby.promote();
    for (server, client) in servers.iter().zip(&clients) {
        until("it has found the other", || client.get("/readyz").status == 200);
        until("it writes", || create(client, &format!("after-{}", server.pid())) == 201);
        for id in &kept {
            client.get(&format!("/v2/default/actions/{id}")).expect(200);
        }
    }
    let shown = cluster.show("work");
    assert_eq!(shown["status"], "running", "{shown}");
    servers[0].touch("go");
    assert_eq!(task_of(&cluster.until_status("work", "completed")), task);
    assert_eq!(read(&servers[0], "begun"), "begun\n");
}
