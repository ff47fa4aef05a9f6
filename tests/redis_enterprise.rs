//! The crate redis-enterprise in two generations, over TLS. docs/clients.md says what each of them can read.

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Enterprise, Server, Setup, gate, sh, until_some};
use crate::tls::Pair;

const GENERATIONS: [&str; 2] = ["0.8", "0.10"];

/// A server with two actions of the cluster and two of nodes, and its certificate.
fn serve() -> (Server, Pair) {
    let pair = Pair::make();
    let of_node = "target = \"node\"";
    let config = [
        format!("[server.tls]\n{}", pair.names()),
        sh("work", &gate("go", ""), "description = \"Wait for a file\""),
        sh("fails", "echo '{\"error_message\": \"no disk\"}'; exit 1", ""),
        sh("maintenance_on", "exit 0", of_node),
        sh("remove", &gate("removed", ""), of_node),
        "[[cluster.nodes]]\nuid = \"1\"\naddress = \"127.0.0.1:7001\"\n".to_owned(),
    ];
    (Server::start_with(Setup::with_config(&config.concat())), pair)
}

/// Waits until what a call answers has a status.
#[track_caller]
fn until(client: &mut Enterprise, call: &Value, status: &str) -> Value {
    until_some(&format!("{call} is {status}"), || {
        let shown = client.call(call).unwrap();
        (shown["status"] == status).then_some(shown)
    })
}

#[test]
fn cluster_actions_are_started_watched_cancelled_and_removed() {
    for generation in GENERATIONS {
        let (server, pair) = serve();
        let mut client = Enterprise::start(generation, server.url(), &pair.certificate());
        let mut call = |call: Value| client.call(&call);
        assert_eq!(call(json!(["cluster.actions"])), Ok(json!({"actions": []})));
        let missing = call(json!(["cluster.action_detail", "work"])).unwrap_err();
        assert_eq!(missing, "NotFound");
        let unknown = call(json!(["cluster.action_execute", "play", {}])).unwrap_err();
        assert!(unknown.starts_with("ApiError { code: 400"), "{unknown}");
        let started = call(json!(["cluster.action_execute", "work", {}])).unwrap();
        assert_eq!(started["action_uid"], started["task_id"]);
        assert_eq!(started["description"], "Wait for a file");
        let again = call(json!(["cluster.action_execute", "work", {}])).unwrap_err();
        assert!(again.starts_with("Conflict(") && again.contains("in progress"), "{again}");
        until(&mut client, &json!(["cluster.action_detail", "work"]), "running");
        let listed = client.call(&json!(["cluster.actions"])).unwrap();
        assert_eq!(listed["actions"][0]["task_id"], started["task_id"]);

        let delete = json!(["cluster.action_delete", "work"]);
        assert_eq!(client.call(&delete), Ok(Value::Null));
        until(&mut client, &json!(["cluster.action_detail", "work"]), "cancelled");
        assert_eq!(client.call(&delete), Ok(Value::Null));
        let gone = client.call(&delete).unwrap_err();
        assert!(gone.contains("404") || gone == "NotFound", "{gone}");
    }
}

#[test]
fn actions_of_nodes_are_started_watched_and_cancelled() {
    for generation in GENERATIONS {
        let (server, pair) = serve();
        let mut client = Enterprise::start(generation, server.url(), &pair.certificate());
        let started = client.call(&json!(["nodes.action_execute", 1, "remove", {}])).unwrap();
        assert_eq!((&started["node_uid"], &started["name"]), (&json!("1"), &json!("remove")));
        until(&mut client, &json!(["nodes.action_detail", 1, "remove"]), "running");
        for list in [json!(["nodes.list_actions"]), json!(["nodes.actions", 1])] {
            let listed = client.call(&list).unwrap();
            assert_eq!(listed["actions"][0]["task_id"], started["task_id"], "{list}");
        }
        client.call(&json!(["nodes.action_delete", 1, "remove"])).unwrap();
        until(&mut client, &json!(["nodes.action_detail", 1, "remove"]), "cancelled");
        let nobody = client.call(&json!(["nodes.action_execute", 7, "remove", {}])).unwrap_err();
        assert_eq!(nobody, "NotFound");
    }
}

/// The methods that 0.10 has put right.
#[test]
fn the_short_ways_to_actions_of_nodes_work_from_0_10() {
    let (server, pair) = serve();
    let mut old = Enterprise::start("0.8", server.url(), &pair.certificate());
    let mut new = Enterprise::start("0.10", server.url(), &pair.certificate());
    let short = json!(["nodes.execute_action", 1, "maintenance_on"]);
    // It asks for a route that Redis Enterprise does not have either.
    let refused = old.call(&short).unwrap_err();
    assert!(refused.contains("405") || refused == "NotFound", "{refused}");
    let started = new.call(&short).unwrap();
    let shown = until(&mut new, &json!(["nodes.action_detail", 1, "maintenance_on"]), "completed");
    assert_eq!(started["action_uid"], shown["task_id"]);
    // The body of this one is `null`.
    assert_eq!(new.call(&json!(["nodes.remove", 1])), Ok(Value::Null));
    until(&mut new, &json!(["nodes.action_detail", 1, "remove"]), "running");
}

#[test]
fn each_generation_reads_the_list_that_has_its_shape() {
    let (server, pair) = serve();
    let mut old = Enterprise::start("0.8", server.url(), &pair.certificate());
    let mut new = Enterprise::start("0.10", server.url(), &pair.certificate());
    let started = new.call(&json!(["cluster.action_execute", "fails", {}])).unwrap();
    until(&mut new, &json!(["cluster.action_detail", "fails"]), "failed");
    let uid = &started["action_uid"];

    // 0.10 reads /v1, where numbers are texts.
    let shown = new.call(&json!(["actions.get", uid])).unwrap();
    assert_eq!((&shown["name"], &shown["status"]), (&json!("fails"), &json!("failed")));
    assert_eq!((&shown["action_uid"], &shown["task_id"]), (uid, uid));
    assert!(shown["progress"].is_string() && shown["creation_time"].is_string(), "{shown}");
    assert_eq!(new.call(&json!(["actions.list"])), Ok(json!([shown])));
    // 0.8 reads /v2, where they are numbers.
    let shown = old.call(&json!(["actions.get_v2", uid])).unwrap();
    assert_eq!((&shown["action_uid"], &shown["status"]), (uid, &json!("failed")));
    assert!(shown["progress"].is_number(), "{shown}");
    assert_eq!(old.call(&json!(["actions.list_v2"])), Ok(json!([shown])));
    // And neither the other's.
    let misread = "invalid type: ";
    for (client, calls) in [
        (&mut old, [json!(["actions.list"]), json!(["actions.get", uid])]),
        (&mut new, [json!(["actions.list_v2"]), json!(["actions.get_v2", uid])]),
    ] {
        for call in calls {
            let error = client.call(&call).unwrap_err();
            assert!(error.starts_with("ParseError") && error.contains(misread), "{call}: {error}");
        }
    }
    for client in [&mut old, &mut new] {
        for route in ["actions.get", "actions.get_v2"] {
            let missing = "01a00000-0000-7000-8000-000000000000";
            assert_eq!(client.call(&json!([route, missing])), Err("NotFound".to_owned()));
        }
    }
}

#[test]
fn users_get_tokens_and_renew_them() {
    for generation in GENERATIONS {
        let (server, pair) = serve();
        let mut client = Enterprise::start(generation, server.url(), &pair.certificate());
        let is_good = |scheme: &str, token: &Value| {
            let token = format!("{scheme} {}", token.as_str().expect("a text"));
            let by_token = pair.client(server.url()).with("Authorization", &token);
            by_token.get("/v1/cluster/actions").status == 200
        };
        let given = client.call(&json!(["users.authorize", "admin", ADMIN_PASSWORD])).unwrap();
        assert!(is_good("JWT", &given["jwt"]) && given["expires_at"].is_string(), "{given}");
        let renewed = client.call(&json!(["users.refresh_jwt", given["jwt"]])).unwrap();
        assert!(is_good("Bearer", &renewed["jwt"]), "{renewed}");
        let wrong = client.call(&json!(["users.authorize", "admin", "wrong"]));
        assert_eq!(wrong, Err("Unauthorized".to_owned()));
        let wrong = client.call(&json!(["users.refresh_jwt", "no.such.token"]));
        assert_eq!(wrong, Err("Unauthorized".to_owned()));
        let users = client.call(&json!(["users.list"])).unwrap();
        let admin = client.call(&json!(["users.get", users[0]["uid"]])).unwrap();
        assert_eq!((&admin["name"], &admin["role"]), (&json!("admin"), &json!("admin")));
    }
}

#[test]
fn wrong_credentials_and_another_certificate_are_told_apart() {
    let (server, pair) = serve();
    let other = Pair::make();
    for generation in GENERATIONS {
        let list = json!(["cluster.actions"]);
        let (url, certificate) = (server.url(), pair.certificate());
        let mut wrong = Enterprise::with_password(generation, url, &certificate, "wrong");
        assert_eq!(wrong.call(&list), Err("Unauthorized".to_owned()));
        let mut right = Enterprise::with_password(generation, url, &certificate, ADMIN_PASSWORD);
        right.call(&list).unwrap();
        let mut elsewhere = Enterprise::start(generation, url, &other.certificate());
        let refused = elsewhere.call(&list).unwrap_err();
        assert!(!refused.contains("Unauthorized") && !refused.contains("code:"), "{refused}");
    }
}
