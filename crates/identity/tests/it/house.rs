//! A house with users in it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actiond_core::access::{Caller, ClusterRole};
use actiond_core::identity::{IssuedToken, ProjectRef, Proof, TokenRequest, UserRef};
use actiond_core::memory::{
    CountingIds, ManualClock, MemoryLoginFailures, MemoryTokens, MemoryUsers,
};
use actiond_core::ports::{Clock, IdentityProvider, TokenCredentials, TokenIssuer};
use actiond_core::project::ProjectId;
use actiond_core::{Result, Timestamp};
use actiond_identity::{LocalIdentity, LocalSettings, NewUser, Passwords, UserAdmin, parse_grant};

/// Hashes that cost nothing, a count of the verifications, and something that happens during one.
#[derive(Default)]
pub(crate) struct CountingPasswords {
    pub(crate) verified: AtomicUsize,
    pub(crate) meanwhile: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Passwords for CountingPasswords {
    fn hash(&self, password: &str) -> Result<String> {
        Ok(format!("hash of {password}"))
    }

    fn verify(&self, hash: &str, password: &str) -> bool {
        self.verified.fetch_add(1, Ordering::SeqCst);
        let meanwhile = self.meanwhile.lock().unwrap().take();
        meanwhile.into_iter().for_each(|happen| happen());
        hash.strip_prefix("hash of ") == Some(password)
    }
}

pub(crate) struct House {
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) tokens: Arc<MemoryTokens>,
    pub(crate) users: Arc<MemoryUsers>,
    pub(crate) failures: Arc<MemoryLoginFailures>,
    pub(crate) passwords: Arc<CountingPasswords>,
    pub(crate) admin: UserAdmin,
    pub(crate) identity: LocalIdentity,
}

/// ann's password.
pub(crate) const ANNS: &str = "ann's password";

impl House {
    /// With ann, a member of `p` and of `q`, who sees the cluster.
    pub(crate) fn with_ann() -> Self {
        let house = Self::empty();
        house
            .admin
            .add(NewUser {
                name: "ann".into(),
                email: Some("ann@a.example".into()),
                password: ANNS.into(),
                cluster_roles: vec![ClusterRole::ClusterViewer],
                grants: ["p:member", "p:Reader", "q:member"]
                    .map(|g| parse_grant(g).unwrap())
                    .into(),
            })
            .unwrap();
        house
    }

    pub(crate) fn empty() -> Self {
        let clock = Arc::new(ManualClock::default());
        let tokens = Arc::new(MemoryTokens::default());
        let users = Arc::new(MemoryUsers::new(tokens.clone()));
        let passwords = Arc::new(CountingPasswords::default());
        let failures = Arc::new(MemoryLoginFailures::default());
        let admin = UserAdmin {
            users: users.clone(),
            failures: failures.clone(),
            passwords: passwords.clone(),
            clock: clock.clone(),
            ids: Arc::new(CountingIds::default()),
        };
        let identity = identity(&users, &tokens, &failures, &passwords, &clock);
        Self { clock, tokens, users, failures, passwords, admin, identity }
    }

    /// The same house after a restart: the store is as it was, the rest is new.
    pub(crate) fn restart(&mut self) {
        self.identity = self.another_identity();
    }

    pub(crate) fn issue(
        &self,
        name: &str,
        password: &str,
        project: Option<&str>,
    ) -> Result<IssuedToken> {
        let user = UserRef::Name(name.into());
        self.identity.issue(&TokenRequest {
            proof: Proof::Password { user, password: password.into() },
            project: project.map(|id| ProjectRef::Id(ProjectId::new(id))),
        })
    }

    /// A token for whoever has this id.
    pub(crate) fn issue_by_id(&self, id: &str, password: &str) -> Result<IssuedToken> {
        let proof = Proof::Password { user: UserRef::Id(id.into()), password: password.into() };
        self.identity.issue(&TokenRequest { proof, project: None })
    }

    /// Another identity over the same stores.
    pub(crate) fn another_identity(&self) -> LocalIdentity {
        identity(&self.users, &self.tokens, &self.failures, &self.passwords, &self.clock)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whom a token stands for.
    pub(crate) fn by_token(&self, token: &str) -> Result<Arc<Caller>> {
        self.identity.by_token(&credentials(token))
    }

    /// Whom a token stands for, if that is remembered.
    pub(crate) fn remembered(&self, token: &str) -> Option<Arc<Caller>> {
        self.identity.remembered(&credentials(token))
    }

    /// A token of ann's for `p`.
    pub(crate) fn anns_token(&self) -> String {
        self.issue("ann", ANNS, Some("p")).unwrap().token
    }

    /// How many verifications `work` took.
    pub(crate) fn verifications(&self, work: impl FnOnce()) -> usize {
        let before = self.passwords.verified.load(Ordering::SeqCst);
        work();
        self.passwords.verified.load(Ordering::SeqCst) - before
    }
}

fn credentials(token: &str) -> TokenCredentials<'_> {
    TokenCredentials { token, service_token: None, method: "GET", path: "/" }
}

fn identity(
    users: &Arc<MemoryUsers>,
    tokens: &Arc<MemoryTokens>,
    failures: &Arc<MemoryLoginFailures>,
    passwords: &Arc<CountingPasswords>,
    clock: &Arc<ManualClock>,
) -> LocalIdentity {
    let settings = LocalSettings::default();
    let (users, tokens) = (users.clone(), tokens.clone());
    let (failures, passwords) = (failures.clone(), passwords.clone());
    LocalIdentity::new(users, tokens, failures, passwords, clock.clone(), settings).unwrap()
}

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MICROSECOND: Duration = Duration::from_micros(1);
