//! Who takes part: the projects and users of the recordings, as local users of a server.

use serde_json::json;
use uuid::Uuid;

use super::names::Names;
use crate::harness::{Client, Server};

const PASSWORD: &str = "long enough";

/// Makes everybody, logs them in, and says what their names in the recordings stand for.
pub fn local(server: &Server) -> Names {
    let project = || Uuid::from_u128(rand::random()).simple().to_string();
    let (alpha, beta, admins, service) = (project(), project(), project(), project());
    let client = server.client();
    let mut cast = Cast { server, client, tokens: vec![], ids: vec![] };
    cast.enter("alice", &alpha, "member");
    cast.enter("bob", &beta, "member");
    cast.enter("rita", &alpha, "reader");
    cast.enter("admina", &admins, "admin");
    cast.enter("freezer", &service, "service");
    cast.enter("revoked", &alpha, "member");
    assert!(server.run(&["user", "remove", "revoked"], "").status.success());
    let unscoped = cast.client.ask_for_token("alice", PASSWORD, &json!("unscoped")).expect(201);
    cast.tokens.push(("unscoped".into(), unscoped.header("X-Subject-Token").into()));
    cast.tokens.push(("bad".into(), "nope".into()));

    // As long as it was, and no part of another id.
    let run = format!("r{}", &project()[..7]);
    let host = server.url().trim_start_matches("http://").to_owned();
    let places =
        [("alpha", alpha), ("beta", beta), ("admin", admins), ("run", run), ("host", host)];
    let places = places.map(|(name, value)| (format!("{{{name}}}"), value));
    let values = places.into_iter().chain(cast.ids).collect();
    Names::new(values, cast.tokens, server.url())
}

struct Cast<'a> {
    server: &'a Server,
    client: Client,
    tokens: Vec<(String, String)>,
    ids: Vec<(String, String)>,
}

impl Cast<'_> {
    /// Makes a user with a role in a project, and logs in.
    fn enter(&mut self, name: &str, project: &str, role: &str) {
        self.server.add_user(name, PASSWORD, &["--project", &format!("{project}:{role}")]);
        let scope = json!({"project": {"id": project}});
        let login = self.client.ask_for_token(name, PASSWORD, &scope).expect(201);
        let id = login.json()["token"]["user"]["id"].as_str().expect("an id").to_owned();
        // The server's own first user is called admin.
        let name = if name == "admina" { "admin" } else { name };
        self.tokens.push((name.to_owned(), login.header("X-Subject-Token").to_owned()));
        self.ids.push((format!("{{{name}_id}}"), id));
    }
}
