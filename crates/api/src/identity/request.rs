//! What a client sends to get a token.

use actiond_core::identity::{DOMAIN, ProjectRef, Proof, TokenRequest, UserRef};
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
    token: Option<Token>,
}

#[derive(Deserialize)]
struct Password {
    user: User,
}

#[derive(Deserialize)]
struct Token {
    id: String,
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
                          \"password\":{\"user\":{…}}},\"scope\":{…}}}, or the same with \"token\" \
                          and its \"id\"";
            Error::invalid("body", wanted)
        })
    }

    /// The request in the words of the domain.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] for any other method, scope or domain than there is;
    /// [`Error::Invalid`] when something is missing.
    pub(super) fn into_request(self) -> Result<TokenRequest> {
        let Auth { identity, scope } = self.auth;
        let methods: Vec<_> = identity.methods.iter().map(String::as_str).collect();
        let proof = match (&*methods, identity.password, identity.token) {
            (["password"], Some(password), _) => by_password(password.user)?,
            (["token"], _, Some(token)) => Proof::Token(token.id),
            ([method @ ("password" | "token")], ..) => {
                let field = format!("auth.identity.{method}");
                return Err(Error::invalid(field, "is missing, which the method needs"));
            }
            _ => return Err(Error::Unauthenticated),
        };
        Ok(TokenRequest { proof, project: project(scope)? })
    }
}

fn by_password(user: User) -> Result<Proof> {
    let domain = user.domain;
    let named = match (user.id, user.name) {
        (Some(id), _) => UserRef::Id(id),
        (None, Some(name)) => UserRef::Name(name),
        (None, None) => return Err(nameless("auth.identity.password.user")),
    };
    require_default(domain, matches!(named, UserRef::Name(_)), "auth.identity.password.user")?;
    Ok(Proof::Password { user: named, password: user.password })
}

/// The project that the token is to open, if any.
fn project(scope: Value) -> Result<Option<ProjectRef>> {
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
    let named = match (project.id, project.name) {
        (Some(id), _) => ProjectRef::Id(ProjectId::new(id)),
        (None, Some(name)) => ProjectRef::Name(name),
        (None, None) => return Err(nameless("auth.scope.project")),
    };
    require_default(project.domain, matches!(named, ProjectRef::Name(_)), "auth.scope.project")?;
    Ok(Some(named))
}

/// Who names something by its name must name the domain that there is. Names of domains ignore case.
fn require_default(domain: Option<Domain>, is_needed: bool, field: &str) -> Result<()> {
    let Some(Domain { id, name }) = domain else {
        return if is_needed { Err(nameless(field)) } else { Ok(()) };
    };
    let id_fits = id.as_ref().is_none_or(|id| id == DOMAIN.0);
    let name_fits = name.as_ref().is_none_or(|name| name.eq_ignore_ascii_case(DOMAIN.1));
    if id_fits && name_fits { Ok(()) } else { Err(Error::Unauthenticated) }
}

fn nameless(field: &str) -> Error {
    Error::invalid(field, "needs an id, or a name and a domain")
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
        let named = |user: Value| match read(user, Value::Null).unwrap().proof {
            Proof::Password { user, .. } => user,
            Proof::Token(_) => panic!("a password was given"),
        };
        assert_eq!(named(json!({"id": "a1", "password": "p"})), UserRef::Id("a1".into()));
        assert_eq!(named(alice()), UserRef::Name("alice".into()));
        assert!(matches!(read(json!({"password": "p"}), Value::Null), Err(Error::Invalid { .. })));
        assert!(matches!(read(json!({"name": "a"}), Value::Null), Err(Error::Invalid { .. })));
    }

    #[test]
    fn the_scope_is_a_project_or_nothing() {
        let project = |scope: Value| read(alice(), scope).map(|request| request.project);
        let by_id = Some(ProjectRef::Id(ProjectId::new("alpha")));
        assert_eq!(project(json!({"project": {"id": "alpha"}})).unwrap(), by_id);
        let named = json!({"project": {"name": "alpha", "domain": {"id": "default"}}});
        assert_eq!(project(named).unwrap(), Some(ProjectRef::Name("alpha".into())));
        for none in [json!(null), json!("unscoped"), json!({"unscoped": {}})] {
            assert_eq!(project(none).unwrap(), None);
        }
        for other in [json!({"domain": {"id": "default"}}), json!({"system": {"all": true}})] {
            assert!(matches!(project(other), Err(Error::Unauthenticated)));
        }
        let nowhere = json!({"project": {"name": "alpha"}});
        for bad in [json!(5), json!("x"), json!({"project": {}}), json!({"project": 5}), nowhere] {
            assert!(matches!(project(bad), Err(Error::Invalid { .. })));
        }
    }

    #[test]
    fn other_domains_and_methods_are_unknown() {
        let elsewhere = json!({"name": "alice", "password": "p", "domain": {"id": "other"}});
        assert!(matches!(read(elsewhere, Value::Null), Err(Error::Unauthenticated)));
        let scope = json!({"project": {"name": "alpha", "domain": {"name": "other"}}});
        assert!(matches!(read(alice(), scope), Err(Error::Unauthenticated)));
        for methods in [json!([]), json!(["totp"]), json!(["password", "token"])] {
            let identity = json!({"methods": methods, "token": {"id": "t"}});
            let read = Login::read(json!({"auth": {"identity": identity}})).unwrap().into_request();
            assert!(matches!(read, Err(Error::Unauthenticated)));
        }
    }

    #[test]
    fn another_token_is_a_proof_too() {
        let read = |identity: Value| {
            Login::read(json!({"auth": {"identity": identity}})).unwrap().into_request()
        };
        let request = read(json!({"methods": ["token"], "token": {"id": "t"}})).unwrap();
        assert!(matches!(request.proof, Proof::Token(token) if token == "t"));
        assert!(matches!(read(json!({"methods": ["token"]})), Err(Error::Invalid { .. })));
    }
}
