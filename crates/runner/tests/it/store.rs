//! A store that can be made to fail.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use actiond_core::cluster::{ActionKey, ClusterAction, ExclusionKey, TaskId};
use actiond_core::memory::MemoryClusterActions;
use actiond_core::once::{Digest, Receipt};
use actiond_core::ports::{ClusterActionRepository, Enqueued, Inserted, Swapped};
use actiond_core::{Error, Result, Timestamp};

/// The store in memory, with switches.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) inner: Arc<MemoryClusterActions>,
    /// Nothing answers.
    pub(crate) down: AtomicBool,
    /// Nothing answers, and nothing fails either.
    pub(crate) stuck: AtomicBool,
    /// How many calls met that.
    pub(crate) waiting: AtomicUsize,
    /// The next change is made, but its answer is lost.
    pub(crate) lose_answer: AtomicBool,
    /// How many changes were made.
    pub(crate) writes: AtomicUsize,
    /// What happens right after the next change.
    pub(crate) after_write: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Store {
    pub(crate) fn over(inner: &Arc<MemoryClusterActions>) -> Self {
        Self { inner: Arc::clone(inner), ..Self::default() }
    }

    pub(crate) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::SeqCst);
    }

    fn reach(&self) -> Result<&MemoryClusterActions> {
        let is_stuck = || self.stuck.load(Ordering::SeqCst);
        self.waiting.fetch_add(usize::from(is_stuck()), Ordering::SeqCst);
        while is_stuck() {
            thread::sleep(Duration::from_millis(5));
        }
        if self.down.load(Ordering::SeqCst) { Err(out_of_reach()) } else { Ok(&self.inner) }
    }
}

fn out_of_reach() -> Error {
    Error::Unavailable { reason: "the store is out of reach", cause: anyhow::anyhow!("a test") }
}

impl ClusterActionRepository for Store {
    fn list(&self) -> Result<Vec<ClusterAction>> {
        self.reach()?.list()
    }

    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>> {
        self.reach()?.find(key)
    }

    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>> {
        self.reach()?.find_task(task)
    }

    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted> {
        self.reach()?.insert(action, exclusions)
    }

    fn enqueue(&self, action: &ClusterAction, limit: u32) -> Result<Enqueued> {
        self.reach()?.enqueue(action, limit)
    }

    fn insert_once(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        receipt: &Receipt,
    ) -> Result<Inserted> {
        self.reach()?.insert_once(action, exclusions, receipt)
    }

    fn enqueue_once(
        &self,
        action: &ClusterAction,
        limit: u32,
        receipt: &Receipt,
    ) -> Result<Enqueued> {
        self.reach()?.enqueue_once(action, limit, receipt)
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        self.reach()?.recall(name)
    }

    fn waiting(&self) -> Result<Vec<ClusterAction>> {
        self.reach()?.waiting()
    }

    fn admit(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        kept_since: Timestamp,
    ) -> Result<Inserted> {
        self.reach()?.admit(action, exclusions, kept_since)
    }

    fn update(&self, action: &ClusterAction) -> Result<Swapped> {
        let swapped = self.reach()?.update(action)?;
        self.writes.fetch_add(1, Ordering::SeqCst);
        let then = self.after_write.lock().unwrap().take();
        if let Some(then) = then {
            then();
        }
        if self.lose_answer.swap(false, Ordering::SeqCst) {
            return Err(out_of_reach());
        }
        Ok(swapped)
    }

    fn remove(&self, action: &ClusterAction) -> Result<Swapped> {
        self.reach()?.remove(action)
    }

    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>> {
        self.reach()?.queued(limit)
    }

    fn owned(&self) -> Result<Vec<ClusterAction>> {
        self.reach()?.owned()
    }
}
