//! `/v1/actions` and `/v2/actions`: each field in the type that the route has for it.

use std::time::Duration;

use actiond_core::cluster::{Failure, Outcome, Progress};
use actiond_core::usecase::Grip;

use crate::client::{Ask, Client, ask};
use crate::world::World;

fn by_viewer(path: impl Into<String>) -> Ask {
    ask("GET", path).basic("db_viewer")
}

async fn start(client: &Client, path: &str) -> String {
    let answer = client.send(ask("POST", path).basic("admin")).await;
    answer.json()["action_uid"].as_str().unwrap().to_owned()
}

/// Carries out what was queued first, as far as 12.5 percent.
fn begin(world: &World) -> Grip {
    let claimed = world.execution.claim("runner", Duration::from_secs(60), |_| true);
    let grip = Grip::of(&claimed.unwrap().unwrap());
    world.execution.start(grip).unwrap();
    world.execution.advance(grip, Progress::new(12.5).unwrap()).unwrap();
    grip
}

#[actix_web::test]
async fn nothing_is_an_empty_list_of_each_kind() {
    let client = Client::new().await;
    for path in ["/v1/actions", "/actions", "/v1/actions/"] {
        client.check(by_viewer(path), r#"200 {"actions":[],"state-machines":[]}"#).await;
    }
    client.check(by_viewer("/v2/actions"), "200 []").await;
    client.check(by_viewer("/v2/actions/"), "200 []").await;
}

#[actix_web::test]
async fn each_route_has_its_own_types() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    let whole = start(&client, "/v1/cluster/actions/check").await;
    let node = start(&client, "/v1/nodes/2/actions/restart").await;
    let grip = begin(&world);
    let whole_v1 = format!(
        r#"{{"name":"check","status":"running","progress":"12.5","task_id":"{whole}","action_uid":"{whole}","creation_time":"0"}}"#
    );
    let node_v1 = format!(
        r#"{{"name":"restart","node_uid":"2","status":"queued","progress":"0","task_id":"{node}","action_uid":"{node}","creation_time":"0"}}"#
    );
    let whole_v2 = format!(
        r#"{{"name":"check","status":"running","progress":12.5,"action_uid":"{whole}","action_type":"task","creation_time":0,"additional_info":{{"description":"Checks everything."}}}}"#
    );
    let node_v2 = format!(
        r#"{{"name":"restart","status":"queued","progress":0.0,"action_uid":"{node}","action_type":"task","creation_time":0,"additional_info":{{"object_type":"node","object_uid":"2"}}}}"#
    );
    let v1 = format!(r#"200 {{"actions":[{whole_v1},{node_v1}],"state-machines":[]}}"#);
    client.check(by_viewer("/v1/actions"), &v1).await;
    client.check(by_viewer("/v2/actions"), &format!("200 [{whole_v2},{node_v2}]")).await;
    for (uid, v1, v2) in [(whole, &whole_v1, &whole_v2), (node, &node_v1, &node_v2)] {
        client.check(by_viewer(format!("/v1/actions/{uid}")), &format!("200 {v1}")).await;
        client.check(by_viewer(format!("/actions/{uid}/")), &format!("200 {v1}")).await;
        client.check(by_viewer(format!("/v2/actions/{uid}")), &format!("200 {v2}")).await;
    }
    world.execution.finish(grip, &Outcome::Completed).unwrap();
    let done = client.send(by_viewer("/v1/actions")).await.json();
    assert_eq!(done["actions"][0]["progress"], "100", "as it was recorded");
}

#[actix_web::test]
async fn a_failure_is_told_in_the_words_of_the_route() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    let uid = start(&client, "/v1/nodes/1/actions/restart").await;
    let failure = Failure { code: "disk_full".into(), message: "No space left.".into() };
    world.execution.finish(begin(&world), &Outcome::Failed(failure)).unwrap();
    let v1 = client.send(by_viewer(format!("/v1/actions/{uid}"))).await.json();
    assert_eq!(
        (&v1["error"], &v1["error_message"]),
        (&"disk_full".into(), &"No space left.".into())
    );
    assert_eq!(v1.get("error_code"), None);
    let v2 = client.send(by_viewer(format!("/v2/actions/{uid}"))).await.json();
    assert_eq!(v2["additional_info"]["error"], "No space left.");
    assert_eq!((v2.get("error"), v2.get("error_message")), (None, None));
}

#[actix_web::test]
async fn an_unknown_uid_is_404_on_this_face() {
    let client = Client::new().await;
    let other = "00000000-0000-0000-0000-000000000009";
    for uid in [other, "x", "%2F", "check", "0"] {
        for version in ["v1", "v2"] {
            let answer = client.send(by_viewer(format!("/{version}/actions/{uid}"))).await;
            let code = answer.json()["error_code"].clone();
            assert_eq!((answer.status, code), (404, "action_not_found".into()), "{version} {uid}");
        }
    }
    let words = format!("there is no action of the uid '{other}'");
    let answer = client.send(by_viewer(format!("/v1/actions/{other}"))).await;
    assert_eq!(answer.json()["description"], words);
    for (path, allow) in [("/v1/actions", "GET"), ("/v2/actions/x", "GET")] {
        let post = client.send(ask("POST", path).basic("admin")).await;
        assert_eq!((post.status, post.header("allow")), (405, allow));
        assert_eq!(
            client.send(ask("GET", path)).await.header("www-authenticate"),
            "Basic realm=\"actiond\""
        );
        assert_eq!(client.send(by_viewer(path).basic("none")).await.status, 401, "two headers");
    }
}
