//! The embedded identity answers as a real Keystone does: the same requests are sent to both.

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Keystone, Server};

const TOKENS: &str = "/v3/auth/tokens";
/// What users of the real one have.
const PASSWORD: &str = "secret";
/// What the embedded one takes for a password.
const LOCAL_PASSWORD: &str = "secret!!";

/// One of the two, with alice, who is a member of a project, and another project without her.
struct Identity {
    client: Client,
    user: String,
    user_id: String,
    password: &'static str,
    project: String,
    project_name: String,
    other: String,
    admin: String,
}

impl Identity {
    fn real() -> Self {
        let keystone = Keystone::shared();
        let (project, other) = (keystone.project(), keystone.project());
        let user = keystone.user_with("member", &project);
        let found = keystone.admin().get(&format!("/v3/projects/{project}")).expect(200).json();
        Self {
            client: keystone.client(),
            user: user.name,
            user_id: user.id,
            password: PASSWORD,
            project,
            project_name: found["project"]["name"].as_str().unwrap().to_owned(),
            other,
            admin: keystone.admin().header("X-Auth-Token").to_owned(),
        }
    }

    fn embedded(server: &Server) -> Self {
        for arguments in [&["name-project", "0alpha", "alpha"], &["name-project", "0beta", "beta"]]
        {
            assert!(server.run(&[&["user"], &arguments[..]].concat(), "").status.success());
        }
        server.add_user("alice", LOCAL_PASSWORD, &["--project", "alpha:member"]);
        let client = server.client();
        let token = client.ask_for_token("alice", LOCAL_PASSWORD, &json!(null)).expect(201).json();
        Self {
            user: "alice".to_owned(),
            user_id: token["token"]["user"]["id"].as_str().unwrap().to_owned(),
            password: LOCAL_PASSWORD,
            project: "0alpha".to_owned(),
            project_name: "alpha".to_owned(),
            other: "0beta".to_owned(),
            admin: client.project_admin().header("X-Auth-Token").to_owned(),
            client,
        }
    }

    /// A text with the names of this one in it.
    fn fill(&self, text: &str) -> String {
        [
            ("{user}", &*self.user),
            ("{user_id}", &self.user_id),
            ("{password}", self.password),
            ("{project}", &self.project),
            ("{name}", &self.project_name),
            ("{other}", &self.other),
        ]
        .iter()
        .fold(text.to_owned(), |text, (place, value)| text.replace(place, value))
    }

    fn log_in(&self, auth: &str) -> Answer {
        self.client.send("POST", TOKENS, Some(self.fill(auth).as_bytes()))
    }

    /// A token of alice's, for its project or for none.
    fn token(&self, scope: &str) -> String {
        self.log_in(&by_password(ALICE, scope)).expect(201).header("X-Subject-Token").to_owned()
    }
}

/// Both of them.
fn both(server: &Server) -> [Identity; 2] {
    [Identity::real(), Identity::embedded(server)]
}

const ALICE: &str = r#"{"name": "{user}", "domain": {"id": "default"}, "password": "{password}"}"#;

fn by_password(user: &str, scope: &str) -> String {
    let identity = format!(r#"{{"methods": ["password"], "password": {{"user": {user}}}}}"#);
    format!(r#"{{"auth": {{"identity": {identity}, "scope": {scope}}}}}"#)
}

fn by_token(token: &str, scope: &str) -> String {
    let identity = format!(r#"{{"methods": ["token"], "token": {{"id": "{token}"}}}}"#);
    format!(r#"{{"auth": {{"identity": {identity}, "scope": {scope}}}}}"#)
}

/// The names of what there is in a value, at any depth; lists count by their first item.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), shape(value))).collect(),
        Value::Array(list) => list.first().map_or(json!([]), |item| json!([shape(item)])),
        Value::Null => json!(null),
        _ => json!("…"),
    }
}

/// Fails when two refusals differ in what clients look at. Keystone's words for what is malformed are
/// those of its schemas.
#[track_caller]
fn refusals_are_alike(real: &Answer, embedded: &Answer, case: &str) {
    let facts = |answer: &Answer| {
        let error = &answer.json()["error"];
        let words = if answer.status == 400 { json!(null) } else { error["message"].clone() };
        (answer.status, error["code"].clone(), error["title"].clone(), words)
    };
    assert_eq!(facts(embedded), facts(real), "{case}");
    let challenge =
        |answer: &Answer| answer.header("WWW-Authenticate").split('=').next().map(str::to_owned);
    assert_eq!(challenge(embedded), challenge(real), "{case}");
}

#[test]
fn logins_that_are_refused() {
    let server = Server::start();
    let [real, embedded] = both(&server);
    let user = |user: &str| by_password(user, "null").replace(r#", "scope": null"#, "");
    let scope = |scope: &str| by_password(ALICE, scope);
    let default = r#""domain": {"id": "default"}"#;
    for body in [
        user(&ALICE.replace("{password}", "wrong")),
        user(&ALICE.replace("{user}", "nobody")),
        user(&ALICE.replace("\"default\"", "\"nowhere\"")),
        user(r#"{"id": "nobody", "password": "{password}"}"#),
        user(r#"{"name": "{user}", "password": "{password}"}"#),
        user(r#"{"password": "{password}"}"#),
        user(&format!(r#"{{"name": 5, "password": "{{password}}", {default}}}"#)),
        scope(r#"{"project": {"id": "{other}"}}"#),
        scope(r#"{"project": {"id": "nowhere"}}"#),
        scope(&format!(r#"{{"project": {{"name": "nowhere", {default}}}}}"#)),
        scope(r#"{"project": {"name": "{name}", "domain": {"id": "nowhere"}}}"#),
        scope(r#"{"project": {"name": "{name}"}}"#),
        scope(r#"{"project": {}}"#),
        scope(r#"{"project": 5}"#),
        scope(r#"{"domain": {"id": "default"}}"#),
        scope(r#"{"system": {"all": true}}"#),
        scope(r#"{"OS-TRUST:trust": {"id": "nothing"}}"#),
        r#"{"auth": {"identity": {"methods": ["token"]}}}"#.to_owned(),
        r#"{"auth": {"identity": {"methods": ["password"]}}}"#.to_owned(),
        r#"{"auth": {"identity": {"methods": ["password"], "password": {}}}}"#.to_owned(),
        r#"{"auth": {"identity": {"methods": "password"}}}"#.to_owned(),
        r#"{"auth": {"identity": {}}}"#.to_owned(),
        r#"{"auth": {}}"#.to_owned(),
        r#"{"auth": 5}"#.to_owned(),
    ] {
        refusals_are_alike(&real.log_in(&body), &embedded.log_in(&body), &body);
    }
}

#[test]
fn tokens_that_are_given_out() {
    let server = Server::start();
    let [real, embedded] = both(&server);
    for scope in [
        r#"{"project": {"id": "{project}"}}"#,
        r#"{"project": {"name": "{name}", "domain": {"id": "default"}}}"#,
        r#"{"project": {"name": "{name}", "domain": {"name": "Default"}}}"#,
        "\"unscoped\"",
        r#"{"unscoped": {}}"#,
    ] {
        let tokens = [&real, &embedded].map(|identity| {
            let answer = identity.log_in(&by_password(ALICE, scope)).expect(201);
            let mut token = answer.json()["token"].clone();
            for project in token.get("project").iter() {
                assert_eq!(project["id"], identity.project, "{scope}");
                assert_eq!(project["name"], identity.project_name, "{scope}");
                assert!(
                    token["roles"].as_array().unwrap().iter().any(|role| role["name"] == "member")
                );
            }
            // What this catalog holds is this cloud's business.
            token.as_object_mut().unwrap().remove("catalog");
            shape(&token)
        });
        // Keystone says as what kind of project it is scoped only when it is.
        assert_eq!(tokens[1], tokens[0], "{scope}");
    }
}

#[test]
fn tokens_that_are_got_for_others() {
    let server = Server::start();
    for identity in both(&server) {
        let project = identity.fill(r#"{"project": {"id": "{project}"}}"#);
        let unscoped = identity.token("\"unscoped\"");
        let first = identity.log_in(&by_token(&unscoped, &project)).expect(201);
        let token = &first.json()["token"];
        let mut methods: Vec<_> =
            token["methods"].as_array().unwrap().iter().map(|m| m.as_str().unwrap()).collect();
        methods.sort_unstable();
        assert_eq!(methods, ["password", "token"]);
        assert_eq!(token["audit_ids"].as_array().unwrap().len(), 2);
        let about = |asking: &str, subject: &str| {
            identity.client.with("X-Auth-Token", asking).with("X-Subject-Token", subject)
        };
        let parent = about(&unscoped, &unscoped).get(TOKENS).expect(200).json();
        assert_eq!(token["audit_ids"][1], parent["token"]["audit_ids"][0]);
        assert_eq!(token["expires_at"], parent["token"]["expires_at"], "it lives no longer");
        let again =
            identity.log_in(&by_token(first.header("X-Subject-Token"), &project)).expect(201);
        let elsewhere = identity.fill(r#"{"project": {"id": "{other}"}}"#);
        identity.log_in(&by_token("nonsense", &project)).expect(404);
        identity.log_in(&by_token(&unscoped, &elsewhere)).expect(401);
        // The end of the first is the end of all.
        about(&identity.admin, &unscoped).delete(TOKENS).expect(204);
        for ended in [&unscoped, first.header("X-Subject-Token"), again.header("X-Subject-Token")] {
            about(&identity.admin, ended).get(TOKENS).expect(404);
            let refused = identity.log_in(&by_token(ended, &project)).expect(404).json();
            assert_eq!(refused["error"]["message"], "Failed to validate token");
        }
    }
}

#[test]
fn questions_about_tokens_and_who_and_what_there_is() {
    let server = Server::start();
    let [real, embedded] = both(&server);
    let ask = |identity: &Identity, asking: &str, method: &str, path: &str, subject: &str| {
        let own = identity.token(r#"{"project": {"id": "{project}"}}"#);
        let token = |who: &str| match who {
            "alice" => own.clone(),
            "admin" => identity.admin.clone(),
            other => other.to_owned(),
        };
        let mut client = identity.client.clone();
        for (name, who) in [("X-Auth-Token", asking), ("X-Subject-Token", subject)] {
            if !who.is_empty() {
                client = client.with(name, &token(who));
            }
        }
        client.send(method, &identity.fill(path), None)
    };
    for (asking, method, path, subject) in [
        ("", "GET", TOKENS, "alice"),
        ("nonsense", "GET", TOKENS, "alice"),
        ("alice", "GET", TOKENS, "admin"),
        ("alice", "HEAD", TOKENS, "alice"),
        ("alice", "DELETE", TOKENS, "admin"),
        ("", "DELETE", TOKENS, "alice"),
        ("", "GET", "/v3/auth/projects", ""),
        ("alice", "GET", "/v3/users", ""),
        ("alice", "GET", "/v3/projects", ""),
        ("alice", "GET", "/v3/projects/{other}", ""),
        ("alice", "GET", "/v3/domains", ""),
        ("admin", "GET", "/v3/users/nobody", ""),
        ("admin", "GET", "/v3/projects/nothing", ""),
        ("admin", "GET", "/v3/domains/nothing", ""),
    ] {
        let answers =
            [&real, &embedded].map(|identity| ask(identity, asking, method, path, subject));
        let case = format!("{method} {path} by {asking:?} about {subject:?}");
        refusals_are_alike(&answers[0], &answers[1], &case);
    }
    for (asking, path, key) in [
        ("alice", "/v3/auth/projects", "projects"),
        ("alice", "/v3/users/{user_id}", "user"),
        ("alice", "/v3/users/{user_id}/projects", "projects"),
        ("alice", "/v3/projects/{project}", "project"),
        ("alice", "/v3/auth/catalog", "catalog"),
        ("alice", "/v3/auth/system", "system"),
        ("admin", "/v3/projects?name={name}", "projects"),
        ("admin", "/v3/users?name={user}", "users"),
        ("admin", "/v3/domains/default", "domain"),
        ("admin", "/v3/domains?name=Default", "domains"),
    ] {
        let [real, embedded] = [&real, &embedded].map(|identity| {
            let answer = ask(identity, asking, "GET", path, "").expect(200).json();
            let list = answer[key].as_array();
            let item = list.map_or(Some(&answer[key]), |list| list.first());
            let item = item.and_then(Value::as_object);
            item.map(|item| item.keys().cloned().collect::<Vec<_>>())
        });
        assert!(
            embedded.is_some() || real.is_none(),
            "{path}: there is nothing, unlike at Keystone"
        );
        // Keystone may say more of a thing than there is to say of it here.
        for key in embedded.unwrap_or_default() {
            let known = real.as_ref().is_some_and(|real| real.contains(&key));
            assert!(known || real.is_none(), "{path}: {key}");
        }
    }
}

#[test]
fn the_version_is_found_from_the_root_as_from_v3() {
    let server = Server::start();
    for identity in both(&server) {
        let root = identity.client.get("/").expect(300).json();
        let versions = root["versions"].get("values").unwrap_or(&root["versions"]).clone();
        let found = versions.as_array().unwrap().iter().find(|v| v["id"] == "v3.14").cloned();
        assert_eq!(Some(&identity.client.get("/v3").expect(200).json()["version"]), found.as_ref());
        let version = found.unwrap();
        assert_eq!(version["status"], "stable");
        assert_eq!(version["links"][0]["rel"], "self");
        assert!(version["links"][0]["href"].as_str().unwrap().ends_with("/v3/"));
    }
}
