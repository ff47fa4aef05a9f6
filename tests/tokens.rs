//! Tokens: how they are got, what they are worth, for how long, and where they are not.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Client, Server, Setup, until};

const TOKENS: &str = "/v3/auth/tokens";
const PASSWORD: &str = "long enough";

fn server() -> Server {
    let server = Server::start();
    server.add_user("alice", PASSWORD, &["--project", "alpha:member", "--project", "beta:reader"]);
    server
}

/// A login by the password method, for whatever `user` and `scope` say.
fn login(user: &Value, scope: &Value) -> Value {
    let identity = json!({"methods": ["password"], "password": {"user": user}});
    json!({"auth": {"identity": identity, "scope": scope}})
}

fn alice() -> Value {
    json!({"name": "alice", "domain": {"name": "Default"}, "password": PASSWORD})
}

fn is_good(client: &Client) -> bool {
    let status = client.get("/v2/alpha/actions").status;
    assert!(status == 200 || status == 401, "{status}");
    status == 200
}

#[test]
fn a_token_says_whom_it_stands_for_and_where_the_service_is() {
    let server = server();
    let scope = json!({"project": {"name": "alpha", "domain": {"name": "Default"}}});
    let answer = server.client().post(TOKENS, &login(&alice(), &scope)).expect(201);
    let token = &answer.json()["token"];
    assert_eq!(token["methods"], json!(["password"]));
    assert_eq!(token["user"]["name"], "alice");
    assert_eq!(token["user"]["domain"], json!({"id": "default", "name": "Default"}));
    assert_eq!(
        (&token["project"]["id"], &token["project"]["name"]),
        (&json!("alpha"), &json!("alpha"))
    );
    assert_eq!(token["roles"], json!([{"id": "member", "name": "member"}]));
    let backup =
        token["catalog"].as_array().unwrap().iter().find(|entry| entry["type"] == "backup");
    let endpoints = backup.unwrap()["endpoints"].as_array().unwrap();
    let interfaces: Vec<_> = endpoints.iter().map(|e| e["interface"].as_str().unwrap()).collect();
    assert_eq!(interfaces, ["public", "internal", "admin"]);
    assert!(endpoints.iter().all(|endpoint| endpoint["url"] == server.url()));
    let lifetime = seconds(&token["expires_at"]) - seconds(&token["issued_at"]);
    assert_eq!(lifetime, 3600);

    let subject = answer.header("X-Subject-Token");
    let mine = server.client().with("X-Auth-Token", subject).with("X-Subject-Token", subject);
    let described = mine.get(TOKENS).expect(200);
    assert_eq!(described.json(), answer.json());
    assert_eq!(described.header("X-Subject-Token"), subject);
    assert_eq!(mine.send("HEAD", TOKENS, None).expect(200).text, "");
}

/// Seconds since the day began; enough for a difference within an hour or so.
fn seconds(moment: &Value) -> i64 {
    let moment = moment.as_str().unwrap();
    assert!(moment.len() == 27 && moment.ends_with('Z'), "{moment}");
    chrono::DateTime::parse_from_rfc3339(moment).unwrap().timestamp()
}

#[test]
fn a_user_is_named_by_id_or_by_name_and_a_project_too() {
    let server = server();
    let client = server.client();
    let first = client.post(TOKENS, &login(&alice(), &json!(null))).expect(201).json();
    let id = &first["token"]["user"]["id"];
    let by_id = json!({"id": id, "password": PASSWORD});
    for scope in [
        json!({"project": {"id": "beta"}}),
        json!({"project": {"name": "beta", "domain": {"id": "default"}}}),
    ] {
        let token = client.post(TOKENS, &login(&by_id, &scope)).expect(201).json();
        assert_eq!(token["token"]["project"]["id"], "beta");
        assert_eq!(token["token"]["roles"][0]["name"], "reader");
    }
}

#[test]
fn the_discovery_needs_nothing() {
    let server = server();
    for path in ["/v3", "/v3/"] {
        let version = server.client().get(path).expect(200).json();
        assert_eq!(version["version"]["status"], "stable");
        assert!(version["version"]["id"].as_str().unwrap().starts_with("v3."));
        assert_eq!(version["version"]["links"][0]["href"], format!("{}/v3/", server.url()));
    }
    let missing = server.client().get("/v3/groups").expect(404).json();
    assert_eq!(missing["error"]["code"], 404);
    let other = server.client().send("PUT", TOKENS, None).expect(405);
    assert_eq!(other.header("Allow"), "DELETE, GET, HEAD, POST");
    let versions = server.client().get("/").expect(300).json();
    assert_eq!(versions["versions"][1]["id"], "v3.14");
}

#[test]
fn wrong_logins_are_all_answered_alike() {
    let server = server();
    let user = |name: &str, password: &str| json!({"name": name, "domain": {"id": "default"}, "password": password});
    let alpha = json!({"project": {"id": "alpha"}});
    let mut answers = vec![];
    for (user, scope) in [
        (user("alice", "wrong"), alpha.clone()),
        (user("alice", ""), alpha.clone()),
        (user("nobody", PASSWORD), alpha.clone()),
        (user("ALICE", PASSWORD), alpha.clone()),
        (json!({"id": "alice", "password": PASSWORD}), alpha.clone()),
        (json!({"name": "alice", "domain": {"id": "other"}, "password": PASSWORD}), alpha.clone()),
        (user("alice", PASSWORD), json!({"project": {"id": "gamma"}})),
        (user("alice", PASSWORD), json!({"domain": {"id": "default"}})),
    ] {
        let answer = server.client().post(TOKENS, &login(&user, &scope)).expect(401);
        assert_eq!(answer.header("X-Subject-Token"), "");
        assert!(answer.header("WWW-Authenticate").starts_with("Keystone uri="));
        answers.push(answer.text);
    }
    answers.dedup();
    assert_eq!(answers.len(), 1, "{answers:?}");
}

#[test]
fn a_login_of_another_form_is_400() {
    let server = server();
    let client = server.client();
    for bad in [
        json!(null),
        json!([]),
        json!({}),
        json!({"auth": 5}),
        json!({"auth": {"identity": {}}}),
        login(&json!({"name": "alice"}), &json!(null)),
        login(&json!({"password": PASSWORD}), &json!(null)),
        login(&json!({"name": 5, "password": PASSWORD}), &json!(null)),
        login(&alice(), &json!(5)),
        login(&alice(), &json!({"project": {}})),
    ] {
        let answer = client.post(TOKENS, &bad).expect(400).json();
        assert_eq!(answer["error"]["code"], 400, "{bad}");
    }
    client.send("POST", TOKENS, Some(b"{")).expect(400);
    client.send("POST", TOKENS, Some(&vec![b' '; 1024 * 1024 + 1])).expect(413);
}

#[test]
fn a_token_ends_with_its_lifetime() {
    let server = Server::start_with(Setup::with_config("[identity]\ntoken_lifetime = \"1s\"\n"));
    let scope = json!({"project": {"id": "default"}});
    let answer = server.client().ask_for_token("admin", ADMIN_PASSWORD, &scope).expect(201);
    let expires_at = answer.json()["token"]["expires_at"].as_str().unwrap().to_owned();
    let expires_at = SystemTime::from(chrono::DateTime::parse_from_rfc3339(&expires_at).unwrap());
    let token = answer.header("X-Subject-Token");
    let admin = server.client().with("X-Auth-Token", token);
    until("the token expires", || {
        let begun = SystemTime::now();
        match admin.get("/v2/default/actions").status {
            200 => assert!(begun < expires_at, "good after its end"),
            401 => assert!(SystemTime::now() >= expires_at, "refused before its end"),
            other => panic!("{other}"),
        }
        begun >= expires_at
    });
    admin.with("X-Subject-Token", token).get(TOKENS).expect(401);
    server.client().ask_for_token("admin", ADMIN_PASSWORD, &scope).expect(201);
}

#[test]
fn tokens_survive_a_restart_and_a_crash() {
    let mut server = server();
    let token =
        server.client().log_in("alice", PASSWORD, "alpha").header("X-Auth-Token").to_owned();
    server.stop();
    server.start_again();
    assert!(is_good(&server.client().with("X-Auth-Token", &token)));
    let late = server.client().log_in("alice", PASSWORD, "alpha").header("X-Auth-Token").to_owned();
    server.kill();
    server.start_again();
    assert!(is_good(&server.client().with("X-Auth-Token", &token)));
    assert!(is_good(&server.client().with("X-Auth-Token", &late)));
}

#[test]
fn no_secret_is_in_the_store_or_the_log() {
    let setup =
        Setup { environment: vec![("ACTIOND_LOG".into(), "trace".into())], ..Setup::default() };
    let mut server = Server::start_with(setup);
    server.add_user("alice", PASSWORD, &["--project", "alpha:member"]);
    let alice = server.client().log_in("alice", PASSWORD, "alpha");
    let token = alice.header("X-Auth-Token").to_owned();
    alice.post("/v2/alpha/actions", &json!({"freezer_action": {"action": "backup"}})).expect(201);
    alice.with("X-Subject-Token", &token).get(TOKENS).expect(200);
    alice.get("/v2/beta/actions").expect(403);
    alice.with("X-Auth-Token", "another").get("/v2/alpha/actions").expect(401);
    server.client().admin().get("/v1/cluster/actions").expect(200);
    server.stop();

    let mut files = vec![];
    collect_files(server.folder(), &mut files);
    let store = server.dump();
    assert!(store.windows(5).any(|text| text == b"alice"), "the store is looked at");
    files.push(("the store".to_owned(), store));
    assert!(files.iter().any(|(name, text)| name.ends_with("log") && text.len() > 1000));
    for (name, bytes) in &files {
        for secret in [token.as_str(), PASSWORD, ADMIN_PASSWORD] {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {name}");
        }
    }
}

/// Every file of a folder, with its content.
fn collect_files(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_files(&path, files);
        } else if path.is_file() {
            files.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
}

#[test]
fn a_removed_user_and_a_changed_password_end_tokens() {
    let server = server();
    let old = server.client().log_in("alice", PASSWORD, "alpha");
    assert!(is_good(&old));
    let changed = server.run(&["user", "set-password", "alice", "--password-stdin"], "another one");
    assert!(changed.status.success());
    until("the token of the old password is refused", || !is_good(&old));
    server.client().ask_for_token("alice", PASSWORD, &json!(null)).expect(401);

    let new = server.client().log_in("alice", "another one", "alpha");
    assert!(is_good(&new));
    assert!(server.run(&["user", "remove", "alice"], "").status.success());
    until("the token of the removed user is refused", || !is_good(&new));
    server.add_user("alice", PASSWORD, &["--project", "alpha:member"]);
    assert!(!is_good(&old) && !is_good(&new), "a new user of the name does not revive them");
}

#[test]
fn forged_tokens_are_refused() {
    let server = server();
    let good = server.client().log_in("alice", PASSWORD, "alpha").header("X-Auth-Token").to_owned();
    let flipped = if good.ends_with('A') { "B" } else { "A" };
    for bad in [
        "",
        " ",
        "x",
        &good[1..],
        &good[..good.len() - 1],
        &format!("{good}A"),
        &format!("{}{flipped}", &good[..good.len() - 1]),
        &good.to_uppercase(),
        &good.to_lowercase(),
        &format!("Bearer {good}"),
        &format!("{good},{good}"),
        "null",
        "' OR 1=1 --",
        "é",
    ] {
        let answer = server.client().with("X-Auth-Token", bad).get("/v2/alpha/actions").expect(401);
        assert_eq!(answer.json()["error"]["code"], 401, "{bad}");
    }
    let client = server.client();
    client
        .with("X-Auth-Token", &good)
        .with("X-Auth-Token", &good)
        .get("/v2/alpha/actions")
        .expect(401);
    client
        .with("X-Auth-Token", &good)
        .with("X-Auth-Token", "x")
        .get("/v2/alpha/actions")
        .expect(401);
    client.with("Authorization", &format!("Bearer {good}")).get("/v2/alpha/actions").expect(401);
    client.basic("alice", PASSWORD).get("/v2/alpha/actions").expect(401);
    client.get(&format!("/v2/alpha/actions?token={good}")).expect(401);
    let member = client.with("X-Auth-Token", &good);
    member.with("X-Service-Token", "x").get("/v2/alpha/actions").expect(401);
    member.with("X-Service-Token", &good).get("/v2/alpha/actions").expect(200);
    assert!(is_good(&member));
}

#[test]
fn headers_that_the_middleware_would_set_mean_nothing() {
    let server = server();
    let forged = |client: &Client| {
        ["X-Roles", "X-Role", "X-Service-Roles"]
            .iter()
            .fold(client.clone(), |client, name| client.with(name, "admin"))
            .with("X-Identity-Status", "Confirmed")
            .with("X-Service-Identity-Status", "Confirmed")
            .with("X-Project-Id", "beta")
            .with("X-Tenant-Id", "beta")
            .with("X-User-Id", "root")
            .with("X-Is-Admin-Project", "True")
    };
    forged(&server.client()).get("/v2/beta/actions").expect(401);
    let alice = forged(&server.client().log_in("alice", PASSWORD, "alpha"));
    alice.get("/v2/beta/actions").expect(403);
    let id = alice
        .post("/v2/alpha/actions", &json!({"freezer_action": {"action": "info"}}))
        .expect(201)
        .json();
    let seen =
        alice.get(&format!("/v2/alpha/actions/{}", id["action_id"].as_str().unwrap())).json();
    assert_ne!(seen["user_id"], "root");
    assert_eq!(seen["project_id"], "alpha");
}

#[test]
fn a_token_without_a_project_opens_none() {
    let server = server();
    let client = server.client();
    for scope in [json!(null), json!("unscoped"), json!({"unscoped": {}})] {
        let answer = client.ask_for_token("alice", PASSWORD, &scope).expect(201);
        assert_eq!(answer.json()["token"].get("project"), None);
        let unscoped = client.with("X-Auth-Token", answer.header("X-Subject-Token"));
        unscoped.get("/v2/alpha/actions").expect(403);
        unscoped.get("/v2/").expect(200);
    }
    let no_scope =
        json!({"auth": {"identity": {"methods": ["password"], "password": {"user": alice()}}}});
    client.post(TOKENS, &no_scope).expect(201);
}

#[test]
fn what_a_token_is_worth_is_for_its_user_and_for_admins() {
    let server = server();
    server.add_user("eve", PASSWORD, &["--project", "alpha:member"]);
    let alice =
        server.client().log_in("alice", PASSWORD, "alpha").header("X-Auth-Token").to_owned();
    let about =
        |client: &Client, subject: &str| client.with("X-Subject-Token", subject).get(TOKENS);
    let eve = server.client().log_in("eve", PASSWORD, "alpha");
    about(&eve, &alice).expect(403);
    about(&eve, "nonsense").expect(403);
    eve.get(TOKENS).expect(400);
    about(&server.client(), &alice).expect(401);
    let admin = server.client().project_admin();
    assert_eq!(about(&admin, &alice).expect(200).json()["token"]["user"]["name"], "alice");
    about(&admin, "nonsense").expect(404);
}
