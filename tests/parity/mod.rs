//! Parity with freezer-api: what it was recorded to answer is what `actiond` answers, or differs in a
//! way that is listed. See README.md here.

pub mod cast;
mod compare;
mod listed;
pub mod names;
mod recording;

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, iter};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use self::compare::differences;
use self::listed::{Difference, Found, Listed};
use self::names::Names;
use self::recording::{Answer, Body, Exchange, Request};
use crate::harness::{Client, Connection, Keystone, Server};

#[test]
fn every_recorded_exchange_answers_as_freezer_api_does_or_as_listed() {
    let server = Server::start();
    let mut names = cast::local(&server);
    check("local", &replay(server.url(), &mut names));
}

#[test]
fn and_so_it_does_with_keystone() {
    let keystone = Keystone::shared();
    let server = Server::start_with(keystone.setup(""));
    let mut names = cast::keystone(keystone, server.url());
    check("keystone", &replay(server.url(), &mut names));
}

#[track_caller]
fn check(provider: &str, found: &Found) {
    let listed = Listed::read(include_str!("differences"), provider);
    let listed = listed.unwrap_or_else(|error| panic!("{error}"));
    if let Err(wrong) = listed.check(found) {
        let whole = Path::new(env!("CARGO_TARGET_TMPDIR")).join("differences");
        fs::write(&whole, listed.of(found)).expect("a file");
        panic!("{wrong}\nThe whole list as it would be: {}", whole.display());
    }
}

/// Replays all exchanges in their order; later ones lean on what earlier ones left.
pub fn replay(url: &str, names: &mut Names) -> Found {
    let exchanges = recording::all();
    assert_eq!(exchanges.len(), 491, "recordings are gone");
    let mut found = Found::new();
    for Exchange { id, case, request, answer } in exchanges {
        let given = send(url, &request, names);
        names.learn(id, &given);
        let is_extra = given.status == Some(201) && answer.status != Some(201);
        let what = differences(&answer, &names.normalise(given.clone())).join("; ");
        if !what.is_empty() {
            found.insert(id, Difference { case, what });
        }
        if is_extra {
            remove(url, &request, &given, names);
        }
    }
    found
}

/// Removes an action that freezer-api would not make, so that one difference does not bring about many
/// others.
fn remove(url: &str, made: &Request, given: &Answer, names: &Names) {
    let body: Value = serde_json::from_str(&given.body).expect("JSON");
    let id = body["action_id"].as_str().expect("an id");
    let collection = names.fill(&made.path.written());
    let (collection, _) = collection.split_once("/actions").expect("a path of actions");
    let admin = Client::anonymous(url).with("X-Auth-Token", &names.fill("{token:admin}"));
    admin.delete(&format!("{collection}/actions/{id}")).expect(204);
}

fn send(url: &str, request: &Request, names: &Names) -> Answer {
    let mut connection = Connection::open(url);
    connection.send(&written(url, request, names));
    let Some(raw) = connection.answer(request.method == "HEAD") else { return Answer::default() };
    let mut headers = BTreeMap::new();
    for (name, value) in raw.headers {
        let values: &mut Vec<_> = headers.entry(name).or_default();
        values.push(value);
    }
    let headers = headers.into_iter().map(|(name, values)| (name, values.join(", ")));
    let body = String::from_utf8_lossy(&raw.body).into_owned();
    Answer { status: Some(raw.status), headers: headers.collect(), body }
}

/// A request, byte by byte.
fn written(url: &str, request: &Request, names: &Names) -> Vec<u8> {
    let mut headers: Vec<(&str, String)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), names.fill(&value.written())))
        .collect();
    let has = |headers: &[(&str, String)], name| headers.iter().any(|(other, _)| *other == name);
    if !has(&headers, "Host") {
        headers.push(("Host", url.trim_start_matches("http://").to_owned()));
    }
    headers.push(("Connection", "close".to_owned()));
    let mut body = match &request.body {
        None => vec![],
        Some(Body::Text(text)) => names.fill(&text.written()).into_bytes(),
        Some(Body::Bytes { base64 }) => BASE64_STANDARD.decode(base64).expect("base64"),
    };
    if has(&headers, "Transfer-Encoding") {
        let size = format!("{:x}\r\n", body.len());
        body = [size.as_bytes(), &body, b"\r\n0\r\n\r\n"].concat();
    } else if request.body.is_some() {
        headers.push(("Content-Length", body.len().to_string()));
    }
    let (method, version) = (&request.method, &request.version);
    let first = format!("{method} {} {version}", names.fill(&request.path.written()));
    let lines = headers.iter().map(|(name, value)| format!("{name}: {value}"));
    let head = iter::once(first).chain(lines).collect::<Vec<_>>().join("\r\n") + "\r\n\r\n";
    [head.into_bytes(), body].concat()
}
