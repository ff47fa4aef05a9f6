//! Wrong passwords lock an account.

use std::thread;

use serde_json::json;

use super::{House, PASSWORD, is_in, token};
use crate::harness::{Client, until};

/// Tries so many wrong passwords.
fn fail(client: &Client, name: &str, times: usize) {
    for _ in 0..times {
        assert!(!is_in(&client.basic(name, "wrong password")));
    }
}

#[test]
fn five_failures_lock_every_way_in_but_tokens_that_are_there() {
    let house = House::new();
    let client = house.client();
    house.server.add_user("eva", PASSWORD, &["--role", "db_viewer", "--project", "default:member"]);
    let eva = client.basic("eva", PASSWORD);
    assert!(is_in(&eva));
    let bearing = house.bearing(&token(house.authorize("eva", PASSWORD)));
    fail(&client, "eva", 4);
    assert!(is_in(&eva), "four do not lock");
    fail(&client, "eva", 1);
    assert!(!is_in(&eva), "also where the password was remembered");
    house.authorize("eva", PASSWORD).expect(401);
    let scope = json!({"project": {"id": "default"}});
    client.ask_for_token("eva", PASSWORD, &scope).expect(401);
    assert!(is_in(&bearing));
    assert!(is_in(&house.admin()), "others do not feel it");
    assert_eq!(house.admin().get("/v1/users/2").json()["status"], "locked");
    assert!(house.server.log().contains("wrong passwords have locked a user"));

    let body = json!({"status": "active"}).to_string();
    let unlocked = house.admin().send("PUT", "/v1/users/2", Some(body.as_bytes())).expect(200);
    assert_eq!(unlocked.json()["status"], "active");
    assert!(is_in(&eva));
}

#[test]
fn a_locked_user_and_nobody_get_the_answer_of_a_wrong_password() {
    let house = House::new();
    let client = house.client();
    let answers: Vec<_> = ["admin", "nobody"]
        .iter()
        .flat_map(|name| {
            fail(&client, name, 5);
            ["wrong password", crate::harness::ADMIN_PASSWORD].map(|password| {
                let answer = client.basic(name, password).get("/v1/cluster/actions").expect(401);
                (answer.header("WWW-Authenticate").to_owned(), answer.text)
            })
        })
        .collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    let said = house.run(&["user", "unlock", "admin"]);
    assert_eq!(said, "user admin is not locked\n");
    assert!(is_in(&house.admin()));
}

#[test]
fn the_numbers_can_be_set_and_a_lock_ends_by_itself() {
    let settings =
        "[identity]\nlockout_failures = 2\nlockout_window = \"1h\"\nlockout_time = \"2s\"";
    let house = House::with(settings);
    fail(&house.client(), "admin", 2);
    assert!(!is_in(&house.admin()));
    until("the lock has ended", || is_in(&house.admin()));
    let never = House::with("[identity]\nlockout_failures = 0");
    fail(&never.client(), "admin", 8);
    assert!(is_in(&never.admin()));
}

#[test]
fn a_lock_outlives_a_restart() {
    let mut house = House::new();
    fail(&house.client(), "admin", 5);
    house.server.stop();
    house.server.start_again();
    assert!(!is_in(&house.admin()));
    let said = house.run(&["user", "set-password", "admin"]);
    let password = said.trim_end().rsplit(' ').next().unwrap();
    assert!(is_in(&house.client().basic("admin", password)), "another password ends the lock");
}

#[test]
fn guesses_at_once_lock_too() {
    let house = House::new();
    let client = house.client();
    let guess = |number: usize| is_in(&client.basic("admin", &format!("wrong password {number}")));
    let guess = &guess;
    let hits = thread::scope(|scope| {
        let guesses: Vec<_> = (0..16).map(|number| scope.spawn(move || guess(number))).collect();
        guesses.into_iter().any(|one| one.join().unwrap())
    });
    assert!(!hits && !is_in(&house.admin()));
}
