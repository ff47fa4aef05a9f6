//! What Keystone says of a token.

use std::sync::Arc;

use actiond_core::Timestamp;
use actiond_core::access::{Caller, Scope, ScopeTarget};
use actiond_core::project::ProjectId;
use anyhow::Context;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::access_rule::AccessRule;
use super::settings::Interface;

/// A token that Keystone knows.
#[derive(Debug)]
pub(super) struct Known {
    /// Whom it stands for.
    pub(super) caller: Arc<Caller>,
    /// From when on it is worth nothing.
    pub(super) expires_at: Timestamp,
    /// The only requests that it is good for, if it is limited.
    access_rules: Option<Vec<AccessRule>>,
}

impl Known {
    /// Whether the token is good for a request to this type of service.
    pub(super) fn is_for(&self, service: &str, method: &str, path: &str) -> bool {
        let rules = self.access_rules.as_ref();
        rules.is_none_or(|rules| rules.iter().any(|rule| rule.allows(service, method, path)))
    }
}

/// The body that comes with a token.
#[derive(Deserialize)]
pub(super) struct Envelope {
    token: Body,
}

#[derive(Deserialize)]
struct Body {
    user: User,
    expires_at: String,
    issued_at: Option<String>,
    #[serde(default)]
    roles: Vec<Role>,
    project: Option<Project>,
    domain: Option<Identified>,
    system: Option<IgnoredAny>,
    application_credential: Option<ApplicationCredential>,
    #[serde(default)]
    catalog: Vec<Service>,
}

#[derive(Deserialize)]
struct User {
    id: String,
    name: String,
    domain: Option<Identified>,
}

#[derive(Deserialize)]
struct Project {
    id: String,
    domain: Option<Identified>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct Role {
    name: String,
}

#[derive(Deserialize)]
struct ApplicationCredential {
    access_rules: Option<Vec<AccessRule>>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Deserialize)]
struct Endpoint {
    interface: String,
    region_id: Option<String>,
    url: String,
}

impl Envelope {
    /// When the token was issued, and when it expires.
    pub(super) fn lifetime(&self) -> anyhow::Result<(Timestamp, Timestamp)> {
        let issued_at = self.token.issued_at.as_deref().context("no issued_at in a token")?;
        Ok((moment(issued_at)?, moment(&self.token.expires_at)?))
    }

    /// Where Keystone itself is, by the catalog.
    pub(super) fn keystone(&self, interface: Interface, region: Option<&str>) -> Option<&str> {
        let interface = interface.as_str();
        let identity = self.token.catalog.iter().filter(|service| service.kind == "identity");
        let mut endpoints = identity.flat_map(|service| &service.endpoints);
        let found = endpoints.find(|endpoint| {
            endpoint.interface == interface
                && region.is_none_or(|region| endpoint.region_id.as_deref() == Some(region))
        });
        found.map(|endpoint| endpoint.url.as_str())
    }

    /// What the token says, in the words of the domain.
    pub(super) fn read(self) -> anyhow::Result<Known> {
        let Body { user, roles, project, domain, system, expires_at, .. } = self.token;
        let application_credential = self.token.application_credential;
        let target = match (project, domain) {
            (Some(project), _) => Some(ScopeTarget::Project {
                id: ProjectId::new(project.id),
                domain: project.domain.map(|domain| domain.id),
            }),
            (None, Some(domain)) => Some(ScopeTarget::Domain(domain.id)),
            (None, None) => system.map(|_| ScopeTarget::System),
        };
        let roles = roles.iter().map(|role| role.name.to_lowercase()).collect();
        let caller = Caller {
            user_id: user.id,
            name: user.name,
            user_domain: user.domain.map(|domain| domain.id),
            scope: target.map(|target| Scope { target, roles }),
            ..Caller::default()
        };
        Ok(Known {
            caller: Arc::new(caller),
            expires_at: moment(&expires_at)?,
            access_rules: application_credential.and_then(|credential| credential.access_rules),
        })
    }
}

fn moment(text: &str) -> anyhow::Result<Timestamp> {
    text.parse().with_context(|| format!("a token's time is {text:?}"))
}

impl Interface {
    fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Internal => "internal",
            Self::Admin => "admin",
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(more: Value) -> Known {
        let mut token = json!({
            "user": {"id": "u", "name": "ann", "domain": {"id": "d", "name": "D"}},
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": "2026-01-01T01:00:00.000000Z",
        });
        token.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value::<Envelope>(json!({"token": token})).unwrap().read().unwrap()
    }

    #[test]
    fn a_token_is_for_a_project_a_domain_or_the_system() {
        let roles = json!([{"id": "1", "name": "Member"}]);
        let scope = |key: &str, scope: Value| {
            read(json!({key: scope, "roles": roles})).caller.scope.clone()
        };
        let of = |target| Some(Scope { target, roles: vec!["member".into()] });
        let here = json!({"id": "p", "name": "P", "domain": {"id": "d", "name": "D"}});
        let project = ScopeTarget::Project { id: ProjectId::new("p"), domain: Some("d".into()) };
        assert_eq!(scope("project", here.clone()), of(project));
        assert_eq!(scope("domain", here), of(ScopeTarget::Domain("p".into())));
        assert_eq!(scope("system", json!({"all": true})), of(ScopeTarget::System));
        let unscoped = read(json!({})).caller;
        assert_eq!((unscoped.scope.as_ref(), unscoped.user_domain.as_deref()), (None, Some("d")));
    }

    #[test]
    fn a_limited_credential_is_for_what_its_rules_name() {
        let limited =
            |rules: Value| read(json!({"application_credential": {"access_rules": rules}}));
        let rule = json!({"id": "1", "service": "backup", "method": "GET", "path": "/v2/**"});
        assert!(limited(json!([rule])).is_for("backup", "GET", "/v2/p/actions"));
        assert!(!limited(json!([rule])).is_for("backup", "POST", "/v2/p/actions"));
        assert!(!limited(json!([])).is_for("backup", "GET", "/v2/p/actions"));
        assert!(limited(Value::Null).is_for("backup", "POST", "/v2/p/actions"));
        assert!(read(json!({})).is_for("backup", "POST", "/v2/p/actions"));
    }

    #[test]
    fn the_catalog_says_where_keystone_is() {
        let endpoint = |interface: &str, region: &str| json!({"interface": interface, "region_id": region, "url": format!("{interface}-{region}")});
        let endpoints =
            [endpoint("public", "one"), endpoint("internal", "one"), endpoint("internal", "two")];
        let envelope: Envelope = serde_json::from_value(json!({"token": {
            "user": {"id": "u", "name": "ann"}, "expires_at": "x",
            "catalog": [{"type": "backup", "endpoints": [endpoint("internal", "one")]},
                        {"type": "identity", "endpoints": endpoints}],
        }}))
        .unwrap();
        let check = |interface, region, expected| {
            assert_eq!(envelope.keystone(interface, region), expected);
        };
        check(Interface::Internal, None, Some("internal-one"));
        check(Interface::Internal, Some("two"), Some("internal-two"));
        check(Interface::Admin, None, None);
        check(Interface::Public, Some("two"), None);
    }
}
