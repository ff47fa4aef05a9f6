//! What this face sends.

use actiond_core::Timestamp;
use actiond_core::identity::{DOMAIN, TokenDigest, TokenInfo};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The version document: `GET /v3`.
pub(super) fn version(origin: &str) -> Value {
    json!({"version": {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": format!("{origin}/v3/")}],
        "media-types": [{
            "base": "application/json",
            "type": "application/vnd.openstack.identity-v3+json",
        }],
    }})
}

/// What a token says, with the catalog of this server when it opens a project.
pub(super) fn token(token: &str, info: &TokenInfo, origin: &str) -> Value {
    let domain = json!({"id": DOMAIN.0, "name": DOMAIN.1});
    let mut body = json!({
        "methods": ["password"],
        "user": {
            "id": info.user_id,
            "name": info.user_name,
            "domain": domain,
            "password_expires_at": null,
        },
        "audit_ids": [audit_id(token)],
        "issued_at": moment(info.issued_at),
        "expires_at": moment(info.expires_at),
    });
    if let Some(scope) = &info.scope {
        let project = scope.project.as_str();
        let roles = scope.roles.iter().map(|role| json!({"id": role, "name": role}));
        body["project"] = json!({"id": project, "name": project, "domain": domain});
        body["is_domain"] = false.into();
        body["roles"] = roles.collect();
        body["catalog"] = json!([
            service("backup", "freezer", origin),
            service("identity", "keystone", &format!("{origin}/v3")),
        ]);
    }
    json!({"token": body})
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
fn audit_id(token: &str) -> String {
    let TokenDigest(digest) = TokenDigest::of(&format!("audit {token}"));
    BASE64_URL_SAFE_NO_PAD.encode(&digest[..16])
}

fn moment(at: Timestamp) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}
