//! A runner with everything around it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::Result;
use actiond_core::access::{Caller, ClusterPass, ClusterRole, cluster_permission as may};
use actiond_core::cluster::{
    ActionDefinition, ActionKey, ActionName, ActionStatus, Catalog, ClusterAction,
};
use actiond_core::memory::{ManualClock, MemoryClusterActions};
use actiond_core::ports::ClusterActionRepository;
use actiond_core::usecase::{ClusterActions, Execution, StartRequest};
use actiond_runner::{
    CommandLine, RandomIds, Registry, Runner, RunnerHandle, RunnerSettings, Work,
};
use serde_json::Map;
use tempfile::TempDir;

use crate::store::Store;

/// Far longer than anything here takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// Waits until `condition` answers something.
#[track_caller]
pub(crate) fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "waited in vain for {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// What one test needs; the defaults suit most.
pub(crate) struct World {
    pub(crate) memory: Arc<MemoryClusterActions>,
    pub(crate) store: Arc<Store>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) catalog: Arc<Catalog>,
    pub(crate) registry: Registry,
    pub(crate) settings: RunnerSettings,
    /// A folder for what commands leave, in their environment as `DIR`.
    pub(crate) folder: TempDir,
}

/// A world with one action, `work`.
pub(crate) fn world(work: Work) -> World {
    World::new([("work", work)], |_| {})
}

/// Work that is a shell script.
pub(crate) fn sh(script: &str) -> Work {
    Work::Command(CommandLine::new("/bin/sh", ["-c", script]))
}

/// Work that is a Python script.
pub(crate) fn python(script: &str) -> Work {
    Work::Command(CommandLine::new("python3", ["-c", script]))
}

pub(crate) fn key(name: &str) -> ActionKey {
    ActionKey::cluster(ActionName::parse(name).unwrap())
}

impl World {
    pub(crate) fn new<'a>(
        works: impl IntoIterator<Item = (&'a str, Work)>,
        define: impl Fn(&mut ActionDefinition),
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let mut definitions = Vec::new();
        let mut registry = Registry::new();
        for (name, mut work) in works {
            let name = ActionName::parse(name).unwrap();
            if let Work::Command(line) = &mut work {
                let path = folder.path().to_str().unwrap().to_owned();
                line.environment = BTreeMap::from([("DIR".to_owned(), path)]);
            }
            let mut definition = ActionDefinition::new(name.clone());
            define(&mut definition);
            definitions.push(definition);
            registry = registry.with(name, work);
        }
        let memory = Arc::new(MemoryClusterActions::default());
        Self {
            store: Arc::new(Store::over(&memory)),
            memory,
            clock: Arc::default(),
            catalog: Arc::new(Catalog::new(definitions).unwrap()),
            registry,
            settings: RunnerSettings {
                poll_interval: Duration::from_millis(20),
                progress_interval: Duration::ZERO,
                lease: Duration::from_secs(3600),
                max_concurrent: 64,
                ..RunnerSettings::new("first")
            },
            folder,
        }
    }

    /// A runner over this world's store.
    pub(crate) fn runner(&self) -> Runner {
        self.runner_over(Arc::clone(&self.store) as _, self.settings.clone())
    }

    pub(crate) fn runner_over(
        &self,
        repository: Arc<dyn ClusterActionRepository>,
        settings: RunnerSettings,
    ) -> Runner {
        let execution = Execution { repository, clock: Arc::clone(&self.clock) as _ };
        let (catalog, registry) = (Arc::clone(&self.catalog), self.registry.clone());
        Runner::new(execution, catalog, registry, settings).unwrap()
    }

    /// What clients can do, past any trouble of the store.
    pub(crate) fn actions(&self, runner: &Runner) -> Client {
        let actions = ClusterActions {
            repository: Arc::clone(&self.memory) as _,
            catalog: Arc::clone(&self.catalog),
            clock: Arc::clone(&self.clock) as _,
            ids: Arc::new(RandomIds),
            signal: runner.signal(),
        };
        Client(actions)
    }

    /// Runs a runner on a thread.
    pub(crate) fn run(&self) -> Running {
        let runner = self.runner();
        Running { client: self.actions(&runner), handle: Some(runner.spawn().unwrap()) }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A client of the use cases.
#[derive(Clone)]
pub(crate) struct Client(ClusterActions);

impl Client {
    pub(crate) fn start(&self, name: &str) -> ClusterAction {
        self.start_with(name, Map::new()).unwrap()
    }

    pub(crate) fn start_with(
        &self,
        name: &str,
        request: impl Into<StartRequest>,
    ) -> Result<ClusterAction> {
        let pass = ClusterPass::<may::Start>::grant(admin()).unwrap();
        self.0.start(&pass, name, request).map(|started| started.action)
    }

    pub(crate) fn cancel(&self, name: &str) {
        let pass = ClusterPass::<may::Cancel>::grant(admin()).unwrap();
        self.0.cancel(&pass, name).unwrap();
    }

    pub(crate) fn show(&self, name: &str) -> ClusterAction {
        self.0.repository.find(&key(name)).unwrap().expect("an action of this name")
    }

    /// Waits until the action is as `condition` wants it.
    #[track_caller]
    pub(crate) fn until(
        &self,
        name: &str,
        condition: impl Fn(&ClusterAction) -> bool,
    ) -> ClusterAction {
        wait_for(name, || Some(self.show(name)).filter(|action| condition(action)))
    }

    /// Waits until the work has said that it is at 1 percent or more.
    #[track_caller]
    pub(crate) fn until_at_work(&self, name: &str) -> ClusterAction {
        self.until(name, |action| action.progress.percent() >= 1.0)
    }

    /// Waits until the action has ended, and checks how.
    #[track_caller]
    pub(crate) fn ends(&self, name: &str, status: ActionStatus) -> ClusterAction {
        let action = self.until(name, |action| action.status.is_terminal());
        assert_eq!(action.status, status, "{action:?}");
        assert!(action.ended_at.is_some() && action.lease.is_none(), "{action:?}");
        action
    }
}

fn admin() -> Arc<Caller> {
    Arc::new(Caller {
        user_id: "1".to_owned(),
        name: "admin".to_owned(),
        cluster_roles: vec![ClusterRole::Admin],
        ..Caller::default()
    })
}

/// A runner on its thread; stopped, and its work killed, at the end of the test.
pub(crate) struct Running {
    pub(crate) client: Client,
    handle: Option<RunnerHandle>,
}

impl Running {
    pub(crate) fn shutdown(&mut self, grace: Duration) {
        self.handle.take().expect("runs").shutdown(grace);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(handle) = self.handle.take() {
            handle.shutdown(Duration::ZERO);
        }
    }
}

impl std::ops::Deref for Running {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

/// The failure's code and message.
pub(crate) fn failure(action: &ClusterAction) -> (&str, &str) {
    let failure = action.failure.as_ref().expect("a failure");
    (&failure.code, &failure.message)
}

/// Waits until a file holds a whole line, and answers it.
#[track_caller]
pub(crate) fn line_of(path: &Path) -> String {
    wait_for("a line in a file", || {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        text.strip_suffix('\n').map(str::to_owned)
    })
}
