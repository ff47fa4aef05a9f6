//! `Idempotency-Key` on both faces.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::memory::{ManualClock, MemoryProjectActions};

use crate::client::{Answer, Ask, Client, ask};
use crate::world::World;

const ALPHA: &str = "/v2/alpha/actions";
const CHECK: &str = "/v1/cluster/actions/check";
const BACKUP: &str = r#"{"freezer_action":{"action":"backup"}}"#;

fn create(key: &str) -> Ask {
    ask("POST", ALPHA).token("alice").header("Idempotency-Key", key).body(BACKUP)
}

fn start(path: &str, key: &str) -> Ask {
    ask("POST", path).basic("admin").header("Idempotency-Key", key)
}

fn replayed(answer: &Answer) -> &str {
    answer.header("idempotency-replayed")
}

/// Sends a request twice: the second is answered as the first, and says so.
async fn twice(client: &Client, ask: Ask) -> Answer {
    let first = client.send(ask.clone()).await;
    assert_eq!(replayed(&first), "", "{first}");
    let second = client.send(ask).await;
    assert_eq!((second.to_string(), replayed(&second)), (first.to_string(), "true"));
    assert_eq!(second.header("etag"), first.header("etag"));
    first
}

async fn number_of(client: &Client, path: &str, ask: impl Fn(Ask) -> Ask) -> usize {
    let listed = client.send(ask(crate::client::ask("GET", path))).await.json();
    listed["actions"].as_array().unwrap().len()
}

#[actix_web::test]
async fn a_project_action_is_created_once() {
    let client = Client::new().await;
    let first = twice(&client, create("k1")).await;
    assert_eq!((first.status, first.header("etag")), (201, "\"1\""));
    let listed = async || number_of(&client, ALPHA, |ask| ask.token("alice")).await;
    assert_eq!(listed().await, 1);
    let other = client.send(create("k1").body(BACKUP.replace("backup", "restore"))).await;
    assert_eq!((other.status, &other.json()["title"]), (422, &"Unprocessable Entity".into()));
    let words = "this idempotency key was used for another request within the last 24 hours; take a \
                 new one";
    assert_eq!(other.json()["description"], words);
    assert_eq!((client.send(create("k2")).await.status, listed().await), (201, 2));
    let named = BACKUP.replace("{\"freezer", "{\"action_id\":\"a\",\"freezer");
    twice(&client, create("k3").body(named.clone())).await;
    let taken = client.send(create("k4").body(named)).await;
    assert_eq!((taken.status, listed().await), (409, 3), "another request for the same id");
}

#[actix_web::test]
async fn a_key_belongs_to_its_caller_and_project() {
    let client = Client::new().await;
    for (path, user) in [
        (ALPHA, "alice"),
        ("/v2/beta/actions", "bob"),
        (ALPHA, "root"),
        ("/v2/beta/actions", "root"),
        ("/v2/ops/actions", "root"),
    ] {
        let ask = ask("POST", path).token(user).header("Idempotency-Key", "k").body(BACKUP);
        let answer = client.send(ask).await;
        assert_eq!((answer.status, replayed(&answer)), (201, ""), "{path} {user}");
    }
    let started = client.send(start(CHECK, "k")).await;
    assert_eq!((started.status, replayed(&started)), (200, ""), "the other face");
}

#[actix_web::test]
async fn an_action_is_replaced_once_whatever_its_precondition_says_later() {
    let client = Client::new().await;
    let replace = |key: &str| {
        let ask = ask("POST", format!("{ALPHA}/a")).token("alice").body(BACKUP);
        ask.header("Idempotency-Key", key)
    };
    assert_eq!(twice(&client, replace("k1")).await.json()["version"], 1);
    let second = twice(&client, replace("k2").header("If-Match", "\"1\"")).await;
    assert_eq!((second.status, &second.json()["version"]), (201, &2.into()));
    assert_eq!(twice(&client, replace("k3")).await.json()["version"], 3);
    let late = client.send(replace("k1")).await;
    assert_eq!((late.status, &late.json()["version"], replayed(&late)), (201, &1.into(), "true"));
    let failed = client.send(replace("k4").header("If-Match", "\"9\"")).await;
    assert_eq!(failed.status, 412);
    assert_eq!(twice(&client, replace("k4")).await.json()["version"], 4, "nothing was done before");
    let elsewhere = ask("POST", format!("{ALPHA}/b")).token("alice").body(BACKUP);
    let elsewhere = client.send(elsewhere.header("Idempotency-Key", "k1")).await;
    assert_eq!(elsewhere.status, 422, "another request is one to another path too");
    assert_eq!(client.send(create("k1")).await.status, 422);
}

#[actix_web::test]
async fn a_cluster_action_is_started_once() {
    let client = Client::new().await;
    let first = twice(&client, start(CHECK, "k1")).await;
    assert_eq!(first.status, 200);
    assert_eq!(client.send(start(CHECK, "k2")).await.status, 409);
    let listed = async || number_of(&client, "/v1/cluster/actions", |ask| ask.basic("admin")).await;
    assert_eq!(listed().await, 1);
    let other = client.send(start(CHECK, "k1").body("{}")).await;
    assert_eq!((other.status, &other.json()["error_code"]), (422, &"invalid_content".into()));
    for path in ["/v1/nodes/1/actions/restart", "/v1/cluster/actions/check?wait=queue"] {
        assert_eq!(client.send(start(path, "k1")).await.status, 422, "{path}");
    }
    twice(&client, start("/v1/cluster/actions/check?wait=queue", "k3")).await;
    assert_eq!(listed().await, 2, "one of them waits");
    twice(&client, start("/v1/nodes/1/actions/restart", "k4")).await;
}

#[actix_web::test]
async fn a_day_later_a_key_is_as_good_as_new() {
    let clock = Arc::new(ManualClock::default());
    let documents = Arc::new(MemoryProjectActions::new(clock.clone()));
    let client = Client::of(&World::over(documents, clock.clone()), Default::default()).await;
    let first = twice(&client, create("k")).await;
    clock.advance(Duration::from_secs(24 * 60 * 60 - 1));
    assert_eq!(replayed(&client.send(create("k")).await), "true");
    clock.advance(Duration::from_secs(1));
    let second = client.send(create("k").body(BACKUP.replace("backup", "restore"))).await;
    assert_eq!((second.status, replayed(&second)), (201, ""));
    assert_ne!(second.body, first.body);
}

#[actix_web::test]
async fn a_key_that_is_none_is_refused() {
    let client = Client::new().await;
    let words = "The value of the \"Idempotency-Key\" header must stand once, and be 1 to 255 visible \
                 ASCII characters.";
    for key in ["", "a b", "\u{e9}", &"x".repeat(256)] {
        let answer = client.send(create(key)).await;
        assert_eq!((answer.status, &answer.json()["description"]), (400, &words.into()), "{key}");
        let answer = client.send(start(CHECK, key)).await;
        assert_eq!((answer.status, &answer.json()["description"]), (400, &words.into()), "{key}");
    }
    let twofold = create("a").header("Idempotency-Key", "b");
    assert_eq!(client.send(twofold).await.status, 400);
    assert_eq!(client.send(create(&"x".repeat(255))).await.status, 201);
}
