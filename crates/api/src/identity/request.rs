//! What a client sends to get a token.

use actiond_core::identity::{DOMAIN, TokenRequest, UserRef};
use actiond_core::project::ProjectId;
use actiond_core::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

/// The body of `POST /v3/auth/tokens`.
#[derive(Deserialize)]
pub(super) struct Login {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    identity: Identity,
    /// An object that names what the token is for; also the word `unscoped`.
    #[serde(default)]
    scope: Value,
}

#[derive(Deserialize)]
struct Identity {
    methods: Vec<String>,
    password: Option<Password>,
}

#[derive(Deserialize)]
struct Password {
    user: User,
}

#[derive(Deserialize)]
struct User {
    id: Option<String>,
    name: Option<String>,
    password: String,
    domain: Option<Domain>,
}

#[derive(Deserialize)]
struct Project {
    id: Option<String>,
    name: Option<String>,
    domain: Option<Domain>,
}

#[derive(Deserialize)]
struct Domain {
    id: Option<String>,
    name: Option<String>,
}

impl Login {
    /// Reads the body.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is of another form.
    pub(super) fn read(body: Value) -> Result<Self> {
        // What serde says repeats what was sent, and that may be a password.
        serde_json::from_value(body).map_err(|_| {
            let wanted = "must be {\"auth\":{\"identity\":{\"methods\":[\"password\"],\
                          \"password\":{\"user\":{…}}},\"scope\":{…}}}";
            Error::invalid("body", wanted)
        })
    }

    /// The request in the words of the domain.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for any other method, scope or domain than there is;
    /// [`Error::Invalid`] when a name is missing.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let identity = self.auth.identity;
        if identity.methods != ["password"] {
            return Err(Error::Unauthenticated);
        }
        let Some(Password { user }) = identity.password else {
            return Err(Error::invalid("auth.identity.password", "is missing"));
        };
        require_default(user.domain.as_ref())?;
        let named = match (user.id, user.name) {
            (Some(id), _) => UserRef::Id(id),
            (None, Some(name)) => UserRef::Name(name),
            (None, None) => {
                return Err(Error::invalid(
                    "auth.identity.password.user",
                    "needs an id, or a name and a domain",
                ));
            }
        };
        Ok(TokenRequest { user: named, password: user.password, project: scope(self.auth.scope)? })
    }
}

/// The project that the token is to open, if any.
fn scope(scope: Value) -> Result<Option<ProjectId>> {
    let mut scope = match scope {
        Value::Null => return Ok(None),
        Value::String(word) if word == "unscoped" => return Ok(None),
        Value::Object(scope) => scope,
        _ => return Err(Error::invalid("auth.scope", "must be an object")),
    };
    if scope.contains_key("unscoped") {
        return Ok(None);
    }
    // There are no domains, systems or trusts to get a token for.
    let project = scope.remove("project").ok_or(Error::Unauthenticated)?;
    let project: Project = serde_json::from_value(project).map_err(|_| {
        Error::invalid("auth.scope.project", "must be an object with an id, or a name and a domain")
    })?;
    require_default(project.domain.as_ref())?;
    match project.id.or(project.name) {
        Some(id) => Ok(Some(ProjectId::new(id))),
        None => Err(Error::invalid("auth.scope.project", "needs an id, or a name and a domain")),
    }
}

/// Whoever names a domain must name the one that there is. Names of domains ignore case.
fn require_default(domain: Option<&Domain>) -> Result<()> {
    let Some(Domain { id, name }) = domain else { return Ok(()) };
    let id_fits = id.as_ref().is_none_or(|id| id == DOMAIN.0);
    let name_fits = name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(DOMAIN.1));
    if id_fits && name_fits { Ok(()) } else { Err(Error::Unauthenticated) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(user: Value, scope: Value) -> Result<TokenRequest> {
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        Login::read(json!({"auth": {"identity": identity, "scope": scope}}))?.into_request()
    }

    fn alice() -> Value {
        json!({"name": "alice", "password": "p", "domain": {"name": "default"}})
    }

    #[test]
    fn a_user_is_named_by_id_or_name() {
        let by_id = read(json!({"id": "a1", "password": "p"}), Value::Null).unwrap();
        assert_eq!(by_id.user, UserRef::Id("a1".into()));
        let by_name = read(alice(), Value::Null).unwrap();
        assert_eq!(by_name.user, UserRef::Name("alice".into()));
        assert!(matches!(read(json!({"password": "p"}), Value::Null), Err(Error::Invalid { .. })));
        assert!(matches!(read(json!({"name": "a"}), Value::Null), Err(Error::Invalid { .. })));
    }

    #[test]
    fn the_scope_is_a_project_or_nothing() {
        let project = |scope: Value| read(alice(), scope).map(|request| request.project);
        let alpha = Some(ProjectId::new("alpha"));
        assert_eq!(project(json!({"project": {"id": "alpha"}})).unwrap(), alpha);
        let named = json!({"project": {"name": "alpha", "domain": {"id": "default"}}});
        assert_eq!(project(named).unwrap(), alpha);
        for none in [json!(null), json!("unscoped"), json!({"unscoped": {}})] {
            assert_eq!(project(none).unwrap(), None);
        }
        for other in [json!({"domain": {"id": "default"}}), json!({"system": {"all": true}})] {
            assert!(matches!(project(other), Err(Error::Unauthenticated)));
        }
        for bad in [json!(5), json!("x"), json!({"project": {}}), json!({"project": 5})] {
            assert!(matches!(project(bad), Err(Error::Invalid { .. })));
        }
    }

    #[test]
    fn other_domains_and_methods_are_unknown() {
        let elsewhere = json!({"name": "alice", "password": "p", "domain": {"id": "other"}});
        assert!(matches!(read(elsewhere, Value::Null), Err(Error::Unauthenticated)));
        let scope = json!({"project": {"name": "alpha", "domain": {"name": "other"}}});
        assert!(matches!(read(alice(), scope), Err(Error::Unauthenticated)));
        let token = json!({"auth": {"identity": {"methods": ["token"], "token": {"id": "t"}}}});
        let read = Login::read(token).unwrap().into_request();
        assert!(matches!(read, Err(Error::Unauthenticated)));
    }
}
