//! `?wait=queue`: what clients see of those that wait for their turn.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::cluster::Outcome;
use actiond_core::memory::{ManualClock, MemoryProjectActions};
use actiond_core::usecase::Grip;
use serde_json::Value;

use crate::client::{Answer, Ask, Client, ask};
use crate::world::World;

const CHECK: &str = "/v1/cluster/actions/check";
const WAIT: &str = "/v1/cluster/actions/check?wait=queue";

fn by_admin(method: &str, path: impl Into<String>) -> Ask {
    ask(method, path).basic("admin")
}

/// Starts an action that must be accepted, and answers its uid.
async fn start(client: &Client, path: &str) -> String {
    let answer = client.send(by_admin("POST", path)).await;
    assert_eq!(
        (answer.status, answer.json()["status"].as_str()),
        (200, Some("queued")),
        "{answer}"
    );
    answer.json()["action_uid"].as_str().unwrap().to_owned()
}

async fn shown(client: &Client, path: impl Into<String>) -> (String, String) {
    let shown = client.send(by_admin("GET", path)).await.json();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&shown["task_id"]), text(&shown["status"]))
}

async fn listed(client: &Client, path: &str) -> Vec<String> {
    let listed = client.send(by_admin("GET", path)).await.json();
    let uid = |action: &Value| action["task_id"].as_str().unwrap().to_owned();
    listed["actions"].as_array().unwrap().iter().map(uid).collect()
}

/// Carries out what was queued first, and lets those that wait have their turn.
fn run_one(world: &World) {
    let claimed = world.execution.claim("runner", Duration::from_secs(60), |_| true);
    let grip = Grip::of(&claimed.unwrap().unwrap());
    world.execution.start(grip).unwrap();
    world.execution.finish(grip, &Outcome::Completed).unwrap();
    world.execution.admit(&world.services.cluster.catalog, |_| true).unwrap();
}

fn conflict(answer: &Answer) -> String {
    assert_eq!((answer.status, &answer.json()["error_code"]), (409, &"action_in_progress".into()));
    answer.json()["description"].as_str().unwrap().to_owned()
}

#[actix_web::test]
async fn first_come_first_served_up_to_the_length_of_the_queue() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    let first = start(&client, WAIT).await;
    let (second, third) = (start(&client, WAIT).await, start(&client, WAIT).await);
    let busy = "action 'check', or one that it conflicts with, is already in progress";
    let full = format!("{busy}, and no more than 2 may wait for it; try again later");
    assert_eq!(conflict(&client.send(by_admin("POST", WAIT)).await), full);
    assert_eq!(conflict(&client.send(by_admin("POST", CHECK)).await), busy);
    assert_eq!(listed(&client, "/v1/cluster/actions").await, [&*first, &second, &third]);
    for uid in [&first, &second, &third] {
        run_one(&world);
        let by_uid = shown(&client, format!("/v1/actions/{uid}")).await;
        assert_eq!(by_uid, (uid.clone(), "completed".to_owned()));
    }
    assert_eq!(shown(&client, CHECK).await, (third.clone(), "completed".to_owned()));
    assert_eq!(listed(&client, "/v1/cluster/actions").await, [&*third]);
    assert_eq!(listed(&client, "/v1/actions").await, [&*first, &second, &third]);
}

#[actix_web::test]
async fn whose_turn_is_over_is_known_for_an_hour() {
    let clock = Arc::new(ManualClock::default());
    let documents = Arc::new(MemoryProjectActions::new(clock.clone()));
    let world = World::over(documents, clock.clone());
    let client = Client::of(&world, Default::default()).await;
    let (first, second) = (start(&client, WAIT).await, start(&client, WAIT).await);
    run_one(&world);
    run_one(&world);
    clock.advance(Duration::from_secs(3600));
    assert_eq!(listed(&client, "/v1/actions").await, [&*first, &second]);
    clock.advance(Duration::from_micros(1));
    assert_eq!(listed(&client, "/v1/actions").await, [&*second], "it was the last");
    let gone = client.send(by_admin("GET", format!("/v1/actions/{first}"))).await;
    assert_eq!(gone.status, 404, "{gone}");
    assert_eq!(shown(&client, CHECK).await, (second, "completed".to_owned()));
}

#[actix_web::test]
async fn nobody_overtakes_those_that_wait_and_conflict() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    start(&client, CHECK).await;
    let change = "/v1/cluster/actions/change_master";
    let ask = by_admin("POST", format!("{change}?wait=queue")).body(r#"{"node_uid":"2"}"#);
    let waiting = client.send(ask).await.json()["task_id"].as_str().unwrap().to_owned();
    assert_eq!(shown(&client, change).await, (waiting.clone(), "queued".to_owned()));
    run_one(&world);
    // `check` is free, and the other one is at its turn.
    conflict(&client.send(by_admin("POST", CHECK)).await);
    let second = start(&client, WAIT).await;
    run_one(&world);
    assert_eq!(shown(&client, change).await, (waiting, "completed".to_owned()));
    assert_eq!(shown(&client, CHECK).await, (second, "queued".to_owned()));
}

#[actix_web::test]
async fn those_that_wait_are_cancelled_by_the_same_words() {
    let world = World::new();
    let client = Client::of(&world, Default::default()).await;
    let first = start(&client, CHECK).await;
    let waiting = [start(&client, WAIT).await, start(&client, WAIT).await];
    client.check(by_admin("DELETE", WAIT), "200 {}").await;
    for uid in &waiting {
        assert_eq!(shown(&client, format!("/v1/actions/{uid}")).await.1, "cancelled");
    }
    assert_eq!(shown(&client, CHECK).await, (first, "queued".to_owned()), "its turn goes on");
    let nobody = client.send(by_admin("DELETE", WAIT)).await;
    let words = "no run of action 'check' waits for its turn";
    assert_eq!((nobody.status, &nobody.json()["description"]), (404, &words.into()));
    start(&client, WAIT).await;
    client.check(by_admin("DELETE", CHECK), "200 {}").await;
    assert_eq!(shown(&client, CHECK).await.1, "cancelled", "the one in progress alone");
}

#[actix_web::test]
async fn another_way_to_wait_is_400_and_starts_nothing() {
    let client = Client::new().await;
    for method in ["POST", "DELETE"] {
        let answer = client.send(by_admin(method, format!("{CHECK}?wait=forever"))).await;
        let words = "The \"wait\" parameter is invalid. The value must be \"queue\".";
        assert_eq!((answer.status, &answer.json()["description"]), (400, &words.into()));
    }
    client.check(by_admin("GET", "/v1/cluster/actions"), r#"200 {"actions":[]}"#).await;
    let viewer = ask("POST", WAIT).basic("cluster_viewer");
    assert_eq!(client.send(viewer).await.status, 403);
}
