//! Users, tokens and locks of the cluster face, over TLS.

mod keys;
mod lockout;
mod manage;
mod several;
mod tokens;

use serde_json::{Value, json};

use crate::harness::{Answer, Client, Server, Setup};
use crate::tls::Pair;

const PASSWORD: &str = "long enough";

/// A server with TLS, and whom its clients trust.
struct House {
    pair: Pair,
    server: Server,
}

impl House {
    fn new() -> Self {
        Self::with("")
    }

    /// With more settings.
    fn with(more: &str) -> Self {
        let pair = Pair::make();
        let config = format!("[server.tls]\n{}\n{more}", pair.names());
        let trace = ("ACTIOND_LOG".to_owned(), "trace".to_owned());
        let setup = Setup { config: Some(config), environment: vec![trace] };
        Self { server: Server::start_with(setup), pair }
    }

    fn client(&self) -> Client {
        self.pair.client(self.server.url())
    }

    fn admin(&self) -> Client {
        self.client().admin()
    }

    /// What a token says that is given for a name and a password.
    fn authorize(&self, name: &str, password: &str) -> Answer {
        let body = json!({"username": name, "password": password});
        self.client().post("/v1/users/authorize", &body)
    }

    /// A client with a token.
    fn bearing(&self, token: &str) -> Client {
        self.client().with("Authorization", &format!("JWT {token}"))
    }

    /// Makes a user who may do this.
    fn add(&self, name: &str, role: &str) -> Value {
        let user = json!({"name": name, "password": PASSWORD, "role": role,
            "email": format!("{name}@a.example")});
        self.admin().post("/v1/users", &user).expect(200).json()
    }

    /// Runs `actiond` beside the server.
    fn run(&self, arguments: &[&str]) -> String {
        let output = self.server.run(arguments, "");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The token of an answer.
fn token(answer: Answer) -> String {
    let answer = answer.expect(200).json();
    assert_eq!(answer["access_token"], answer["jwt"]);
    answer["jwt"].as_str().unwrap().to_owned()
}

/// Whether a client is let in.
#[track_caller]
fn is_in(client: &Client) -> bool {
    match client.get("/v1/cluster/actions").status {
        200 => true,
        401 => false,
        status => panic!("{status}"),
    }
}
