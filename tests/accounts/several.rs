//! Several servers of one store take each other's tokens, and share locks.

use super::{PASSWORD, is_in};
use crate::harness::{Client, Server, Setup, Store};

use serde_json::json;

fn bearing(server: &Server, token: &str) -> Client {
    server.client().with("Authorization", &format!("Bearer {token}"))
}

fn authorize(server: &Server) -> String {
    let body = json!({"username": "eva", "password": PASSWORD});
    super::token(server.client().post("/v1/users/authorize", &body))
}

#[test]
fn tokens_and_locks_are_of_all_servers() {
    let first = Server::start_on(Store::postgres(), Setup::default());
    let second = first.start_beside();
    first.add_user("eva", PASSWORD, &["--role", "db_viewer"]);
    let (one, other) = (authorize(&first), authorize(&second));
    for token in [&one, &other] {
        assert!(is_in(&bearing(&first, token)) && is_in(&bearing(&second, token)));
    }
    // A rotation beside them counts on all of them at once.
    assert!(first.run(&["keys", "rotate", "--now"], "").status.success());
    assert!(!is_in(&bearing(&first, &one)) && !is_in(&bearing(&second, &one)));
    let token = authorize(&second);
    assert!(is_in(&bearing(&first, &token)));

    for (number, server) in [&first, &second, &first, &second, &first].into_iter().enumerate() {
        let wrong = server.client().basic("eva", &format!("wrong password {number}"));
        assert!(!is_in(&wrong));
    }
    for server in [&first, &second] {
        assert!(!is_in(&server.client().basic("eva", PASSWORD)), "five in all");
        assert!(is_in(&bearing(server, &token)));
    }
    assert!(
        first
            .run(&["user", "set-password", "eva", "--password-stdin"], "another one")
            .status
            .success()
    );
    for server in [&first, &second] {
        assert!(is_in(&server.client().basic("eva", "another one")));
        assert!(!is_in(&bearing(server, &token)));
    }
}
