//! Things to store.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::Timestamp;
use crate::access::ClusterRole;
use crate::cluster::{ActionKey, ActionName, Catalog, ClusterAction, ExclusionKey, Target, TaskId};
use crate::document::{Indexed, Plan, Search};
use crate::identity::{ProjectGrant, TokenDigest, TokenRecord, User};
use crate::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};

pub(super) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_timestamp_micros(1_700_000_000_000_000 + seconds * 1_000_000 + 1).unwrap()
}

pub(super) fn project(id: &str) -> ProjectId {
    ProjectId::new(id)
}

pub(super) fn id(id: &str) -> ActionId {
    ActionId::parse(id).unwrap()
}

/// A project action whose `freezer_action` has these keys besides the one that it needs.
pub(super) fn document(project: &ProjectId, id: &ActionId, version: u64, keys: &Value) -> Indexed {
    let mut inner = json!({"action": "backup"});
    let keys = keys.as_object().cloned().unwrap_or_default();
    inner.as_object_mut().unwrap().extend(keys);
    let body = ProjectActionBody::new(json!({"freezer_action": inner})).unwrap();
    let new = ProjectAction::create(project.clone(), id.clone(), "u1".into(), body).unwrap();
    Indexed::new(project, version, &new.into_listed())
}

pub(super) fn plan(project: &ProjectId, search: &Value) -> Plan {
    Search::parse(search).unwrap().plan(project)
}

pub(super) fn key(name: &str) -> ActionKey {
    ActionKey::cluster(ActionName::parse(name).unwrap())
}

/// An action of this name on a node.
pub(super) fn key_on(node: &str, name: &str) -> ActionKey {
    ActionKey { target: Target::node(node), ..key(name) }
}

/// A queued action with every kind of parameter, which may be tried three times.
pub(super) fn queued(task: u64, name: &str) -> ClusterAction {
    let parameters: Map<String, Value> = serde_json::from_str(
        r#"{"z":"é\u0000","a":123456789012345678901234567890,"n":[1.50,null,{}]}"#,
    )
    .unwrap();
    let task_id = TaskId(Uuid::from_u64_pair(7, task));
    let once = ClusterAction::queued(task_id, key(name), parameters, "alice".into(), at(0));
    ClusterAction { max_attempts: 3, ..once }
}

/// What an action without conflicts holds alone.
pub(super) fn own(name: &str) -> Vec<ExclusionKey> {
    Catalog::default().exclusions(&key(name))
}

pub(super) fn user(id: &str, name: &str) -> User {
    let grant = |project: &str, role: &str| ProjectGrant {
        project: ProjectId::new(project),
        role: role.to_owned(),
    };
    User {
        id: id.to_owned(),
        // Of an id such as `id7`; else the next.
        uid: id.trim_start_matches("id").parse().unwrap_or(0),
        name: name.to_owned(),
        email: None,
        password_hash: "$argon2id$v=19$m=8,t=1,p=1$c2FsdA$aGFzaA".to_owned(),
        cluster_roles: vec![ClusterRole::DbViewer, ClusterRole::Admin],
        grants: vec![grant("p2", "reader"), grant("p1", "member"), grant("p1", "auditor")],
        password_issued_at: at(0),
        created_at: at(0),
    }
}

pub(super) fn token(text: &str, user_id: &str, issued: i64, expires: i64) -> TokenRecord {
    TokenRecord {
        digest: TokenDigest::of(text),
        user_id: user_id.to_owned(),
        project: Some(ProjectId::new("p1")),
        chain: None,
        issued_at: at(issued),
        expires_at: at(expires),
    }
}
