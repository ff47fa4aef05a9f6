//! What one client takes, others must not miss. Places and bytes are counted, not timed: who finds
//! none is refused at once.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use actiond_api::{Api, ApiSettings, Faces, app};
use actiond_core::access::Caller;
use actiond_core::document::{Indexed, Page, Plan, StoredDocument};
use actiond_core::memory::{ManualClock, MemoryProjectActions};
use actiond_core::once::{Digest, Receipt};
use actiond_core::ports::{
    IdentityProvider, Inserted, PageAnswer, ProjectActionRepository, StoreHealth, Swapped,
    TokenCredentials,
};
use actiond_core::project::{ActionId, ProjectId};
use actiond_core::{Error, Pending, Result};
use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Service;
use actix_web::test::{init_service, read_body};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};

use crate::client::{Ask, Client, ask};
use crate::world::World;

const ALPHA: &str = "/v2/alpha/actions";
const BETA: &str = "/v2/beta/actions";

/// Nobody waits for a place.
fn impatient() -> ApiSettings {
    ApiSettings { patience: Duration::ZERO, ..ApiSettings::default() }
}

fn create(path: &str, user: &str, id: &str, kib: usize) -> Ask {
    let body = json!({"freezer_action": {"action": "backup"}, "pad": "x".repeat(kib * 1024)});
    ask("POST", format!("{path}/{id}")).token(user).body(body.to_string())
}

/// A door that work waits before until it is opened, and a count of what has come to it.
#[derive(Default)]
struct Door {
    is_open: Mutex<bool>,
    opened: Condvar,
    came: AtomicUsize,
}

impl Door {
    fn pass(&self) {
        self.came.fetch_add(1, Ordering::SeqCst);
        let is_open = self.is_open.lock().unwrap();
        drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
    }

    fn open(&self) {
        *self.is_open.lock().unwrap() = true;
        self.opened.notify_all();
    }

    async fn has_seen(&self, count: usize) {
        while self.came.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }
}

/// Opens a door in the end, also when a test fails: a thread that waits at it would keep the failure from being told.
struct OpenAtEnd(Arc<Door>);

impl Drop for OpenAtEnd {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// A store whose searches wait at a door, and to which others come first.
struct Busy {
    inner: MemoryProjectActions,
    door: Arc<Door>,
    /// Somebody makes the same change just before the next one.
    overtaken: AtomicBool,
}

impl Busy {
    fn new(clock: Arc<ManualClock>) -> Arc<Self> {
        let inner = MemoryProjectActions::new(clock);
        Arc::new(Self { inner, door: Arc::default(), overtaken: AtomicBool::default() })
    }
}

impl ProjectActionRepository for Busy {
    fn insert(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> Pending<Inserted> {
        self.inner.insert(project, id, new)
    }

    fn insert_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Inserted> {
        self.inner.insert_once(project, id, new, receipt)
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        self.inner.recall(name)
    }

    fn update_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Swapped> {
        self.inner.update_once(project, id, expected, new, receipt)
    }

    fn find(&self, project: &ProjectId, id: &ActionId) -> Pending<Option<StoredDocument>> {
        self.inner.find(project, id)
    }

    fn update(&self, p: &ProjectId, id: &ActionId, old: u64, new: &Indexed) -> Pending<Swapped> {
        let updated = self.inner.update(p, id, old, new);
        if self.overtaken.swap(false, Ordering::SeqCst) {
            Ok(Swapped::Changed).into()
        } else {
            updated
        }
    }

    fn remove(&self, project: &ProjectId, id: &ActionId, old: Option<u64>) -> Result<Swapped> {
        self.inner.remove(project, id, old)
    }

    fn page(&self, project: &ProjectId, page: &Page) -> Result<PageAnswer> {
        self.inner.page(project, page)
    }

    fn short_page(
        &self,
        p: &ProjectId,
        page: &Page,
        at_most: usize,
    ) -> Pending<Option<PageAnswer>> {
        self.inner.short_page(p, page, at_most)
    }

    fn search(&self, project: &ProjectId, plan: &Plan, page: &Page) -> Result<PageAnswer> {
        self.door.pass();
        self.inner.search(project, plan, page)
    }
}

#[actix_web::test]
async fn slow_searches_keep_nobody_but_other_searches_waiting() {
    let clock = Arc::new(ManualClock::default());
    let store = Busy::new(clock.clone());
    let door = store.door.clone();
    let world = World::over(store, clock);
    let _open = OpenAtEnd(door.clone());
    // To be ready takes a moment.
    let answer_time = Some(Duration::from_secs(60));
    let settings = ApiSettings { max_lists: 2, max_blocking: 2, answer_time, ..impatient() };
    let client = Client::of(&world, settings).await;
    let search = || ask("GET", ALPHA).token("alice").body(r#"{"match":[{"action_id":"a"}]}"#);
    let slow = join_all([search(), search()].map(|search| client.send(search)));
    let others = async {
        door.has_seen(2).await;
        let refused = client.send(search()).await;
        assert_eq!((refused.status, refused.header("retry-after")), (503, "5"));
        for (ask, status) in [
            (create(ALPHA, "alice", "a", 1), 201),
            (ask("GET", format!("{ALPHA}/a")).token("rita"), 200),
            (ask("GET", ALPHA).token("rita"), 200),
            (ask("GET", "/readyz"), 200),
            (ask("GET", "/v1/cluster/actions").basic("admin"), 200),
            (ask("POST", "/v1/cluster/actions/check").basic("admin"), 200),
        ] {
            let answer = client.send(ask.clone()).await;
            assert_eq!(answer.status, status, "{} {}", ask.method, ask.path);
        }
        door.open();
    };
    let (slow, ()) = join(slow, others).await;
    assert!(slow.iter().all(|answer| answer.status == 200));
    assert_eq!(door.came.load(Ordering::SeqCst), 2, "no third search ran");
}

#[actix_web::test]
async fn a_change_that_is_overtaken_is_made_all_the_same() {
    let clock = Arc::new(ManualClock::default());
    let store = Busy::new(clock.clone());
    let world = World::over(store.clone(), clock);
    let client = Client::of(&world, impatient()).await;
    assert_eq!(client.send(create(ALPHA, "alice", "a", 1)).await.status, 201);
    let patch = || ask("PATCH", format!("{ALPHA}/a")).token("alice").body(r#"{"note":"x"}"#);
    let overtaken = async |ask| {
        store.overtaken.store(true, Ordering::SeqCst);
        let answer = client.send(ask).await;
        assert!(!store.overtaken.load(Ordering::SeqCst));
        answer
    };
    let patched = overtaken(patch()).await;
    assert_eq!((patched.status, patched.header("etag")), (200, "\"3\""));
    assert_eq!(overtaken(patch().header("If-Match", "\"3\"")).await.status, 412);
    let shown = client.send(ask("GET", format!("{ALPHA}/a")).token("rita")).await;
    assert_eq!(shown.header("etag"), "\"4\"");
}

#[actix_web::test]
async fn a_small_change_of_a_large_action_is_made() {
    let client = Client::of(&World::new(), impatient()).await;
    assert_eq!(client.send(create(ALPHA, "alice", "a", 64)).await.status, 201);
    let patch = ask("PATCH", format!("{ALPHA}/a")).token("alice").body(r#"{"pad":"y"}"#);
    for version in ["\"2\"", "\"3\""] {
        let patched = client.send(patch.clone()).await;
        assert_eq!((patched.status, patched.header("etag")), (200, version));
    }
}

/// A store that can be read, and waits at a door before it says that it cannot be written to.
struct SlowHealth(Arc<Door>);

impl StoreHealth for SlowHealth {
    fn ping(&self) -> Result<()> {
        Ok(())
    }

    fn try_write(&self) -> Result<()> {
        self.0.pass();
        Err(Error::Unavailable { reason: "the disk is full", cause: anyhow::anyhow!("a test") })
    }
}

#[actix_web::test]
async fn whoever_asks_whether_it_is_ready_there_is_one_write() {
    let door = Arc::new(Door::default());
    let _open = OpenAtEnd(door.clone());
    let mut world = World::new();
    world.services.health = Arc::new(SlowHealth(door.clone()));
    // Where no request has a time of its own, it waits as long as for any turn.
    let patience = Duration::from_millis(20);
    let health_age = Duration::from_secs(3600);
    let settings =
        ApiSettings { answer_time: None, patience, health_age, ..ApiSettings::default() };
    let client = Client::of(&world, settings).await;
    let ready = || ask("GET", "/readyz");
    let reason = |answer: crate::client::Answer| {
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
        answer.json()["description"].as_str().unwrap().to_owned()
    };
    for _ in 0..2 {
        // The first of them has begun it, and does not wait for it any more.
        for late in join_all([ready(), ready()].map(|ask| client.send(ask))).await {
            assert_eq!(reason(late), "what the request needs does not answer in time");
        }
    }
    door.open();
    let end = Instant::now() + Duration::from_secs(30);
    while reason(client.send(ready()).await) != "the disk is full" {
        assert!(Instant::now() < end, "nobody hears of the answer");
    }
    for _ in 0..3 {
        assert_eq!(reason(client.send(ready()).await), "the disk is full");
    }
    assert_eq!(door.came.load(Ordering::SeqCst), 1);
}

/// Knows one familiar pair; every password check waits at a door.
struct SlowPasswords(Arc<dyn IdentityProvider>, Arc<Door>);

impl IdentityProvider for SlowPasswords {
    fn by_token(&self, credentials: &TokenCredentials<'_>) -> Result<Arc<Caller>> {
        self.0.by_token(credentials)
    }

    fn by_password(&self, _: &str, _: &str) -> Result<Arc<Caller>> {
        self.1.pass();
        Err(Error::Unauthenticated)
    }

    fn familiar(&self, name: &str, password: &str) -> Result<Option<Arc<Caller>>> {
        if name == "admin" { self.0.by_password(name, password).map(Some) } else { Ok(None) }
    }
}

#[actix_web::test]
async fn wrong_passwords_do_not_keep_a_familiar_one_waiting() {
    let (mut world, door) = (World::new(), Arc::new(Door::default()));
    let _open = OpenAtEnd(door.clone());
    let identity = SlowPasswords(world.services.identity.clone(), door.clone());
    world.services.identity = Arc::new(identity);
    let settings = ApiSettings { max_password_checks: 1, ..impatient() };
    let client = Client::of(&world, settings).await;
    let by = |user: &str| ask("GET", "/v1/cluster/actions").basic(user);
    let others = async {
        door.has_seen(1).await;
        assert_eq!(client.send(by("cluster_viewer")).await.status, 503, "it would be checked");
        assert_eq!(client.send(by("admin")).await.status, 200, "it is familiar");
        door.open();
    };
    let (slow, ()) = join(client.send(by("db_viewer")), others).await;
    assert_eq!(slow.status, 401);
}

#[actix_web::test]
async fn answers_that_are_not_read_take_no_more_than_their_projects_half() {
    let world = World::new();
    let client = Client::of(&world, ApiSettings::default()).await;
    for (path, user) in [(ALPHA, "alice"), (BETA, "bob")] {
        assert_eq!(client.send(create(path, user, "big", 300)).await.status, 201);
        assert_eq!(client.send(create(path, user, "small", 1)).await.status, 201);
    }
    // Half of it holds one of the large actions, and not two.
    let settings = ApiSettings { max_answers: 1024 * 1024, ..impatient() };
    let app = init_service(app(Api::new(world.services, settings), Faces::ALL)).await;
    let get = async |path: &str, user: &str| {
        app.call(ask("GET", path).token(user).into_request().to_request()).await.unwrap()
    };
    let status = async |path: &str, user: &str| get(path, user).await.status().as_u16();
    let [list, big, small] = ["?limit=1", "/big", "/small"].map(|end| format!("{ALPHA}{end}"));
    for path in [&list, &big] {
        let held = get(path, "alice").await;
        assert_eq!(held.status(), 200);
        assert!(matches!(held.response().body().size(), BodySize::Sized(307_200..)));
        assert_eq!((status(&list, "rita").await, status(&big, "rita").await), (503, 503));
        assert_eq!((status(&small, "rita").await, status(BETA, "bob").await), (200, 200));
        drop(held);
        assert_eq!((status(&list, "rita").await, status(&big, "rita").await), (200, 200));
    }
    let read = read_body(get(&list, "alice").await).await;
    assert_eq!(serde_json::from_slice::<Value>(&read).unwrap()["actions"][0]["action_id"], "big");
    assert_eq!(status(&list, "alice").await, 200, "what was read is given back");
}

#[actix_web::test]
async fn a_page_larger_than_the_budget_comes_whole_and_in_order() {
    let settings = ApiSettings { max_answers: 2 * 1024 * 1024, ..ApiSettings::default() };
    let client = Client::of(&World::new(), ApiSettings { max_body: 100 * 1024, ..settings }).await;
    let names: Vec<_> = (0..40).map(|n| format!("n{n:02}")).collect();
    for (n, name) in names.iter().enumerate() {
        let kib = if n % 3 == 0 { 1 } else { 95 };
        assert_eq!(client.send(create(ALPHA, "alice", name, kib)).await.status, 201);
    }
    let search = "search=%7B%22match%22:%5B%7B%22action%22:%22backup%22%7D%5D%7D";
    for (query, expected) in [
        ("limit=1000", &names[..]),
        ("limit=39&offset=1", &names[1..]),
        ("limit=38&marker=n00", &names[1..39]),
        (&*format!("{search}&limit=38"), &names[..38]),
    ] {
        let page = client.send(ask("GET", format!("{ALPHA}?{query}")).token("rita")).await;
        assert_eq!((page.status, page.header("content-type")), (200, "application/json"));
        let page = page.json();
        let actions = page["actions"].as_array().unwrap().iter();
        let ids: Vec<_> = actions.map(|action| action["action_id"].as_str().unwrap()).collect();
        assert_eq!(ids, expected, "{query}");
    }
}
