//! What this face sends.

use actiond_core::Timestamp;
use actiond_core::identity::{DOMAIN, Project, TokenDigest, TokenInfo, UserSummary};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The version document: `GET /v3`.
pub(super) fn version(origin: &str) -> Value {
    json!({"version": entry(origin)})
}

/// This version, as lists of versions have it.
pub(crate) fn entry(origin: &str) -> Value {
    json!({
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{origin}/v3/")}],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.identity-v3+json",
        }],
    })
}

/// What a token says, with the catalog of this server when it opens a project.
pub(super) fn token(token: &str, info: &TokenInfo, origin: &str) -> Value {
    let digests = [Some(TokenDigest::of(token)), info.chain].into_iter().flatten();
    let methods: &[_] = if info.chain.is_some() { &["token", "password"] } else { &["password"] };
    let mut body = json!({
        "methods": methods,
        "user": {
            "id": info.user_id,
            "name": info.user_name,
            "domain": {"id": DOMAIN.0, "name": DOMAIN.1},
            "password_expires_at": null,
        },
        "audit_ids": digests.map(audit_id).collect::<Vec<_>>(),
        "issued_at": moment(info.issued_at),
        "expires_at": moment(info.expires_at),
    });
    if let Some(scope) = &info.scope {
        let (id, name) = (scope.project.id.as_str(), &scope.project.name);
        let roles = scope.roles.iter().map(|role| json!({"id": role, "name": role}));
        let domain = json!({"id": DOMAIN.0, "name": DOMAIN.1});
        body["project"] = json!({"id": id, "name": name, "domain": domain});
        body["is_domain"] = false.into();
        body["roles"] = roles.collect();
        body["catalog"] = catalog(origin);
    }
    json!({"token": body})
}

/// Where this server's services are.
pub(super) fn catalog(origin: &str) -> Value {
    json!([
        service("backup", "freezer", origin),
        service("identity", "keystone", &format!("{origin}/v3")),
    ])
}

fn service(kind: &str, name: &str, url: &str) -> Value {
    let endpoint = |interface: &str| {
        json!({
            "id": format!("{name}-{interface}"),
            "interface": interface,
            "region": "RegionOne",
            "region_id": "RegionOne",
            "url": url,
        })
    };
    let endpoints = ["public", "internal", "admin"].map(endpoint);
    json!({"id": name, "type": kind, "name": name, "endpoints": endpoints})
}

/// A name for the token that may stand in a log: it does not lead back to the token.
fn audit_id(TokenDigest(digest): TokenDigest) -> String {
    let TokenDigest(name) = TokenDigest::of(&format!("audit {digest:?}"));
    BASE64_URL_SAFE_NO_PAD.encode(&name[..16])
}

/// A user.
pub(super) fn user(user: &UserSummary, origin: &str) -> Value {
    json!({
        "id": user.id,
        "name": user.name,
        "domain_id": DOMAIN.0,
        "enabled": true,
        "password_expires_at": null,
        "options": {},
        "links": {"self": format!("{origin}/v3/users/{}", user.id)},
    })
}

/// A project.
pub(super) fn project(project: &Project, origin: &str) -> Value {
    json!({
        "id": project.id.as_str(),
        "name": project.name,
        "domain_id": DOMAIN.0,
        "description": "",
        "enabled": true,
        "parent_id": DOMAIN.0,
        "is_domain": false,
        "tags": [],
        "options": {},
        "links": {"self": format!("{origin}/v3/projects/{}", project.id)},
    })
}

/// The only domain.
pub(super) fn domain(origin: &str) -> Value {
    json!({
        "id": DOMAIN.0,
        "name": DOMAIN.1,
        "description": "",
        "enabled": true,
        "tags": [],
        "options": {},
        "links": {"self": format!("{origin}/v3/domains/{}", DOMAIN.0)},
    })
}

/// A list of something, under its name.
pub(super) fn list(name: &str, items: Vec<Value>, url: &str) -> Value {
    json!({name: items, "links": {"self": url, "previous": null, "next": null}})
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
