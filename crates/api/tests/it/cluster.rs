//! The cluster face: each route, each status, each body.

use std::time::Duration;

use actiond_core::cluster::{Failure, Outcome, Progress};
use actiond_core::usecase::Grip;

use crate::client::{Ask, Client, ask};
use crate::world::World;

const CHECK: &str = "/v1/cluster/actions/check";

fn by_admin(method: &str, path: &str) -> Ask {
    ask(method, path).basic("admin")
}

fn error(status: u16, code: &str, text: &str) -> String {
    format!(
        r#"{status} {{"error_code":"{code}","description":"{text}","message":"{text}","status_code":{status}}}"#
    )
}

const TASK: &str = "00000000-0000-0000-0000-000000000001";

#[actix_web::test]
async fn an_action_from_start_to_removal() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    client.check(by_admin("GET", "/v1/cluster/actions"), r#"200 {"actions":[]}"#).await;
    let state = format!(r#""name":"check","status":"queued","progress":0.0,"task_id":"{TASK}""#);
    let accepted =
        format!(r#"200 {{{state},"action_uid":"{TASK}","description":"Checks everything."}}"#);
    let answer = client.check(by_admin("POST", CHECK), &accepted).await;
    assert_eq!(answer.header("content-type"), "application/json");
    for path in [CHECK, "/cluster/actions/check", "/cluster/actions/check/"] {
        let seen = ask("GET", path).basic("cluster_viewer");
        client.check(seen, &format!("200 {{{state}}}")).await;
    }
    for path in ["/v1/cluster/actions", "/cluster/actions", "/v1/cluster/actions//"] {
        client.check(by_admin("GET", path), &format!(r#"200 {{"actions":[{{{state}}}]}}"#)).await;
    }
    let busy = error(
        409,
        "action_in_progress",
        "action 'check', or one that it conflicts with, is already in progress",
    );
    client.check(by_admin("POST", CHECK), &busy).await;

    let claimed = world.execution.claim("runner", Duration::from_secs(60), |_| true);
    let action = claimed.unwrap().unwrap();
    let grip = Grip { task: action.task_id, fencing: action.fencing };
    world.execution.start(grip).unwrap();
    world.execution.advance(grip, Progress::new(12.5).unwrap()).unwrap();
    let running =
        format!(r#"200 {{"name":"check","status":"running","progress":12.5,"task_id":"{TASK}"}}"#);
    client.check(by_admin("GET", CHECK), &running).await;
    client.check(by_admin("DELETE", CHECK), "200 {}").await;
    let failure = Failure { code: "disk_full".into(), message: "No space left.".into() };
    world.execution.finish(grip, &Outcome::Failed(failure)).unwrap();
    let failed = format!(
        r#"200 {{"name":"check","status":"failed","progress":12.5,"task_id":"{TASK}","error_code":"disk_full","error_message":"No space left."}}"#
    );
    client.check(by_admin("GET", CHECK), &failed).await;
    client.check(by_admin("DELETE", CHECK), "200 {}").await;
    let gone = error(
        404,
        "action_not_found",
        "action 'check' is not in progress, and there is no status of a last run",
    );
    client.check(by_admin("GET", CHECK), &gone).await;
    client.check(by_admin("DELETE", CHECK), &gone).await;
}

#[actix_web::test]
async fn parameters_are_a_json_object_or_nothing() {
    let client = Client::new().await;
    let change = "/v1/cluster/actions/change_master";
    let post = |body: &str| {
        by_admin("POST", change)
            .body(body)
            .header("Content-Type", "Application/JSON; charset=utf-8")
    };
    let missing = r#"parameters: \"node_uid\" is a required property"#;
    for nothing in ["", "{}", "null"] {
        client.check(post(nothing), &error(400, "invalid_content", missing)).await;
    }
    for other in ["[]", "5", "\"x\""] {
        client
            .check(
                post(other),
                &error(400, "invalid_content", "body: must be a JSON object, or empty"),
            )
            .await;
    }
    let broken = "The body is not JSON: key must be a string at line 1 column 2.";
    client.check(post("{broken"), &error(400, "invalid_content", broken)).await;
    let typed = by_admin("POST", change).header("Content-Type", "text/plain");
    let media = error(415, "invalid_content", "The body must be JSON, sent as application/json.");
    client.check(typed.clone().body("{}"), &media).await;
    client.check(typed, &error(400, "invalid_content", missing)).await;
    let answer = client.send(post(r#"{"node_uid":"2"}"#)).await;
    assert_eq!((answer.status, answer.json().get("description")), (200, None), "{answer}");
    let untyped = by_admin("POST", CHECK).body("{}");
    assert_eq!(client.send(untyped).await.status, 409);
}

#[actix_web::test]
async fn credentials_then_permission_then_the_rest() {
    let client = Client::new().await;
    let unauthorized = error(401, "unauthorized", "the request requires authentication");
    let wrong = |value: &str| ask("POST", CHECK).header("Authorization", value).body("{broken");
    let mut refused =
        vec![ask("POST", CHECK), ask("PUT", CHECK), by_admin("POST", CHECK).basic("admin")];
    refused.push(ask("POST", CHECK).basic("unknown"));
    refused.push(ask("GET", CHECK).token("alice"));
    refused.extend(
        [
            "Basic",
            "Basic ",
            "Basic !!!",
            "Basic YWRtaW4=",
            "Basic YWRtaW46bm8=",
            "Basic //8=",
            "Bearer x",
        ]
        .map(wrong),
    );
    for ask in refused {
        let answer = client.check(ask, &unauthorized).await;
        assert_eq!(answer.header("www-authenticate"), "Basic realm=\"actiond\"");
    }
    let forbidden = |permission: &str| {
        error(403, "forbidden", &format!("permission '{permission}' is required"))
    };
    let bad = ask("POST", "/v1/cluster/actions/no such".replace(' ', "%20")).body("{broken");
    client.check(bad.basic("cluster_member"), &forbidden("start_cluster_action")).await;
    client
        .check(ask("GET", CHECK).basic("none"), &forbidden("view_status_of_cluster_action"))
        .await;
    client
        .check(ask("DELETE", CHECK).basic("db_viewer"), &forbidden("cancel_cluster_action"))
        .await;
    let allow = "DELETE, GET, POST";
    let words = format!("This method is not allowed here; allowed are {allow}.");
    let answer =
        client.check(ask("PUT", CHECK).basic("none"), &error(405, "invalid_action", &words)).await;
    assert_eq!(answer.header("allow"), allow);
    let post = client.send(by_admin("POST", "/v1/cluster/actions")).await;
    assert_eq!((post.status, post.header("allow")), (405, "GET"));
}

#[actix_web::test]
async fn any_other_name_is_unknown() {
    let client = Client::new().await;
    for (path, name) in [
        ("no_such", "no_such"),
        ("Check", "Check"),
        ("check%20", "check "),
        ("a/b", "a/b"),
        ("check/x", "check/x"),
        ("a%2Fb", "a/b"),
        ("..", ".."),
        ("%2e%2e", ".."),
        ("a%00b", "a\\u0000b"),
        ("a%0Ab", "a\\nb"),
        ("%25", "%"),
        ("%", "%"),
        ("%zz", "%zz"),
        ("%ff", "\u{fffd}"),
    ] {
        let path = format!("/v1/cluster/actions/{path}");
        let unknown = error(400, "invalid_action", &format!("unknown action '{name}'"));
        client.check(by_admin("POST", &path), &unknown).await;
        for method in ["GET", "DELETE"] {
            let answer = client.send(by_admin(method, &path)).await;
            assert_eq!(
                (answer.status, &answer.json()["error_code"]),
                (404, &"action_not_found".into()),
                "{path}"
            );
        }
    }
}
