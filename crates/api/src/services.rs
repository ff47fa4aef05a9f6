//! What the faces stand on, and how much they may take.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use actiond_core::Error;
use actiond_core::access::ProjectPolicy;
use actiond_core::ports::{IdentityProvider, StoreHealth, TokenIssuer};
use actiond_core::usecase::{ClusterActions, ProjectActions};
use actix_web::HttpRequest;
use actix_web::web::{Bytes, Data, Payload};
use anyhow::anyhow;

use crate::blocking::{Gate, caught};
use crate::body;
use crate::rejection::Rejection;

/// The deepest nesting that the JSON reader itself takes.
const DEEPEST: usize = 127;

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
    /// Says whether the store answers.
    pub health: Arc<dyn StoreHealth>,
}

/// Where a read of one row runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PointReads {
    /// On the worker's own thread: for a store whose reads take microseconds (SQLite, whose pages
    /// are in memory), where the way to another thread and back would cost more than the read.
    Inline,
    /// On a thread that may block: for a store behind a network.
    Pooled,
}

/// Limits of the server.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Threads that serve connections.
    pub workers: usize,
    /// Connections that one worker keeps open; more wait to be accepted.
    pub max_connections: usize,
    /// How long a client may take to send a request's head; then 408.
    pub request_timeout: Duration,
    /// How long an idle connection is kept.
    pub keep_alive: Duration,
    /// How long a stopping server waits for the requests that it has begun.
    pub shutdown_timeout: Duration,
    /// The longest body, in bytes; a longer one is 413.
    pub max_body: usize,
    /// How long a client may take to send a body; then 408, and the connection is closed.
    pub body_timeout: Duration,
    /// The deepest nesting of a JSON body, at most 127; a deeper one is 400.
    pub max_depth: usize,
    /// How many store calls may run at once.
    pub max_blocking: usize,
    /// How many passwords may be checked at once: each takes a core and much memory.
    pub max_password_checks: usize,
    /// How long a request waits for its turn at the store or a password check; then 503.
    pub patience: Duration,
    /// Where a read of one row runs.
    pub point_reads: PointReads,
}

impl Default for ApiSettings {
    fn default() -> Self {
        let cores = available_parallelism().map_or(2, usize::from);
        Self {
            workers: cores,
            max_connections: 10_000,
            request_timeout: Duration::from_secs(10),
            keep_alive: Duration::from_secs(75),
            shutdown_timeout: Duration::from_secs(10),
            max_body: 1024 * 1024,
            body_timeout: Duration::from_secs(30),
            max_depth: 100,
            max_blocking: 128,
            max_password_checks: cores,
            patience: Duration::from_secs(5),
            point_reads: PointReads::Pooled,
        }
    }
}

/// What every request reaches: the services, the limits, and the gates before what blocks.
pub struct Api {
    pub(crate) services: Services,
    pub(crate) settings: ApiSettings,
    /// Before the store.
    pub(crate) store: Gate,
    /// Before password checks.
    pub(crate) passwords: Gate,
}

impl Api {
    /// Puts services and limits together, once for all workers.
    pub fn new(services: Services, mut settings: ApiSettings) -> Data<Self> {
        settings.max_depth = settings.max_depth.min(DEEPEST);
        let store = Gate::new(settings.max_blocking, settings.patience);
        let passwords = Gate::new(settings.max_password_checks, settings.patience);
        Data::new(Self { services, settings, store, passwords })
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
    ) -> Result<Bytes, Rejection> {
        body::read(req, payload, self.settings.max_body, self.settings.body_timeout).await
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

/// Runs `call`, which reads one row, wherever the settings say.
pub(crate) async fn point_read<T, F>(api: Data<Api>, call: F) -> Result<T, Rejection>
where
    F: FnOnce(&Api) -> Result<T, Rejection> + Send + 'static,
    T: Send + 'static,
{
    match api.settings.point_reads {
        PointReads::Inline => caught(|| call(&api)),
        PointReads::Pooled => with_store(api, call).await,
    }
}
