//! The keys that tokens are signed with.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::{House, is_in, token};
use crate::harness::ADMIN_PASSWORD;

fn header(token: &str) -> Value {
    let part = token.split('.').next().unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[test]
fn keys_rotate_beside_a_running_server_with_an_overlap_or_without() {
    let house = House::new();
    assert!(house.run(&["keys", "list"]).ends_with("has no keys yet\n"));
    let get = || token(house.authorize("admin", ADMIN_PASSWORD));
    let first = get();
    assert_eq!(header(&first)["alg"], "HS256");
    let said = house.run(&["keys", "rotate"]);
    let second = get();
    let kid = |token: &str| header(token)["kid"].as_str().unwrap().to_owned();
    assert!(said.contains(&kid(&second)), "{said}");
    assert_ne!(kid(&first), kid(&second));
    assert!(is_in(&house.bearing(&first)) && is_in(&house.bearing(&second)));
    let listed = house.run(&["keys", "list"]);
    let lines: Vec<_> = listed.lines().collect();
    assert!(lines[1].starts_with(&kid(&second)) && lines[1].ends_with("it signs"), "{listed}");
    assert!(lines[2].starts_with(&kid(&first)) && lines[2].ends_with('Z'), "{listed}");

    house.run(&["keys", "rotate", "--now"]);
    assert!(!is_in(&house.bearing(&first)) && !is_in(&house.bearing(&second)));
    assert!(is_in(&house.bearing(&get())));
    assert_eq!(house.run(&["keys", "list"]).lines().count(), 2);
}

#[test]
fn a_token_that_was_signed_by_nobody_is_refused() {
    let house = House::new();
    let good = token(house.authorize("admin", ADMIN_PASSWORD));
    let parts: Vec<_> = good.split('.').collect();
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let none = encode(&json!({"alg": "none", "typ": "JWT", "kid": header(&good)["kid"]}));
    for bad in [
        format!("{none}.{}.", parts[1]),
        format!("{none}.{}.{}", parts[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], "A".repeat(43)),
        format!("{}.{}.", parts[0], parts[1]),
    ] {
        assert!(!is_in(&house.bearing(&bad)), "{bad}");
    }
    assert!(is_in(&house.bearing(&good)));
}
