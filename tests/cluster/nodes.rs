//! Actions of nodes: what reaches the command, and who keeps whom from running.

use serde_json::{Value, json};

use super::{read, server};
use crate::harness::{Client, gate, path_of, sh, until_some};

const NODES: &str = r#"
[[cluster.nodes]]
uid = "1"
address = "10.0.0.1:6379"
attributes = { rack = "r 1", redis_id = "07c3" }

[[cluster.nodes]]
uid = "2"
address = "10.0.0.2:6379"
"#;

fn on(node: &str, action: &str) -> String {
    format!("/v1/nodes/{node}/actions/{action}")
}

fn of_node(name: &str, script: &str, more: &str) -> String {
    sh(name, script, &format!("target = \"node\"\n{more}"))
}

fn until(client: &Client, path: &str, status: &str) -> Value {
    until_some(&format!("{path} is {status}"), || {
        Some(client.get(path).expect(200).json()).filter(|shown| shown["status"] == status)
    })
}

#[test]
fn uid_address_and_attributes_reach_the_command() {
    let script = "env | grep ACTIOND_NODE | sort > node-$ACTIOND_NODE_UID; cat > input";
    let (server, client) = server(&[NODES.to_owned(), of_node("look", script, "")]);
    let accepted = client.post(&on("1", "look"), &json!({"deep": true})).expect(200).json();
    assert_eq!(accepted["node_uid"], "1");
    until(&client, &on("1", "look"), "completed");
    assert_eq!(
        read(&server, "node-1"),
        "ACTIOND_NODE_ADDRESS=10.0.0.1:6379\nACTIOND_NODE_RACK=r 1\n\
         ACTIOND_NODE_REDIS_ID=07c3\nACTIOND_NODE_UID=1\n"
    );
    assert_eq!(read(&server, "input"), "{\"deep\":true}\n");
    client.post(&on("2", "look"), &json!({})).expect(200);
    until(&client, &on("2", "look"), "completed");
    assert_eq!(read(&server, "node-2"), "ACTIOND_NODE_ADDRESS=10.0.0.2:6379\nACTIOND_NODE_UID=2\n");
    let log = server.log();
    let begun = log.lines().filter(|line| line.contains("the work begins"));
    let nodes: Vec<_> = begun
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["span"]["node"].clone())
        .collect();
    assert_eq!(nodes, ["1", "2"], "{log}");
}

#[test]
fn nodes_do_not_keep_each_other_and_conflicts_cross() {
    let waits = gate("go", "");
    let (server, client) = server(&[
        NODES.to_owned(),
        of_node("remove", &waits, "conflicts_with = [\"check\"]"),
        of_node("upgrade", &waits, "conflicts_with = [\"upgrade\"]"),
        sh("check", &waits, ""),
    ]);
    let start = |path: &str| client.post(path, &json!({})).status;
    assert_eq!((start(&on("1", "remove")), start(&on("2", "remove"))), (200, 200));
    assert_eq!((start(&on("1", "remove")), start(&path_of("check"))), (409, 409));
    assert_eq!((start(&on("1", "upgrade")), start(&on("2", "upgrade"))), (200, 409));
    assert_eq!(start(&on("3", "remove")), 404);
    let listed = client.get("/v1/nodes/actions").expect(200).json();
    let shown: Vec<_> = listed["actions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|action| (action["name"].as_str().unwrap(), action["node_uid"].as_str().unwrap()))
        .collect();
    assert_eq!(shown, [("remove", "1"), ("upgrade", "1"), ("remove", "2")]);
    client.delete(&on("1", "remove")).expect(200);
    until(&client, &on("1", "remove"), "cancelled");
    server.touch("go");
    until(&client, &on("2", "remove"), "completed");
    client.start("check");
    client.until_status("check", "completed");
}

#[test]
fn of_many_clients_one_starts_an_action_on_each_node() {
    let (_server, client) = server(&[NODES.to_owned(), of_node("work", &gate("go", ""), "")]);
    let answers: Vec<(usize, u16)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..60)
            .map(|number| {
                let path = on(["1", "2"][number % 2], "work");
                let client = client.clone();
                scope.spawn(move || (number % 2, client.post(&path, &json!({})).status))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for node in 0..2 {
        let of_node = answers.iter().filter(|(of, _)| *of == node);
        let count = |wanted| of_node.clone().filter(|(_, status)| *status == wanted).count();
        assert_eq!((count(200), count(409)), (1, 29), "{answers:?}");
    }
}

#[test]
fn a_uid_finds_its_action_wherever_it_is_done() {
    let (_server, client) =
        server(&[NODES.to_owned(), of_node("look", "exit 3", ""), sh("work", "", "")]);
    client.start("work");
    let work = client.until_status("work", "completed")["task_id"].clone();
    let accepted = client.post(&on("1", "look"), &json!({})).expect(200).json();
    let uid = accepted["action_uid"].as_str().unwrap();
    until(&client, &on("1", "look"), "failed");
    let v1 = client.get(&format!("/v1/actions/{uid}")).expect(200).json();
    assert_eq!((&v1["node_uid"], &v1["error"]), (&json!("1"), &json!("internal_error")));
    assert!(v1["creation_time"].as_str().unwrap().parse::<u64>().unwrap() > 1_700_000_000, "{v1}");
    let v2 = client.get(&format!("/v2/actions/{uid}")).expect(200).json();
    assert!(v2["creation_time"].is_u64() && v2["progress"].is_number(), "{v2}");
    assert_eq!(v2["additional_info"]["object_uid"], "1");
    let both = client.get("/v1/actions").expect(200).json();
    assert_eq!(both["state-machines"], json!([]));
    assert_eq!(
        (&both["actions"][0]["action_uid"], &both["actions"][0]["progress"]),
        (&work, &json!("100"))
    );
    assert_eq!(client.get("/v2/actions").expect(200).json().as_array().unwrap().len(), 2);
}
