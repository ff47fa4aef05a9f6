//! Lists, part by part.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::{ACTIONS, alpha, backup_as, create, ids, member};
use crate::harness::{Client, RaiseAtEnd};

fn page(client: &Client, query: &str) -> Vec<String> {
    ids(&client.get(&format!("{ACTIONS}{query}")).expect(200).json())
}

fn names(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|n| format!("a{n:04}")).collect()
}

fn fill(client: &Client, range: std::ops::Range<usize>) {
    for name in names(range) {
        create(client, &backup_as(&name));
    }
}

#[test]
fn a_page_is_a_part_of_the_list_in_creation_order() {
    let (_server, alice) = alpha();
    assert_eq!(alice.get(ACTIONS).json(), json!({"actions": []}));
    fill(&alice, 0..25);
    for (query, expected) in [
        ("", 0..10),
        ("?", 0..10),
        ("?limit=", 0..10),
        ("?limit=0", 0..10),
        ("?limit=1", 0..1),
        ("?limit=25", 0..25),
        ("?limit=1000", 0..25),
        ("?limit=99999999999999999999999", 0..25),
        ("?limit=3&limit=4", 0..4),
        ("?offset=&marker=", 0..10),
        ("?offset=0", 0..10),
        ("?offset=20", 20..25),
        ("?offset=25", 25..25),
        ("?offset=99999999999999999999999", 25..25),
        ("?limit=2&offset=3", 3..5),
        ("?offset=a0003&limit=2", 4..6),
        ("?marker=a0003&limit=2", 4..6),
        ("?marker=a0003&offset=2&limit=2", 6..8),
        ("?offset=a0024", 25..25),
        ("?offset=7&offset=a0019", 20..25),
        ("?limit=2&all_projects=1&sort=x&fields=y&=z&limits=5", 0..2),
    ] {
        assert_eq!(page(&alice, query), names(expected), "{query}");
    }
}

#[test]
fn a_page_has_at_most_a_thousand_rows() {
    let (_server, alice) = alpha();
    thread::scope(|threads| {
        for part in 0..4 {
            let alice = alice.clone();
            threads.spawn(move || fill(&alice, part * 251..(part + 1) * 251));
        }
    });
    for query in ["?limit=1000", "?limit=1001", "?limit=9223372036854775807"] {
        assert_eq!(page(&alice, query).len(), 1000, "{query}");
    }
    let first = page(&alice, "?limit=1000");
    let rest = page(&alice, &format!("?limit=1000&offset={}", first[999]));
    let mut all = [first, rest].concat();
    all.sort();
    assert_eq!(all, names(0..1004));
}

#[test]
fn a_parameter_that_cannot_be_read_is_named() {
    let (_server, alice) = alpha();
    fill(&alice, 0..2);
    for (query, name) in [
        ("?limit=-1", "limit"),
        ("?limit=abc", "limit"),
        ("?limit=1.5", "limit"),
        ("?limit=%00", "limit"),
        ("?limit=1&limit=x", "limit"),
        ("?offset=-1", "offset"),
        ("?offset=1.5", "offset"),
        ("?offset=nosuch", "offset"),
        ("?offset=a%20b", "offset"),
        ("?offset=%FF", "offset"),
        ("?marker=nosuch", "marker"),
        ("?marker=a%2Fb", "marker"),
        ("?marker=a0000&offset=a0001", "offset"),
    ] {
        let body = alice.get(&format!("{ACTIONS}{query}")).expect(400).json();
        assert_eq!(body["title"], "Invalid parameter", "{query}");
        let description = body["description"].as_str().unwrap();
        assert!(description.contains(&format!("\"{name}\"")), "{query}: {description}");
    }
}

#[test]
fn another_projects_id_is_no_marker() {
    let (server, alice) = alpha();
    let bob = member(&server, "bob", "beta");
    bob.post("/v2/beta/actions", &backup_as("theirs")).expect(201);
    let known = alice.get(&format!("{ACTIONS}?offset=theirs")).expect(400).text;
    let unknown = alice.get(&format!("{ACTIONS}?offset=thairs")).expect(400).text;
    assert_eq!(known, unknown, "it does not tell that it is there");
}

#[test]
fn walking_neither_repeats_nor_skips_while_others_add_and_remove() {
    let (_server, alice) = alpha();
    for n in 0..60 {
        create(&alice, &backup_as(&format!("stays-{n:03}")));
        for m in 0..8 {
            create(&alice, &backup_as(&format!("goes-{n}-{m}")));
        }
    }
    let searches = [
        json!({}),
        json!({"match": [{"action": "backup"}]}),
        json!({"match": [{"_all": "s-0"}], "match_not": [{"mode": "fs"}]}),
        json!({"match": [{"_all": "a"}]}),
    ];
    let stop = AtomicBool::new(false);
    thread::scope(|threads| {
        let _stops = RaiseAtEnd(&stop);
        for writer in 0..3 {
            let (alice, stop) = (alice.clone(), &stop);
            threads.spawn(move || churn(&alice, writer, stop));
        }
        for (walk, search) in searches.iter().cycle().take(24).enumerate() {
            walk_once(&alice, 3 + walk, search);
        }
    });
}

/// Adds and removes rows all over the place, until it is told to stop.
fn churn(client: &Client, writer: usize, stop: &AtomicBool) {
    let mut round = 0;
    while !stop.load(Ordering::SeqCst) {
        create(client, &backup_as(&format!("new-{writer}-{round}")));
        let goes = format!("goes-{}-{}", (round * 7 + writer) % 60, round / 60 % 8);
        client.delete(&format!("{ACTIONS}/{goes}")).expect(204);
        client
            .patch(&format!("{ACTIONS}/stays-{:03}", round % 60), &json!({"n": round}))
            .expect(200);
        if round > 5 {
            client.delete(&format!("{ACTIONS}/new-{writer}-{}", round - 5)).expect(204);
        }
        round += 1;
    }
}

/// Walks until all that stays is behind; removes every marker that need not stay before it is used.
fn walk_once(client: &Client, limit: usize, search: &Value) {
    let (mut seen, mut marker) = (Vec::<String>::new(), String::new());
    let body = search.to_string();
    while !seen.iter().any(|id| id == "stays-059") {
        let path = format!("{ACTIONS}?limit={limit}&offset={marker}");
        let rows = ids(&client.send("GET", &path, Some(body.as_bytes())).expect(200).json());
        let last = rows.last().unwrap_or_else(|| panic!("{search} ends after {seen:?}"));
        if !last.starts_with("stays") {
            client.delete(&format!("{ACTIONS}/{last}")).expect(204);
        }
        marker.clone_from(last);
        seen.extend(rows);
    }
    let stays: Vec<_> = seen.iter().filter(|id| id.starts_with("stays")).cloned().collect();
    let expected: Vec<_> = (0..60).map(|n| format!("stays-{n:03}")).collect();
    assert_eq!(stays, expected, "{search}");
    let mut once = seen.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), seen.len(), "{search} finds a row twice: {seen:?}");
}
