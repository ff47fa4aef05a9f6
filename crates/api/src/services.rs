//! What the faces stand on, and how much they may take.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actiond_core::access::{Caller, ProjectPolicy};
use actiond_core::document::MAX_DEPTH;
use actiond_core::ports::{Accounts, ClusterTokens, IdentityProvider, StoreHealth, TokenIssuer};
use actiond_core::usecase::{ClusterActions, ProjectActions};
use actiond_core::{Error, Pending};
use actix_web::HttpRequest;
use actix_web::web::{Data, Payload};
use anyhow::anyhow;

use crate::blocking::{Gate, caught};
use crate::body::{self, Body};
use crate::budget::{Budget, FairBudget};
use crate::deadline;
use crate::readiness::Readiness;
use crate::rejection::Rejection;

/// The longest body of a login, for which nobody has vouched yet: far more than a name, a password
/// and a project need.
const MAX_LOGIN: usize = 16 * 1024;

/// The use cases and ports that the faces call.
#[derive(Clone)]
pub struct Services {
    /// The use cases of cluster actions.
    pub cluster: ClusterActions,
    /// The use cases of project actions.
    pub project: ProjectActions,
    /// Decides about the project face.
    pub policy: Arc<dyn ProjectPolicy>,
    /// Says who is calling.
    pub identity: Arc<dyn IdentityProvider>,
    /// Issues tokens; without it there is no identity face.
    pub tokens: Option<Arc<dyn TokenIssuer>>,
    /// Signs tokens of the cluster face, and says whose they are.
    pub cluster_tokens: Arc<dyn ClusterTokens>,
    /// The users, for those of the cluster face who may manage them.
    pub accounts: Arc<dyn Accounts>,
    /// Says whether the store can be used.
    pub health: Arc<dyn StoreHealth>,
}

/// Limits of the server.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Threads that serve connections, of each listener.
    pub workers: usize,
    /// Connections that one worker keeps open; more wait to be accepted.
    pub max_connections: usize,
    /// How long a client may take to send a request's head; then 408.
    pub request_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a stopping server waits for the requests that it has begun.
    pub shutdown_timeout: Duration,
    /// The longest body, in bytes; a longer one is 413. A login has 16 KiB.
    pub max_body: usize,
    /// How many bytes the bodies of all requests may take at once. Whoever finds no room waits for
    /// as long as a body may take; then 503.
    pub max_bodies: usize,
    /// How many bytes of lists and of large actions may be on their way at once, half of them to
    /// the readers of one project. Whoever finds no room waits for its turn.
    pub max_answers: usize,
    /// How long a client may take nothing of its answer; then the connection is closed.
    pub write_timeout: Duration,
    /// How long a client may take to send a body; then 408, and the connection is closed.
    pub body_timeout: Duration,
    /// The deepest nesting of a JSON body, at most 127; a deeper one is 400.
    pub max_depth: usize,
    /// How many store calls may run at once, reads on the worker and lists aside.
    pub max_blocking: usize,
    /// How many lists that are not short may be read at once: fewer than the store has readers, or lists keep all other
    /// requests waiting.
    pub max_lists: usize,
    /// How many tokens may be looked up at once. Where an identity service is asked over a network, an
    /// outage there must not hold what the store could answer, and one that comes back must not be
    /// asked so much at once that it answers nobody in time.
    pub max_token_checks: usize,
    /// How many passwords may be checked at once: each takes a core and much memory.
    pub max_password_checks: usize,
    /// How long a request waits for its turn at the store or a check; then 503.
    pub patience: Duration,
    /// Within which time a request has its answer that waits for the store, all its calls together;
    /// then 503, and what it asked for may be done all the same. Without one, as long as that takes.
    pub answer_time: Option<Duration>,
    /// How much longer a search may take.
    pub search_time: Duration,
    /// How old a write may be that `/readyz` answers by: no oftener is there one, whoever asks.
    pub health_age: Duration,
    /// Where clients get tokens, if not from this server: what a 401 of the project face names.
    pub authenticate_uri: Option<String>,
    /// Scheme and authority under which clients reach the server, such as `https://backup.example`.
    /// Without it, what a request's `Host` says.
    pub public_url: Option<String>,
}

impl Default for ApiSettings {
    fn default() -> Self {
        let cores = available_parallelism().map_or(2, usize::from);
        Self {
            workers: cores,
            max_connections: 1024,
            request_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            max_bodies: 32 * 1024 * 1024,
            max_answers: 128 * 1024 * 1024,
            write_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(30),
            max_depth: 100,
            max_blocking: 128,
            max_lists: 4,
            max_token_checks: 8,
            max_password_checks: cores.min(4),
            patience: Duration::from_secs(5),
            answer_time: None,
            search_time: Duration::from_secs(10),
            health_age: Duration::from_secs(1),
            authenticate_uri: None,
            public_url: None,
        }
    }
}

/// What every request reaches: the services, the limits, and the gates before what blocks.
pub struct Api {
    pub(crate) services: Services,
    pub(crate) settings: ApiSettings,
    /// Before the store, for what it answers soon.
    pub(crate) store: Gate,
    /// Before the store, for lists that are not short.
    pub(crate) lists: Gate,
    /// Before the look-up of tokens.
    pub(crate) tokens: Gate,
    /// Before password checks.
    pub(crate) passwords: Gate,
    /// Bodies of requests.
    pub(crate) bodies: Budget,
    /// Lists and large actions on their way out.
    pub(crate) answers: FairBudget,
    /// Whether the store can be used.
    pub(crate) readiness: Readiness,
}

impl Api {
    /// Puts services and limits together, once for all workers.
    pub fn new(services: Services, mut settings: ApiSettings) -> Data<Self> {
        settings.max_depth = settings.max_depth.min(MAX_DEPTH);
        let gate = |places| Gate::new(places, settings.patience).in_time(settings.answer_time);
        let (store, lists) = (gate(settings.max_blocking), gate(settings.max_lists));
        let tokens = gate(settings.max_token_checks);
        let passwords = gate(settings.max_password_checks);
        let bodies = Budget::new(settings.max_bodies, settings.body_timeout);
        let answers = FairBudget::new(settings.max_answers, settings.patience);
        let readiness = Readiness::default();
        Data::new(Self {
            services,
            settings,
            store,
            lists,
            tokens,
            passwords,
            bodies,
            answers,
            readiness,
        })
    }

    /// The state behind a request.
    pub(crate) fn of(req: &HttpRequest) -> Result<&Data<Self>, Rejection> {
        let api = req.app_data::<Data<Self>>();
        api.ok_or_else(|| Error::Internal(anyhow!("the app was built without its state")).into())
    }

    /// Reads a request's body, within the limits.
    pub(crate) async fn body(
        &self,
        req: &HttpRequest,
        payload: Payload,
    ) -> Result<Body, Rejection> {
        self.body_of_at_most(self.settings.max_body, req, payload).await
    }

    /// Reads a login, within its own limit.
    pub(crate) async fn login(
        &self,
        req: &HttpRequest,
        payload: Payload,
    ) -> Result<Body, Rejection> {
        self.body_of_at_most(self.settings.max_body.min(MAX_LOGIN), req, payload).await
    }

    async fn body_of_at_most(
        &self,
        limit: usize,
        req: &HttpRequest,
        payload: Payload,
    ) -> Result<Body, Rejection> {
        body::read(req, payload, limit, &self.bodies, self.settings.body_timeout).await
    }
}

/// Runs `call` with the services, on a thread that may block, when the store has a place free.
pub(crate) async fn with_store<T, F>(api: Data<Api>, call: F) -> Result<T, Rejection>
where
    F: FnOnce(&Api) -> Result<T, Rejection> + Send + 'static,
    T: Send + 'static,
{
    let inside = api.clone();
    api.store.run(move || call(&inside)).await
}

/// The caller behind a name and a password that have fitted before, found without a password check.
pub(crate) async fn familiar(
    api: &Data<Api>,
    pair: Arc<(String, String)>,
) -> Result<Option<Arc<Caller>>, Rejection> {
    let look = move |api: &Api| Ok(api.services.identity.familiar(&pair.0, &pair.1)?);
    with_store(api.clone(), look).await
}

/// Runs `call`, which reads one row or a few: on the worker itself where that takes microseconds, and else it is
/// only begun there.
pub(crate) async fn point_read<T>(
    api: &Api,
    call: impl FnOnce(&Api) -> Pending<T>,
) -> Result<T, Rejection> {
    let read = async { Ok(caught(|| Ok(call(api)))?.await?) };
    deadline::wait(api.settings.answer_time, read).await
}
