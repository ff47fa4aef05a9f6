//! A real Keystone says who is calling the project face.

mod callers;
mod credentials;
mod expiry;
mod login;
mod outage;
mod settings;
pub mod tls;

use serde_json::{Value, json};

use crate::harness::{Client, Keystone, KeystoneUser, Server};

/// A server that asks the Keystone which all tests share.
struct House {
    keystone: &'static Keystone,
    server: Server,
    /// A project of its own.
    alpha: String,
    /// Another.
    beta: String,
}

impl House {
    fn new() -> Self {
        Self::with("")
    }

    /// With more keys of `[identity.keystone]`.
    fn with(more: &str) -> Self {
        let keystone = Keystone::shared();
        let server = Server::start_with(keystone.setup(more));
        Self { keystone, server, alpha: keystone.project(), beta: keystone.project() }
    }

    /// The path of what there is in a project.
    fn actions(project: &str) -> String {
        format!("/v2/{project}/actions")
    }

    /// A new user with a role in alpha, and its token there.
    fn member(&self) -> (KeystoneUser, String) {
        let user = self.keystone.user_with("member", &self.alpha);
        let token = self.keystone.token(&user, &self.alpha);
        (user, token)
    }

    /// The server's client with a token.
    fn with_token(&self, token: &str) -> Client {
        self.server.client().with("X-Auth-Token", token)
    }

    /// What a list of alpha answers to a token.
    fn status(&self, token: &str) -> u16 {
        self.with_token(token).get(&Self::actions(&self.alpha)).status
    }
}

/// An action that may be created.
fn action() -> Value {
    json!({"freezer_action": {"action": "backup"}})
}
