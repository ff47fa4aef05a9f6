//! Claims what is queued, and looks after what runs.

use std::collections::{HashMap, VecDeque};
use std::future::pending;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use actiond_core::cluster::{ActionKey, Catalog, ClusterAction, Outcome, Progress};
use actiond_core::ports::RunnerSignal;
use actiond_core::usecase::{Execution, Grip, Lookout};
use actiond_core::{Error, Result};
use tokio::select;
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument;
use tracing::field::Empty;

use crate::bell::Bell;
use crate::hold::{Hold, Pause};
use crate::job::Job;
use crate::order::{Order, Orders};
use crate::orphans::kill_left_behind;
use crate::registry::Registry;
use crate::settings::RunnerSettings;
use crate::store;

/// How long the ends of killed work may take to be recorded when the runner stops.
const LAST_RECORDS: Duration = Duration::from_secs(5);

/// How long a look at the store that is under way may take when the runner stops.
const LAST_STEP: Duration = Duration::from_secs(5);

/// How much of what it has had a runner remembers.
const MAX_HAD: usize = 4096;

/// Carries out queued actions.
pub struct Runner {
    execution: Execution,
    catalog: Arc<Catalog>,
    registry: Registry,
    settings: Arc<RunnerSettings>,
    bell: Bell,
    jobs: JoinSet<()>,
    active: HashMap<Id, (Grip, Orders)>,
    /// What this runner has had, the latest last: no store that forgets (a standby that lags behind) has
    /// it begin that again.
    had: VecDeque<Grip>,
    lookout: Lookout,
    /// Where the look-out's time begins.
    begun: Instant,
}

impl Runner {
    /// A runner for the actions of `catalog`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an action without work, work without an action, and settings that cannot be
    /// meant.
    pub fn new(
        execution: Execution,
        catalog: Arc<Catalog>,
        registry: Registry,
        settings: RunnerSettings,
    ) -> Result<Self> {
        settings.check()?;
        registry.check(&catalog)?;
        Ok(Self {
            execution,
            catalog,
            registry,
            settings: Arc::new(settings),
            bell: Bell::new(),
            jobs: JoinSet::new(),
            active: HashMap::new(),
            had: VecDeque::new(),
            lookout: Lookout::default(),
            begun: Instant::now(),
        })
    }

    /// The bell that wakes this runner.
    pub fn signal(&self) -> Arc<dyn RunnerSignal> {
        Arc::new(self.bell.clone())
    }

    /// Runs until `stop` answers how long the work may take to stop. Then all work is asked to stop,
    /// is killed when that time is over, and each action's end is recorded; what is queued stays
    /// queued.
    pub async fn run(mut self, stop: impl Future<Output = Duration>) {
        let mut stop = pin!(stop);
        let mut listener = self.bell.listen();
        let look_out = self.settings.look_out();
        let mut pause = Pause::new();
        loop {
            let looked = {
                // It is not broken off: what it has just claimed would be left to nobody.
                let mut step = pin!(self.step());
                select! {
                    answered = &mut step => Ok(answered),
                    grace = &mut stop => {
                        let _ = timeout(LAST_STEP, step).await;
                        Err(grace)
                    }
                }
            };
            let answered = match looked {
                Ok(answered) => answered,
                Err(grace) => return self.shut_down(grace).await,
            };
            let next = async {
                match answered {
                    Ok(_) => {
                        pause = Pause::new();
                        sleep(look_out).await;
                    }
                    Err(error) => {
                        tracing::warn!(?error, "the store does not answer; trying again");
                        pause.wait().await;
                    }
                }
            };
            select! {
                grace = &mut stop => return self.shut_down(grace).await,
                () = listener.heard() => {}
                () = self.one_ended() => {}
                () = next => {}
            }
        }
    }

    /// Takes away what others have lost, and goes on with what this runner has claimed without hearing of
    /// it; makes it the turn of those that wait for theirs; then starts what is queued, as far as there is
    /// room. Answers how many of these it started. They go on in the background of the current runtime.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn step(&mut self) -> Result<usize> {
        while let Some(ended) = self.jobs.try_join_next_with_id() {
            self.forget(ended);
        }
        self.take_lost().await?;
        self.admit().await?;
        let mut started = 0;
        while self.has_room() && self.claim().await? {
            started += 1;
        }
        Ok(started)
    }

    fn has_room(&self) -> bool {
        self.active.len() < self.settings.max_concurrent
    }

    /// Takes the actions whose runner is lost, and kills what they have left on this host. Those that
    /// this runner carries out are not lost, whatever their lease says.
    async fn take_lost(&mut self) -> Result<()> {
        let (execution, asked) = (self.execution.clone(), self.begun.elapsed());
        let mut held = store::call(move || execution.owned()).await?;
        held.retain(|action| self.active.values().all(|(grip, _)| *grip != Grip::of(action)));
        let held = self.take_up_unheard(held).await?;
        let (lost, reason) = if self.settings.exclusive_store {
            (held, "the server stopped while the action was running")
        } else {
            let lost = self.lookout.lost(held, asked, self.begun.elapsed());
            (lost, "the lease of the server that ran the action has run out")
        };
        for action in lost {
            let (task, execution) = (action.task_id, self.execution.clone());
            let end = move || {
                // Before the record: with it, a new instance may begin.
                let killed = kill_left_behind(Grip::of(&action));
                Ok((killed, execution.end_lost(action, reason)?))
            };
            let (killed, status) = store::call(end).await?;
            let became = status.map(|status| status.as_str());
            tracing::warn!(%task, killed, became, reason, "found a lost action");
        }
        Ok(())
    }

    /// Goes on with what this runner has claimed and does not know of, since the answer was lost;
    /// answers the others. It begins nothing twice: what it has had once is not unheard of.
    async fn take_up_unheard(&mut self, held: Vec<ClusterAction>) -> Result<Vec<ClusterAction>> {
        let (unheard, others): (Vec<_>, Vec<_>) = held.into_iter().partition(|action| {
            action.is_claimed_by(&self.settings.owner) && !self.had.contains(&Grip::of(action))
        });
        for action in unheard {
            let (asked, grip, lease) = (Instant::now(), Grip::of(&action), self.settings.lease);
            let execution = self.execution.clone();
            // Nobody knows when the claim was asked for: so the lease is renewed, and the hold counts from that.
            match store::call(move || execution.renew(grip, lease)).await {
                Ok(action) if self.has_room() => {
                    tracing::warn!(task = %grip.task, "found a claim whose answer was lost");
                    self.begin(action, asked);
                }
                // It is found again when there is room.
                Ok(_) => {}
                // Somebody else was faster.
                Err(Error::PreconditionFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(others)
    }

    /// What another server may know is left to it, also when none does: it stays queued. What the only
    /// one does not know, nobody does, and it is ended.
    fn knows(&self) -> impl Fn(&ActionKey) -> bool + use<> {
        let (catalog, is_alone) = (self.catalog.clone(), self.settings.exclusive_store);
        move |key| is_alone || catalog.find(key).is_some()
    }

    /// Makes it the turn of those that wait for theirs, where nothing is in their way any more.
    async fn admit(&mut self) -> Result<()> {
        let (execution, catalog, knows) =
            (self.execution.clone(), self.catalog.clone(), self.knows());
        store::call(move || execution.admit(&catalog, knows)).await.map(drop)
    }

    /// Takes up one action; false when there is none.
    async fn claim(&mut self) -> Result<bool> {
        let asked = Instant::now();
        let (execution, settings) = (self.execution.clone(), self.settings.clone());
        let knows = self.knows();
        let claim = move || execution.claim(&settings.owner, settings.lease, knows);
        let Some(action) = store::call(claim).await? else { return Ok(false) };
        self.begin(action, asked);
        Ok(true)
    }

    fn begin(&mut self, action: ClusterAction, asked: Instant) {
        let (lease, exclusive) = (self.settings.lease, self.settings.exclusive_store);
        let hold = Hold::new(self.execution.clone(), &action, lease, exclusive, asked);
        let grip = Grip::of(&action);
        let (name, task, attempt) = (&action.key.name, grip.task, grip.fencing);
        let span = tracing::info_span!("work", action = %name, node = Empty, %task, attempt);
        let node = action.key.target.node_uid().and_then(|uid| self.catalog.node(uid));
        node.map(|node| span.record("node", node.uid().as_str()));
        let known = self.catalog.find(&action.key).zip(self.registry.get(name).cloned());
        let Some((definition, work)) = known else {
            let reason =
                format!("could not start the work: {} is not configured any more", action.key);
            let abort = async move { hold.finish(Progress::ZERO, Outcome::Aborted(reason)).await };
            return self.watch(grip, Orders::new(), abort.instrument(span));
        };
        let job = Job::new(action, definition, node.cloned());
        let orders = job.orders.clone();
        let work = job.carry_out(work, hold, self.bell.listen(), self.settings.clone());
        self.watch(grip, orders, work.instrument(span));
    }

    fn watch(
        &mut self,
        grip: Grip,
        orders: Orders,
        job: impl Future<Output = ()> + Send + 'static,
    ) {
        if self.had.len() == MAX_HAD {
            self.had.pop_front();
        }
        self.had.push_back(grip);
        let id = self.jobs.spawn(job).id();
        self.active.insert(id, (grip, orders));
    }

    /// Waits until a job has ended.
    async fn one_ended(&mut self) {
        match self.jobs.join_next_with_id().await {
            Some(ended) => self.forget(ended),
            None => pending().await,
        }
    }

    fn forget(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match ended {
            Ok((id, ())) => id,
            Err(error) => {
                // A defect; the next sweep ends the action.
                tracing::error!(%error, "an action's supervision broke off");
                error.id()
            }
        };
        self.active.remove(&id);
    }

    async fn shut_down(mut self, grace: Duration) {
        tracing::info!(active = self.active.len(), ?grace, "the runner stops");
        self.order_all(Order::Shutdown);
        if timeout(grace, self.all_ended()).await.is_err() {
            self.order_all(Order::Kill);
            if timeout(LAST_RECORDS, self.all_ended()).await.is_err() {
                tracing::error!(unrecorded = self.active.len(), "could not record every end");
            }
        }
        self.jobs.shutdown().await;
    }

    fn order_all(&self, order: Order) {
        self.active.values().for_each(|(_, orders)| orders.raise(order));
    }

    async fn all_ended(&mut self) {
        while !self.jobs.is_empty() {
            self.one_ended().await;
        }
    }

    pub(crate) fn settings(&self) -> &RunnerSettings {
        &self.settings
    }

    /// Enough that handlers cannot keep the store's calls waiting.
    pub(crate) fn blocking_threads(&self) -> usize {
        self.settings.max_concurrent.saturating_mul(2).saturating_add(8)
    }
}
