//! Actions of nodes: each route, each status, each body.

use std::time::Duration;

use actiond_core::cluster::{Outcome, Target};
use actiond_core::usecase::Grip;

use crate::client::{Ask, Client, ask};
use crate::world::World;

const REMOVE: &str = "/v1/nodes/2/actions/remove";

fn by_admin(method: &str, path: &str) -> Ask {
    ask(method, path).basic("admin")
}

fn error(status: u16, code: &str, text: &str) -> String {
    format!(
        r#"{status} {{"error_code":"{code}","description":"{text}","message":"{text}","status_code":{status}}}"#
    )
}

#[actix_web::test]
async fn an_action_of_a_node_from_start_to_removal() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    for path in ["/v1/nodes/actions", "/v1/nodes/2/actions"] {
        client.check(by_admin("GET", path), r#"200 {"actions":[]}"#).await;
    }
    let task = "00000000-0000-0000-0000-000000000001";
    let state = format!(
        r#""name":"remove","node_uid":"2","status":"queued","progress":0.0,"task_id":"{task}""#
    );
    let accepted =
        format!(r#"200 {{{state},"action_uid":"{task}","description":"Removes a node."}}"#);
    client.check(by_admin("POST", REMOVE), &accepted).await;
    for path in [REMOVE, "/nodes/2/actions/remove", "/nodes/2/actions/remove/"] {
        let seen = ask("GET", path).basic("cluster_viewer");
        client.check(seen, &format!("200 {{{state}}}")).await;
    }
    let listed = format!(r#"200 {{"actions":[{{{state}}}]}}"#);
    for path in ["/v1/nodes/actions", "/nodes/actions", "/v1/nodes/2/actions/", "/nodes/2/actions"]
    {
        client.check(by_admin("GET", path), &listed).await;
    }
    for path in ["/v1/nodes/1/actions", "/v1/cluster/actions"] {
        client.check(by_admin("GET", path), r#"200 {"actions":[]}"#).await;
    }
    let words =
        "action 'remove' of node '2', or one that it conflicts with, is already in progress";
    client.check(by_admin("POST", REMOVE), &error(409, "action_in_progress", words)).await;

    let claimed = world.execution.claim("runner", Duration::from_secs(60), |_| true);
    let action = claimed.unwrap().unwrap();
    assert_eq!(action.key.target, Target::node("2"));
    world.execution.start(Grip::of(&action)).unwrap();
    client.check(by_admin("DELETE", REMOVE), "200 {}").await;
    world.execution.finish(Grip::of(&action), &Outcome::Stopped).unwrap();
    assert_eq!(client.send(by_admin("GET", REMOVE)).await.json()["status"], "cancelled");
    client.check(by_admin("DELETE", REMOVE), "200 {}").await;
    let words =
        "action 'remove' of node '2' is not in progress, and there is no status of a last run";
    for method in ["GET", "DELETE"] {
        client.check(by_admin(method, REMOVE), &error(404, "action_not_found", words)).await;
    }
}

#[actix_web::test]
async fn there_is_one_instance_on_each_node_and_conflicts_cross_to_the_cluster() {
    let client = Client::new().await;
    let start = async |path: &str| client.send(by_admin("POST", path)).await.status;
    assert_eq!(start(REMOVE).await, 200);
    assert_eq!(start(REMOVE).await, 409);
    assert_eq!(start("/v1/nodes/1/actions/remove").await, 200, "another node");
    assert_eq!(start("/v1/nodes/2/actions/restart").await, 200, "another action");
    assert_eq!(start("/v1/cluster/actions/check").await, 409);
    client.check(by_admin("DELETE", REMOVE), "200 {}").await;
    assert_eq!(start("/v1/cluster/actions/check").await, 409, "it goes on on the other node");
    client.check(by_admin("DELETE", "/v1/nodes/1/actions/remove"), "200 {}").await;
    assert_eq!(start("/v1/cluster/actions/check").await, 200);
    assert_eq!(start(REMOVE).await, 409, "in the other direction");
    assert_eq!(start("/v1/nodes/1/actions/restart").await, 200);
}

#[actix_web::test]
async fn an_unknown_node_is_404_for_those_who_may_ask() {
    let client = Client::new().await;
    for (path, uid) in [("3", "3"), ("a%2Fb", "a/b"), ("%00", "\\\\0"), ("cluster", "cluster")] {
        let words = format!("there is no node '{uid}'");
        let unknown = error(404, "action_not_found", &words);
        let actions = format!("/v1/nodes/{path}/actions");
        client.check(by_admin("GET", &actions), &unknown).await;
        for method in ["GET", "POST", "DELETE"] {
            client.check(by_admin(method, &format!("{actions}/remove")), &unknown).await;
        }
        let forbidden = "permission 'start_node_action' is required";
        let viewer = ask("POST", format!("{actions}/remove")).basic("cluster_viewer");
        client.check(viewer, &error(403, "forbidden", forbidden)).await;
        assert_eq!(client.send(ask("GET", &actions)).await.status, 401);
    }
}

#[actix_web::test]
async fn an_action_is_known_on_its_kind_of_target_alone() {
    let client = Client::new().await;
    for (path, name) in [
        ("/v1/nodes/1/actions/check", "check"),
        ("/v1/cluster/actions/remove", "remove"),
        ("/v1/nodes/1/actions/other", "other"),
        ("/v1/nodes/1/actions/a/b", "a/b"),
    ] {
        let unknown = error(400, "invalid_action", &format!("unknown action '{name}'"));
        client.check(by_admin("POST", path), &unknown).await;
        for method in ["GET", "DELETE"] {
            assert_eq!(client.send(by_admin(method, path)).await.status, 404, "{method} {path}");
        }
    }
    let post = client.send(by_admin("POST", "/v1/nodes/actions")).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET"));
}
