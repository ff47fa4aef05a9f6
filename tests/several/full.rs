//! The disk of the database is full: what needs room is refused, and the rest goes on.

use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use serde_json::json;

use super::{ANSWER_TIME, in_time, servers_on};
use crate::harness::{Answer, Client, Postgres, Server, Store, gate, sh, until};

/// Creates an action of some size that does not get smaller by compression.
fn create(client: &Client, id: &str) -> Answer {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let command: String =
        (0..30_000).map(|number| format!("{:016x}", hasher.hash_one((id, number)))).collect();
    let action = json!({"action_id": id, "freezer_action": {"action": "exec", "command": command}});
    client.post("/v2/default/actions", &action)
}

/// Waits until the server says that it has no room. It asks the database once a second.
fn until_full(client: &Client) {
    until("it says that the disk is full", || {
        let ready = in_time(ANSWER_TIME, || client.get("/readyz"));
        ready.status == 503 && ready.text.contains("disk is full")
    });
    assert!(!client.get("/readyz").header("Retry-After").is_empty());
}

fn until_ready(client: &Client) {
    until("it is ready", || client.get("/readyz").status == 200);
}

#[test]
fn on_a_full_disk_writes_are_refused_and_the_rest_goes_on() {
    let database = Postgres::start(&["wal_segsize=1"]);
    let servers = servers_on(Store::on(&database), 2, &sh("work", &gate("go", ""), ""));
    let cluster = servers[0].client().admin();
    cluster.start("work");
    cluster.until_at_work("work");
    let projects: Vec<_> = servers.iter().map(|server| server.client().project_admin()).collect();

    let clients: Vec<_> = servers.iter().map(Server::client).collect();
    clients.iter().for_each(until_ready);

    database.fill_disk();
    clients.iter().for_each(until_full);
    let name = Postgres::name_of(servers[0].store().url().unwrap());
    let taken = "SELECT sum(pg_relation_size(oid)) FROM pg_class WHERE relname = 'actiond_room'";
    assert_eq!(database.sql(name, taken), "0", "who asks does not take the last room");
    let ids = (0..200).map(|number| number.to_string());
    let kept: Vec<_> = ids.take_while(|id| create(&projects[0], id).status == 201).collect();
    assert!((1..200).contains(&kept.len()), "{}", kept.len());
    for project in &projects {
        let refused = in_time(ANSWER_TIME, || create(project, "too-much")).expect(503);
        assert!(refused.text.contains("disk is full"), "{}", refused.text);
        assert!(!refused.header("Retry-After").is_empty());
        for id in &kept {
            project.get(&format!("/v2/default/actions/{id}")).expect(200);
        }
    }
    clients.iter().for_each(until_full);
    assert_eq!(cluster.show("work")["status"], "running");

    database.make_room();
    clients.iter().for_each(until_ready);
    create(&projects[1], "there-is-room").expect(201);
    for id in kept.iter().map(String::as_str).chain(["there-is-room"]) {
        projects[0].get(&format!("/v2/default/actions/{id}")).expect(200);
    }
    projects[0].get("/v2/default/actions/too-much").expect(404);
    servers[0].touch("go");
    cluster.until_status("work", "completed");
}
