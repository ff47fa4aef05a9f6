//! How the service itself logs in: the request, and where it goes.

use anyhow::Context;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::settings::{Domain, KeystoneLogin, KeystoneProject};

/// Version 3 of Keystone, by its address with or without the version.
pub(super) fn v3(url: &str) -> String {
    let url = url.trim_end_matches('/');
    let root = url.strip_suffix("/v3").unwrap_or(url);
    format!("{root}/v3")
}

/// The request for a token. It holds the secret.
pub(super) fn request(login: &KeystoneLogin) -> anyhow::Result<Value> {
    let auth = match login {
        KeystoneLogin::Password { username, user_domain, password, project } => {
            let password = password.read().context("the password cannot be read")?;
            let user = json!({
                "name": username,
                "domain": domain(user_domain),
                "password": password.expose_secret(),
            });
            let project = match project {
                KeystoneProject::Id(id) => json!({"id": id}),
                KeystoneProject::Name(name, of) => json!({"name": name, "domain": domain(of)}),
            };
            let identity = json!({"methods": ["password"], "password": {"user": user}});
            json!({"identity": identity, "scope": {"project": project}})
        }
        KeystoneLogin::ApplicationCredential { id, secret } => {
            let secret = secret.read().context("the secret cannot be read")?;
            let credential = json!({"id": id, "secret": secret.expose_secret()});
            let methods = ["application_credential"];
            json!({"identity": {"methods": methods, "application_credential": credential}})
        }
    };
    Ok(json!({"auth": auth}))
}

fn domain(domain: &Domain) -> Value {
    match domain {
        Domain::Id(id) => json!({"id": id}),
        Domain::Name(name) => json!({"name": name}),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_name_the_version() {
        for (url, expected) in [
            ("http://k:5000", "http://k:5000/v3"),
            ("http://k:5000/", "http://k:5000/v3"),
            ("http://k:5000/v3", "http://k:5000/v3"),
            ("http://k:5000/v3/", "http://k:5000/v3"),
            ("https://k/identity", "https://k/identity/v3"),
            ("https://k/identity/v3/", "https://k/identity/v3"),
        ] {
            assert_eq!(v3(url), expected);
        }
    }
}
