//! A world to test in: a few users, a few configured actions, two nodes, stores in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use actiond_api::Services;
use actiond_core::access::{Caller, ClusterRole, Policy, Scope};
use actiond_core::cluster::{
    ActionDefinition, ActionName, Catalog, Node, NodeUid, ParameterSchema, TargetKind,
};
use actiond_core::identity::{
    IssuedToken, Project, ProjectRef, Proof, TokenDigest, TokenInfo, TokenRequest, TokenScope,
    UserRef, UserSummary,
};
use actiond_core::memory::{
    CountingIds, ManualClock, MemoryClusterActions, MemoryProjectActions, SilentSignal,
};
use actiond_core::ports::{
    IdentityProvider, ProjectActionRepository, StoreHealth, TokenCredentials, TokenIssuer,
};
use actiond_core::project::ProjectId;
use actiond_core::usecase::{ClusterActions, Execution, ProjectActions};
use actiond_core::{Error, Result, Timestamp};
use serde_json::json;

use crate::directory::Directory;

/// Every user's password on the cluster face.
pub(crate) const PASSWORD: &str = "secret: with colon";

/// The users of the project face: name, project, roles. A token is `token-` and the name.
const PROJECT_USERS: [(&str, Option<&str>, &[&str]); 7] = [
    ("alice", Some("alpha"), &["member"]),
    ("rita", Some("alpha"), &["reader"]),
    ("bob", Some("beta"), &["member"]),
    ("root", Some("ops"), &["admin"]),
    ("freezer", Some("services"), &["service"]),
    ("nobody", Some("alpha"), &["unheard_of"]),
    ("unscoped", None, &[]),
];

/// What the tests can reach behind the faces.
pub(crate) struct World {
    pub services: Services,
    pub execution: Execution,
    pub store_is_down: Arc<AtomicBool>,
}

impl World {
    pub(crate) fn new() -> Self {
        let clock = Arc::new(ManualClock::default());
        Self::over(Arc::new(MemoryProjectActions::new(clock.clone())), clock)
    }

    /// With project actions that are kept elsewhere.
    pub(crate) fn over(
        documents: Arc<dyn ProjectActionRepository>,
        clock: Arc<ManualClock>,
    ) -> Self {
        let repository = Arc::new(MemoryClusterActions::default());
        let store_is_down = Arc::new(AtomicBool::new(false));
        let identity = Arc::new(Users::default());
        let cluster = ClusterActions {
            repository: repository.clone(),
            catalog: Arc::new(catalog()),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
            signal: Arc::new(SilentSignal),
        };
        let services = Services {
            cluster,
            project: ProjectActions::new(
                documents,
                Arc::new(CountingIds::default()),
                clock.clone(),
            ),
            policy: Arc::new(Policy::default()),
            identity: identity.clone(),
            tokens: Some(identity),
            cluster_tokens: Arc::new(Directory),
            accounts: Arc::new(Directory),
            health: Arc::new(Store(store_is_down.clone())),
        };
        Self { services, execution: Execution { repository, clock }, store_is_down }
    }
}

fn catalog() -> Catalog {
    let name = |name: &str| ActionName::parse(name).unwrap();
    let mut check = ActionDefinition::new(name("check"));
    check.description = "Checks everything.".into();
    let mut change = ActionDefinition::new(name("change_master"));
    change.conflicts_with = BTreeSet::from([name("check")]);
    let schema = json!({
        "type": "object",
        "required": ["node_uid"],
        "properties": {"node_uid": {"type": "string"}},
    });
    change.parameters = Some(ParameterSchema::compile(&schema).unwrap());
    let mut remove = ActionDefinition::new(name("remove"));
    remove.target = TargetKind::Node;
    remove.description = "Removes a node.".into();
    remove.conflicts_with = BTreeSet::from([name("check")]);
    let restart =
        ActionDefinition { target: TargetKind::Node, ..ActionDefinition::new(name("restart")) };
    let node = |uid| Node::new(NodeUid::new(uid), "10.0.0.1", BTreeMap::new()).unwrap();
    let catalog = Catalog::new([check, change, remove, restart]).unwrap();
    catalog.with_nodes([node("1"), node("2")]).unwrap().with_queue_length(2)
}

struct Store(Arc<AtomicBool>);

impl StoreHealth for Store {
    fn ping(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            Err(down("the store cannot be reached"))
        } else {
            Ok(())
        }
    }

    fn try_write(&self) -> Result<()> {
        self.ping()
    }
}

fn down(reason: &'static str) -> Error {
    Error::Unavailable { reason, cause: anyhow::anyhow!("secret address refused") }
}

/// Knows the users, and remembers a token once it has seen it.
#[derive(Default)]
struct Users {
    seen: Mutex<BTreeSet<String>>,
}

fn project_user(name: &str) -> Option<Caller> {
    let (name, project, roles) = PROJECT_USERS.into_iter().find(|user| user.0 == name)?;
    let roles = roles.iter().map(|role| (*role).to_owned()).collect();
    let scope = project.map(|project| Scope::project(ProjectId::new(project), roles));
    Some(Caller {
        user_id: format!("id-{name}"),
        name: name.to_owned(),
        scope,
        ..Caller::default()
    })
}

impl IdentityProvider for Users {
    fn by_token(&self, credentials: &TokenCredentials<'_>) -> Result<Arc<Caller>> {
        if let Some(token) = credentials.service_token {
            self.by_token(&TokenCredentials { token, service_token: None, ..*credentials })?;
        }
        match credentials.token {
            "token-down" => Err(down("the identity service cannot be reached")),
            "token-boom" => panic!("boom at 10.0.0.1"),
            token => {
                let name = token.strip_prefix("token-");
                let caller = name.and_then(project_user).ok_or(Error::Unauthenticated)?;
                self.seen.lock().unwrap().insert(token.to_owned());
                Ok(Arc::new(caller))
            }
        }
    }

    fn remembered(&self, credentials: &TokenCredentials<'_>) -> Option<Arc<Caller>> {
        let token = Some(credentials.token).filter(|_| credentials.service_token.is_none())?;
        let seen = self.seen.lock().unwrap().contains(token);
        seen.then(|| project_user(token.strip_prefix("token-")?).map(Arc::new)).flatten()
    }

    /// The users of the cluster face are named after their roles.
    fn by_password(&self, name: &str, password: &str) -> Result<Arc<Caller>> {
        let role = ClusterRole::parse(name).filter(|_| password == PASSWORD);
        let role = role.ok_or(Error::Unauthenticated)?;
        Ok(Arc::new(Caller {
            user_id: format!("id-{name}"),
            name: name.to_owned(),
            cluster_roles: vec![role],
            ..Caller::default()
        }))
    }
}

impl TokenIssuer for Users {
    fn issue(&self, request: &TokenRequest) -> Result<IssuedToken> {
        let (name, proves) = match &request.proof {
            Proof::Password { user: UserRef::Name(name), password } => {
                (&**name, password == PASSWORD)
            }
            Proof::Password { user: UserRef::Id(id), password } => {
                (id.strip_prefix("id-").unwrap_or_default(), password == PASSWORD)
            }
            Proof::Token(token) => (token.strip_prefix("token-").unwrap_or_default(), true),
        };
        let caller = project_user(name).filter(|_| proves);
        let mut caller = caller.ok_or_else(|| match request.proof {
            Proof::Token(_) => Error::not_found("Failed to validate token"),
            Proof::Password { .. } => Error::Unauthenticated,
        })?;
        caller.scope.take_if(|_| request.project.is_none());
        let wanted = request.project.as_ref().map(|project| match project {
            ProjectRef::Id(id) => id.as_str(),
            ProjectRef::Name(name) => name,
        });
        if caller.project().map(ProjectId::as_str) != wanted {
            return Err(Error::Unauthenticated);
        }
        let chain = matches!(request.proof, Proof::Token(_)).then(|| TokenDigest::of("first"));
        Ok(IssuedToken {
            token: format!("token-{name}"),
            info: TokenInfo { chain, ..info(caller) },
        })
    }

    fn revoke(&self, token: &str) -> Result<()> {
        self.seen.lock().unwrap().remove(token);
        Ok(())
    }

    fn users(&self) -> Result<Vec<UserSummary>> {
        let user = |(name, project, _): (&str, Option<&str>, _)| UserSummary {
            id: format!("id-{name}"),
            name: name.to_owned(),
            projects: project.into_iter().map(ProjectId::new).collect(),
        };
        Ok(PROJECT_USERS.into_iter().map(user).collect())
    }

    fn projects(&self) -> Result<Vec<Project>> {
        let ids: BTreeSet<_> = PROJECT_USERS.into_iter().filter_map(|user| user.1).collect();
        Ok(ids.into_iter().map(|id| called(ProjectId::new(id))).collect())
    }

    fn describe(&self, token: &str) -> Result<TokenInfo> {
        let name = token.strip_prefix("token-");
        name.and_then(project_user).map(info).ok_or(Error::Unauthenticated)
    }
}

/// A project, called as all are here.
fn called(id: ProjectId) -> Project {
    Project { name: id.as_str().to_owned(), id }
}

fn info(caller: Caller) -> TokenInfo {
    let issued_at = Timestamp::UNIX_EPOCH;
    let project = caller.project().cloned();
    let roles = caller.roles().to_vec();
    TokenInfo {
        user_id: caller.user_id,
        user_name: caller.name,
        scope: project.map(|project| TokenScope { project: called(project), roles }),
        chain: None,
        issued_at,
        expires_at: issued_at + chrono::TimeDelta::microseconds(3_600_000_001),
    }
}
