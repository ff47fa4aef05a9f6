//! A conversation, byte for byte as a client sees it.

use std::fmt::Write;

use super::{ACTIONS, alpha, member};
use crate::harness::{Answer, Client};

/// The headers of an answer that are part of the contract, save those that differ every time.
const SHOWN: [&str; 6] =
    ["allow", "content-type", "etag", "retry-after", "vary", "www-authenticate"];

/// A conversation, written down.
#[derive(Default)]
struct Transcript(String);

impl Transcript {
    fn ask(&mut self, client: &Client, method: &str, path: &str, body: &str) -> Answer {
        let sent = Some(body.as_bytes()).filter(|body| !body.is_empty());
        let answer = client.send(method, path, sent);
        writeln!(self.0, "> {method} {path} {body}").unwrap();
        write!(self.0, "< {}", answer.status).unwrap();
        for name in SHOWN.iter().filter(|name| answer.headers.contains_key(**name)) {
            write!(self.0, " | {name}: {}", answer.header(name)).unwrap();
        }
        writeln!(self.0, "\n< {}\n", answer.text).unwrap();
        answer
    }
}

#[test]
fn a_conversation_is_as_checked_in() {
    let (server, alice) = alpha();
    let bob = member(&server, "bob", "beta");
    let nobody = server.client();
    let mut talk = Transcript::default();
    let item = &format!("{ACTIONS}/nightly");

    talk.ask(&nobody, "GET", "/", "");
    talk.ask(&nobody, "GET", ACTIONS, "");
    talk.ask(&alice, "GET", ACTIONS, "");
    let nightly = r#"{"action_id":"nightly","description":"every night","freezer_action":{"action":"backup","mode":"fs","path_to_backup":"/srv","storage":"local","tag":[1.0,"é"]},"job_schedule":{"schedule_interval":"1 days"}}"#;
    talk.ask(&alice, "POST", ACTIONS, nightly);
    talk.ask(&alice, "POST", ACTIONS, nightly);
    let user = talk.ask(&alice, "GET", item, "").json()["user_id"].as_str().unwrap().to_owned();
    talk.ask(&alice, "PATCH", item, r#"{"description":null,"freezer_action":{"mode":"mysql"}}"#);
    talk.ask(&alice.with("If-Match", "\"1\""), "PATCH", item, "{}");
    talk.ask(&alice, "POST", item, r#"{"freezer_action":{"action":"restore"}}"#);
    talk.ask(&alice, "GET", ACTIONS, r#"{"match":[{"action":"restore"}]}"#);
    talk.ask(&alice, "GET", &format!("{ACTIONS}?limit=-1"), "");
    talk.ask(&alice, "GET", ACTIONS, r#"{"match":5}"#);
    talk.ask(&alice, "POST", ACTIONS, r#"{"freezer_action":{"action":"bogus"}}"#);
    talk.ask(&alice, "POST", ACTIONS, r#"{"freezer_action":"#);
    talk.ask(&alice, "PUT", item, "");
    talk.ask(&alice, "OPTIONS", item, "");
    talk.ask(&alice.with("Accept", "text/html"), "GET", item, "");
    talk.ask(&bob, "GET", item, "");
    talk.ask(&alice, "DELETE", item, "");
    talk.ask(&alice, "GET", item, "");
    talk.ask(&alice, "GET", "/v2/alpha/jobs", "");
    talk.ask(&alice, "GET", "/v2", "");

    let text = talk.0.replace(server.url(), "http://HOST").replace(&user, "USER");
    insta::assert_snapshot!(text);
}
