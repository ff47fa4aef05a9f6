//! Who logs in, from the variables that OpenStack's clients read.

use std::path::PathBuf;

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::error::{Error, Result};

/// How to log in at Keystone, and where that is.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Keystone's address, without its version.
    pub(crate) auth_url: String,
    /// The authorities to trust, as PEM; without it, those of the system.
    pub(crate) cacert: Option<PathBuf>,
    login: Login,
    scope: Option<Value>,
}

#[derive(Clone, Debug)]
enum Login {
    Password { user: Value, password: SecretString },
    ApplicationCredential { named: Value, secret: SecretString },
    Token(SecretString),
}

impl Credentials {
    /// Reads `OS_AUTH_URL`, `OS_CACERT`, and what tells who logs in: `OS_USERNAME` or `OS_USER_ID` with
    /// `OS_PASSWORD`; `OS_APPLICATION_CREDENTIAL_ID`, or its name and a user, with
    /// `OS_APPLICATION_CREDENTIAL_SECRET`; or `OS_TOKEN`. `OS_PROJECT_ID`, `OS_PROJECT_NAME` or
    /// `OS_SYSTEM_SCOPE` tell for what; users and projects have the domain of `OS_USER_DOMAIN_*` and
    /// `OS_PROJECT_DOMAIN_*`. `variable` answers the value of one.
    ///
    /// # Errors
    /// [`Error::Credentials`] naming the variable that is missing.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let variables = Variables(&|name| variable(name).filter(|value| !value.is_empty()));
        let auth_url =
            variables.need("OS_AUTH_URL", "the address of Keystone").map_err(|error| {
                match variables.get("OS_CLOUD") {
                    Some(_) => missing(
                        "OS_AUTH_URL is not set, and OS_CLOUD is not read: set OS_AUTH_URL and \
                                    what belongs to it, as an openrc file does",
                    ),
                    None => error,
                }
            })?;
        let auth_url = auth_url.trim_end_matches('/');
        let auth_url = auth_url.strip_suffix("/v3").unwrap_or(auth_url).to_owned();
        let login = Login::read(&variables)?;
        let scope = match &login {
            // It knows its project.
            Login::ApplicationCredential { .. } => None,
            _ => Some(scope(&variables)?),
        };
        Ok(Self { auth_url, cacert: variables.get("OS_CACERT").map(Into::into), login, scope })
    }

    /// The request for a token. It holds the secret.
    pub(crate) fn request(&self) -> Value {
        let identity = match &self.login {
            Login::Password { user, password } => {
                let mut user = user.clone();
                user["password"] = password.expose_secret().into();
                json!({"methods": ["password"], "password": {"user": user}})
            }
            Login::ApplicationCredential { named, secret } => {
                let mut credential = named.clone();
                credential["secret"] = secret.expose_secret().into();
                let methods = ["application_credential"];
                json!({"methods": methods, "application_credential": credential})
            }
            Login::Token(token) => {
                json!({"methods": ["token"], "token": {"id": token.expose_secret()}})
            }
        };
        match &self.scope {
            Some(scope) => json!({"auth": {"identity": identity, "scope": scope}}),
            None => json!({"auth": {"identity": identity}}),
        }
    }
}

impl Login {
    fn read(variables: &Variables<'_>) -> Result<Self> {
        let secret_of = |name, what| variables.need(name, what).map(SecretString::from);
        let credential = "OS_APPLICATION_CREDENTIAL_SECRET";
        if let Some(id) = variables.get("OS_APPLICATION_CREDENTIAL_ID") {
            let secret = secret_of(credential, "the secret of the application credential")?;
            return Ok(Self::ApplicationCredential { named: json!({"id": id}), secret });
        }
        if let Some(name) = variables.get("OS_APPLICATION_CREDENTIAL_NAME") {
            let secret = secret_of(credential, "the secret of the application credential")?;
            let named = json!({"name": name, "user": user(variables)?});
            return Ok(Self::ApplicationCredential { named, secret });
        }
        let has_user = variables.get("OS_USERNAME").or(variables.get("OS_USER_ID")).is_some();
        match variables.get("OS_TOKEN") {
            Some(token) if !has_user => Ok(Self::Token(SecretString::from(token))),
            _ => {
                let user = user(variables)?;
                Ok(Self::Password {
                    user,
                    password: secret_of("OS_PASSWORD", "the user's password")?,
                })
            }
        }
    }
}

fn user(variables: &Variables<'_>) -> Result<Value> {
    if let Some(id) = variables.get("OS_USER_ID") {
        return Ok(json!({"id": id}));
    }
    let what = "the admin who may read all actions (or OS_USER_ID, OS_APPLICATION_CREDENTIAL_ID or \
                OS_TOKEN)";
    let name = variables.need("OS_USERNAME", what)?;
    Ok(json!({"name": name, "domain": variables.domain("OS_USER_DOMAIN")}))
}

fn scope(variables: &Variables<'_>) -> Result<Value> {
    if variables.get("OS_SYSTEM_SCOPE").is_some() {
        return Ok(json!({"system": {"all": true}}));
    }
    if let Some(id) = variables.get("OS_PROJECT_ID") {
        return Ok(json!({"project": {"id": id}}));
    }
    let what = "a project in which the user is an admin (or OS_PROJECT_ID or OS_SYSTEM_SCOPE)";
    let name = variables.need("OS_PROJECT_NAME", what)?;
    Ok(json!({"project": {"name": name, "domain": variables.domain("OS_PROJECT_DOMAIN")}}))
}

/// The environment; an empty variable is none.
struct Variables<'a>(&'a dyn Fn(&str) -> Option<String>);

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<String> {
        (self.0)(name)
    }

    fn need(&self, name: &str, what: &str) -> Result<String> {
        self.get(name).ok_or_else(|| missing(&format!("{name} is not set: {what}")))
    }

    /// A domain by id or name; the default one when neither is set.
    fn domain(&self, name: &str) -> Value {
        let by_default = || self.get("OS_DEFAULT_DOMAIN").unwrap_or_else(|| "default".to_owned());
        match (self.get(&format!("{name}_ID")), self.get(&format!("{name}_NAME"))) {
            (Some(id), _) => json!({"id": id}),
            (None, Some(name)) => json!({"name": name}),
            (None, None) => json!({"id": by_default()}),
        }
    }
}

fn missing(text: &str) -> Error {
    Error::Credentials(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(set: &[(&str, &str)]) -> Result<Credentials> {
        Credentials::read(|name| {
            let found = set.iter().find(|(other, _)| *other == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[track_caller]
    fn check(set: &[(&str, &str)], expected: Value) {
        let set = [&[("OS_AUTH_URL", "http://k:5000/v3/")], set].concat();
        let credentials = read(&set).unwrap();
        assert_eq!(credentials.auth_url, "http://k:5000");
        assert_eq!(credentials.request()["auth"], expected);
        assert!(!format!("{credentials:?}").contains("s3cret"));
    }

    const ADMIN: [(&str, &str); 2] = [("OS_USERNAME", "admin"), ("OS_PASSWORD", "s3cret")];

    #[test]
    fn reads_what_an_openrc_file_sets() {
        let identity = |domain: Value| {
            let user = json!({"name": "admin", "domain": domain, "password": "s3cret"});
            json!({"methods": ["password"], "password": {"user": user}})
        };
        let domains = [("OS_USER_DOMAIN_NAME", "Users"), ("OS_PROJECT_DOMAIN_ID", "projects")];
        check(
            &[&ADMIN[..], &domains, &[("OS_PROJECT_NAME", "ops")]].concat(),
            json!({"identity": identity(json!({"name": "Users"})),
                   "scope": {"project": {"name": "ops", "domain": {"id": "projects"}}}}),
        );
        let plain = identity(json!({"id": "default"}));
        check(
            &[&ADMIN[..], &[("OS_PROJECT_ID", "p"), ("OS_PROJECT_NAME", "")]].concat(),
            json!({"identity": plain, "scope": {"project": {"id": "p"}}}),
        );
        check(
            &[&ADMIN[..], &[("OS_SYSTEM_SCOPE", "all")]].concat(),
            json!({"identity": plain, "scope": {"system": {"all": true}}}),
        );
    }

    #[test]
    fn reads_application_credentials_and_tokens() {
        let secret = ("OS_APPLICATION_CREDENTIAL_SECRET", "s3cret");
        let credential = |named: Value| json!({"identity": {"methods": ["application_credential"], "application_credential": named}});
        check(
            &[("OS_APPLICATION_CREDENTIAL_ID", "c"), secret],
            credential(json!({"id": "c", "secret": "s3cret"})),
        );
        check(
            &[("OS_APPLICATION_CREDENTIAL_NAME", "c"), ("OS_USER_ID", "u"), secret],
            credential(json!({"name": "c", "user": {"id": "u"}, "secret": "s3cret"})),
        );
        check(
            &[("OS_TOKEN", "s3cret"), ("OS_PROJECT_ID", "p")],
            json!({"identity": {"methods": ["token"], "token": {"id": "s3cret"}},
                   "scope": {"project": {"id": "p"}}}),
        );
    }

    #[test]
    fn says_which_variable_is_missing() {
        let refused = |set: &[(&str, &str)], name: &str| {
            let error = read(set).unwrap_err().to_string();
            assert!(error.starts_with(name), "{error}");
        };
        let url = ("OS_AUTH_URL", "http://k");
        refused(&[], "OS_AUTH_URL is not set: ");
        refused(&[("OS_CLOUD", "mine")], "OS_AUTH_URL is not set, and OS_CLOUD is not read");
        refused(&[url], "OS_USERNAME");
        refused(&[url, ADMIN[0]], "OS_PASSWORD");
        refused(&[url, ADMIN[0], ("OS_TOKEN", "t")], "OS_PASSWORD");
        refused(&[url, ADMIN[0], ADMIN[1]], "OS_PROJECT_NAME");
        refused(&[url, ("OS_APPLICATION_CREDENTIAL_ID", "c")], "OS_APPLICATION_CREDENTIAL_SECRET");
    }
}
