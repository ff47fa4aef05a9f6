//! Who takes part: the projects and users of the recordings.

use serde_json::{Value, json};
use uuid::Uuid;

use super::names::Names;
use crate::harness::{Client, KEYSTONE_PASSWORD, Keystone, Server};

const PASSWORD: &str = "long enough";

/// Everybody as local users of a server.
pub fn local(server: &Server) -> Names {
    let mut cast = Cast::new(server.client(), PASSWORD, [new_id(), new_id(), new_id(), new_id()]);
    // Its own first user is called admin.
    cast.enter(&mut |name, project, role| {
        let name = if name == "admin" { "another" } else { name };
        server.add_user(name, PASSWORD, &["--project", &format!("{project}:{role}")]);
        name.to_owned()
    });
    assert!(server.run(&["user", "remove", "revoked"], "").status.success());
    cast.names(server.url(), server.url())
}

/// Everybody as users of a Keystone, for a service at this address.
pub fn keystone(keystone: &Keystone, url: &str) -> Names {
    let projects = [(); 4].map(|()| keystone.project());
    let mut cast = Cast::new(keystone.client(), KEYSTONE_PASSWORD, projects);
    cast.enter(&mut |_, project, role| keystone.user_with(role, project).name);
    let revoked = cast.tokens.iter().find(|(name, _)| name == "revoked").expect("it has one");
    let admin = keystone.admin().with("X-Subject-Token", &revoked.1);
    admin.delete("/v3/auth/tokens").expect(204);
    cast.names(url, keystone.url())
}

struct Cast {
    /// Where tokens come from.
    client: Client,
    password: &'static str,
    /// alpha, beta, that of the admin, that of the service.
    projects: [String; 4],
    tokens: Vec<(String, String)>,
    ids: Vec<(String, String)>,
}

impl Cast {
    fn new(client: Client, password: &'static str, projects: [String; 4]) -> Self {
        Self { client, password, projects, tokens: vec![], ids: vec![] }
    }

    /// Has everybody made, who then log in. `make` takes a name, a project and a role there, and answers
    /// what the user is called in truth.
    fn enter(&mut self, make: &mut dyn FnMut(&str, &str, &str) -> String) {
        let [alpha, beta, admins, service] = self.projects.clone();
        for (name, project, role) in [
            ("alice", &alpha, "member"),
            ("bob", &beta, "member"),
            ("rita", &alpha, "reader"),
            ("admin", &admins, "admin"),
            ("freezer", &service, "service"),
            ("revoked", &alpha, "member"),
        ] {
            let called = make(name, project, role);
            self.log_in(name, &called, &json!({"project": {"id": project}}));
            if name == "alice" {
                self.log_in("unscoped", &called, &json!({"unscoped": {}}));
            }
        }
        self.tokens.push(("bad".into(), "nope".into()));
    }

    fn log_in(&mut self, name: &str, called: &str, scope: &Value) {
        let login = self.client.ask_for_token(called, self.password, scope).expect(201);
        self.tokens.push((name.to_owned(), login.header("X-Subject-Token").to_owned()));
        let id = login.json()["token"]["user"]["id"].as_str().expect("an id").to_owned();
        if name != "unscoped" {
            self.ids.push((format!("{{{name}_id}}"), id));
        }
    }

    fn names(self, url: &str, keystone: &str) -> Names {
        let [alpha, beta, admins, _] = self.projects;
        // As long as it was, and no part of another id.
        let run = format!("r{}", &new_id()[..7]);
        let host = url.trim_start_matches("http://").to_owned();
        let places =
            [("alpha", alpha), ("beta", beta), ("admin", admins), ("run", run), ("host", host)];
        let places = places.map(|(name, value)| (format!("{{{name}}}"), value));
        Names::new(places.into_iter().chain(self.ids).collect(), self.tokens, keystone)
    }
}

fn new_id() -> String {
    Uuid::from_u128(rand::random()).simple().to_string()
}
