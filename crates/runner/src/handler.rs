//! Work that is done by a function of this program.

use std::fmt;
use std::future::pending;
use std::sync::Arc;

use actiond_core::cluster::{Failure, Node, Outcome, TaskId};
use serde_json::{Map, Value};
use tokio::select;
use tokio::task::JoinError;
use tokio::time::sleep;

use crate::job::Job;
use crate::meter::Meter;
use crate::order::{Order, Orders};

/// A function that carries out an action, on a thread where it may block.
///
/// `Ok` completes the action, an error fails it, and so does a panic. Work that lasts looks at
/// [`Context::is_cancelled`] from time to time and returns when it says so.
///
/// A thread cannot be killed. A handler that goes on after a cancel, or past its time limit, keeps
/// its action in progress until it returns: only so is there no second instance beside it. The end of
/// the server does end it; the next start aborts the action. In a store that several servers share,
/// one that goes on when its server's lease has run out, with the store out of reach, may have
/// another instance beside it.
#[derive(Clone)]
pub struct Handler(Arc<dyn Fn(Context) -> Result<(), Failure> + Send + Sync>);

impl Handler {
    /// A handler that calls `function`.
    pub fn new(function: impl Fn(Context) -> Result<(), Failure> + Send + Sync + 'static) -> Self {
        Self(Arc::new(function))
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handler")
    }
}

/// What a handler knows of its action, and how it speaks of it.
#[derive(Clone, Debug)]
pub struct Context {
    task: TaskId,
    node: Option<Arc<Node>>,
    parameters: Arc<Map<String, Value>>,
    orders: Orders,
    meter: Meter,
}

impl Context {
    /// The id of this run.
    pub fn task_id(&self) -> TaskId {
        self.task
    }

    /// The node that the action is done to; `None` for the whole cluster.
    pub fn node(&self) -> Option<&Node> {
        self.node.as_deref()
    }

    /// What the caller gave, as checked against the action's schema.
    pub fn parameters(&self) -> &Map<String, Value> {
        &self.parameters
    }

    /// Says how much is done, in percent. Progress never falls; a number that is not from 0 to 100
    /// is ignored. Cheap: it may be called at every step.
    pub fn progress(&self, percent: f64) {
        self.meter.advance(percent);
    }

    /// Whether the work should stop: it was cancelled, its time is over, or the server stops.
    pub fn is_cancelled(&self) -> bool {
        self.orders.current() != Order::GoOn
    }
}

/// Runs a handler. `None` when the server has to end before it.
pub(crate) async fn run(handler: Handler, job: &Job) -> Option<Outcome> {
    let context = Context {
        task: job.grip.task,
        node: job.node.clone(),
        parameters: job.parameters.clone(),
        orders: job.orders.clone(),
        meter: job.meter.clone(),
    };
    let span = tracing::Span::current();
    let mut thread = tokio::task::spawn_blocking(move || span.in_scope(|| (handler.0)(context)));
    let late = async {
        let order = job.orders.reach(Order::Cancel).await;
        sleep(job.cancel_grace).await;
        tracing::warn!(?order, "the handler should have stopped; waiting until it does");
        pending().await
    };
    let given_up = async {
        if job.orders.reach(Order::Kill).await != Order::Kill {
            // The action is lost, but the server goes on: the thread keeps its place until it ends.
            pending().await
        }
    };
    select! {
        biased;
        ended = &mut thread => Some(judge(job, ended)),
        () = late => None,
        () = given_up => None,
    }
}

/// How it ended. It may have seen an order before this side has, so what counts is the order that
/// is in force now.
fn judge(job: &Job, ended: Result<Result<(), Failure>, JoinError>) -> Outcome {
    let panicked = |_| Err(Failure::internal("the handler panicked"));
    let order = job.orders.current();
    match (order.outcome(job.timeout), ended.unwrap_or_else(panicked)) {
        (Some(given_up), _) => given_up,
        (None, Err(failure)) => Outcome::Failed(failure),
        (None, Ok(())) if order == Order::Cancel => Outcome::Stopped,
        (None, Ok(())) => Outcome::Completed,
    }
}
