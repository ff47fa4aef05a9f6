//! Several servers on one database: each has a store of its own.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use actiond_core::access::ClusterRole;
use actiond_core::cluster::{
    ActionEvent, ActionKey, ActionName, Catalog, ClusterAction, ExclusionKey, TaskId,
};
use actiond_core::document::Page;
use actiond_core::identity::{SigningKey, User};
use actiond_core::memory::ManualClock;
use actiond_core::ports::{
    Clock as _, Enqueued, Inserted, PageAnswer, ProjectActionRepository, RunnerSignal, Swapped,
    UserRemoval,
};
use actiond_core::project::ActionId;
use actiond_persistence::{Store, StoreOptions};
use uuid::Uuid;

use crate::postgres::Postgres;
use crate::support::{Database, insert, project};

/// So many servers on a new database, and its URL.
fn servers<const N: usize>() -> ([Store; N], String) {
    let url = Database::Postgres.empty();
    // Who waits for a lock waits for as long as a test may take.
    let answer_time = Duration::from_secs(60);
    let options = StoreOptions::new(Arc::new(ManualClock::default()));
    let open = || Store::open(&url, StoreOptions { answer_time, ..options.clone() }).unwrap();
    (std::array::from_fn(|_| open()), url)
}

fn queued(number: u64, name: &str) -> ClusterAction {
    let key = ActionKey::cluster(ActionName::parse(name).unwrap());
    let task = TaskId(Uuid::from_u64_pair(number, rand_like(number)));
    ClusterAction::queued(task, key, Default::default(), "ann".into(), ManualClock::default().now())
}

fn rand_like(number: u64) -> u64 {
    number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

fn keys(names: &[&str]) -> Vec<ExclusionKey> {
    let key = |name: &&str| ActionKey::cluster(ActionName::parse(name).unwrap());
    names.iter().flat_map(|name| Catalog::default().exclusions(&key(name))).collect()
}

/// What the walk of a client sees that goes on from the last id that it has seen.
fn walk(
    store: &dyn ProjectActionRepository,
    seen: &mut Vec<String>,
    is_complete: impl Fn() -> bool,
) {
    loop {
        let was_complete = is_complete();
        let after = seen.last().map(|id| ActionId::parse(id).unwrap());
        let page = Page { limit: 7, after, ..Page::default() };
        let PageAnswer::Documents(found) = store.page(&project(), &page).unwrap() else { panic!() };
        if found.is_empty() && was_complete {
            return;
        }
        seen.extend(found.iter().map(|document| {
            let document: serde_json::Value = serde_json::from_str(&document.text).unwrap();
            document["action_id"].as_str().unwrap().to_owned()
        }));
    }
}

#[test]
fn a_walk_meets_what_all_servers_add_once_each() {
    let (servers, _) = servers::<3>();
    let mut seen = vec![];
    thread::scope(|scope| {
        let write = |writer: usize| {
            let actions = servers[writer % 3].project_actions();
            scope.spawn(move || {
                (0..60).for_each(|n| insert(&*actions, &format!("a{writer}-{n}")).unwrap());
            })
        };
        let writers: Vec<_> = (0..12).map(write).collect();
        let actions = servers[0].project_actions();
        walk(&*actions, &mut seen, || writers.iter().all(|writer| writer.is_finished()));
    });
    assert_eq!(seen.len(), 720);
    assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 720);
}

#[test]
fn one_of_all_servers_wins_and_nobody_waits_for_ever() {
    let (servers, _) = servers::<3>();
    for round in 0..20 {
        let begun = Instant::now();
        let stored = thread::scope(|scope| {
            let tries: Vec<_> = (0..12_u64)
                .map(|number| {
                    let actions = servers[number as usize % 3].cluster_actions();
                    scope.spawn(move || {
                        // Two actions that exclude each other, whose keys come in every order.
                        let name = if number % 2 == 0 { "a" } else { "b" };
                        let mut held = keys(&["a", "b", "c"]);
                        held.rotate_left(number as usize % 3);
                        actions.insert(&queued(round * 100 + number, name), &held).unwrap()
                    })
                })
                .collect();
            let outcomes = tries.into_iter().map(|thread| thread.join().unwrap());
            outcomes.filter(|outcome| *outcome == Inserted::Stored).count()
        });
        assert_eq!(stored, 1, "round {round}");
        // A deadlock is found after a second.
        assert!(begun.elapsed() < Duration::from_secs(1), "round {round}");
        let [mut winner] =
            <[_; 1]>::try_from(servers[0].cluster_actions().list().unwrap()).unwrap();
        assert!(winner.apply(ActionEvent::Cancel, ManualClock::default().now()));
        assert_eq!(servers[1].cluster_actions().update(&winner).unwrap(), Swapped::Updated);
        winner.revision += 1;
        assert_eq!(servers[2].cluster_actions().remove(&winner).unwrap(), Swapped::Updated);
    }
}

fn admin(name: &str) -> User {
    User {
        id: name.to_owned(),
        name: name.to_owned(),
        password_hash: String::new(),
        cluster_roles: vec![ClusterRole::Admin],
        grants: vec![],
        created_at: ManualClock::default().now(),
        uid: 0,
        email: None,
        password_issued_at: ManualClock::default().now(),
    }
}

#[test]
fn the_last_admin_stays_whoever_removes_whom() {
    let (servers, _) = servers::<2>();
    for _ in 0..20 {
        for name in ["ann", "bob"] {
            let _ = servers[0].users().insert(&admin(name)).unwrap();
        }
        let removals = thread::scope(|scope| {
            let remove = |server: usize, name: &'static str| {
                let users = servers[server].users();
                let seen = users.find_by_name(name).unwrap().unwrap();
                scope.spawn(move || users.remove(&seen).unwrap())
            };
            [remove(0, "ann"), remove(1, "bob")].map(|thread| thread.join().unwrap())
        });
        assert!(removals.contains(&UserRemoval::LastAdmin), "{removals:?}");
        assert!(removals.contains(&UserRemoval::Removed), "{removals:?}");
    }
}

#[test]
fn another_password_outlives_a_change_of_the_same_moment() {
    let (servers, _) = servers::<2>();
    let [one, other] = [servers[0].users(), servers[1].users()];
    one.insert(&admin("ann")).unwrap();
    for round in 0..200 {
        let seen = one.find_by_name("ann").unwrap().unwrap();
        let wanted = User { email: Some(format!("{round}@a.example")), ..seen.clone() };
        let hash = format!("hash {round}");
        thread::scope(|scope| {
            scope.spawn(|| one.update(&seen, &wanted).unwrap());
            scope.spawn(|| other.set_password("ann", &hash, seen.created_at).unwrap());
        });
        let found = one.find_by_name("ann").unwrap().unwrap();
        assert_eq!(found.password_hash, hash, "round {round}");
    }
}

/// One has looked at the line and is held up, its last leaves, and another comes.
#[test]
fn a_line_is_never_longer_than_it_may_be() {
    let (servers, url) = servers::<2>();
    let [one, other] = [servers[0].cluster_actions(), servers[1].cluster_actions()];
    let mut last = queued(1, "b");
    assert_eq!(one.enqueue(&last, 1).unwrap(), Enqueued::Waits);
    let mut slow = Psql::of(&url);
    slow.say(
        r#"BEGIN; INSERT INTO cluster_actions SELECT (jsonb_populate_record(
               run, '{"task_id": "slow", "name": "slow", "turn": 2}')).* FROM cluster_actions run"#,
    );
    slow.until_locked("relation = 'cluster_actions_waiting'::regclass");
    let waits = "NOT granted";
    let outcomes = thread::scope(|scope| {
        let first = scope.spawn(|| one.enqueue(&queued(2, "a"), 1).unwrap());
        slow.until_locked(waits);
        assert!(last.apply(ActionEvent::Cancel, ManualClock::default().now()));
        assert_eq!(one.update(&last).unwrap(), Swapped::Updated);
        let second = scope.spawn(|| other.enqueue(&queued(3, "a"), 1).unwrap());
        let end = Instant::now() + Duration::from_secs(30);
        while !second.is_finished() && slow.locks(waits) < 2 {
            assert!(Instant::now() < end, "the second neither waits nor ends");
        }
        slow.say("ROLLBACK");
        [first, second].map(|thread| thread.join().unwrap())
    });
    assert_eq!(outcomes, [Enqueued::Waits, Enqueued::Full]);
    assert_eq!(one.waiting().unwrap().len(), 1);
}

#[test]
fn servers_that_start_together_make_one_signing_key() {
    let (servers, _) = servers::<4>();
    let now = ManualClock::default().now();
    let key = |id: String| SigningKey { id, secret: vec![0; 32], made_at: now, good_until: None };
    for round in 0..20 {
        let all = servers[0].signing_keys().list().unwrap();
        let last = all.first().map(|key| key.id.as_str());
        let stored = thread::scope(|scope| {
            let keys = servers.each_ref().map(|server| server.signing_keys());
            let tries: Vec<_> = (0..4)
                .map(|server| {
                    let (keys, new) = (keys[server].clone(), key(format!("{round}-{server}")));
                    scope.spawn(move || keys.rotate_after(last, &new, now).unwrap())
                })
                .collect();
            let outcomes = tries.into_iter().map(|thread| thread.join().unwrap());
            outcomes.filter(|outcome| *outcome == Inserted::Stored).count()
        });
        assert_eq!(stored, 1, "round {round}");
        assert_eq!(servers[1].signing_keys().list().unwrap().len(), 1, "round {round}");
    }
}

#[derive(Default)]
struct Bell(AtomicU32);

impl RunnerSignal for Bell {
    fn ring(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }

    /// Waits until it has rung more than `before`.
    #[track_caller]
    fn until_more_than(&self, before: u32) {
        let begun = Instant::now();
        while self.rings() <= before {
            assert!(begun.elapsed() < Duration::from_secs(30), "it does not ring");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

#[test]
fn every_server_hears_what_is_queued_and_what_is_to_be_cancelled() {
    let ([server, other], url) = servers::<2>();
    let bell = Arc::new(Bell::default());
    let watch = server.watch(bell.clone()).unwrap();
    bell.until_more_than(0);
    let mut action = queued(1, "a");
    let actions = other.cluster_actions();
    let rung = bell.rings();
    actions.insert(&action, &[]).unwrap();
    bell.until_more_than(rung);
    let rung = bell.rings();
    assert!(action.apply(ActionEvent::Cancel, ManualClock::default().now()));
    actions.update(&action).unwrap();
    action.revision += 1;
    // It was queued, so that ended it, and there is nothing to hear; a running one is to be cancelled.
    let mut running = queued(2, "b");
    actions.insert(&running, &[]).unwrap();
    bell.until_more_than(rung);
    running.cancel_requested = true;
    let rung = bell.rings();
    actions.update(&running).unwrap();
    bell.until_more_than(rung);

    // A connection that is lost is made again; it rings for what it may have missed.
    let rung = bell.rings();
    let name = Postgres::name_of(&url);
    let cut =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    Postgres::shared().sql("postgres", &cut);
    bell.until_more_than(rung);
    drop(watch);
}

/// Somebody else's session with a store's database, as long as it lives.
struct Psql {
    process: Child,
    name: String,
}

impl Psql {
    fn of(url: &str) -> Self {
        let name = Postgres::name_of(url).to_owned();
        let mut psql = Postgres::shared().program("psql");
        psql.args(["--username", "postgres", "--dbname", &name, "--quiet"]);
        psql.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { process: psql.spawn().unwrap(), name }
    }

    /// Has it do something, and does not wait for that.
    fn say(&mut self, sql: &str) {
        let input = self.process.stdin.as_mut().unwrap();
        input.write_all(format!("{sql};\n").as_bytes()).unwrap();
    }

    /// How many locks in this database are such, as another session sees it.
    fn locks(&self, such: &str) -> u32 {
        let all = "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)";
        let count = format!("{all} WHERE datname = current_database() AND {such}");
        Postgres::shared().sql(&self.name, &count).parse().unwrap()
    }

    #[track_caller]
    fn until_locked(&self, such: &str) {
        let begun = Instant::now();
        while self.locks(such) == 0 {
            assert!(begun.elapsed() < Duration::from_secs(30), "nobody locks {such}");
        }
    }
}

impl Drop for Psql {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

/// A server that stands still with the order in its hands.
#[test]
fn a_server_that_stands_still_keeps_nobody_waiting_for_long() {
    let url = Database::Postgres.empty();
    let options = StoreOptions {
        answer_time: Duration::from_secs(2),
        ..StoreOptions::new(Arc::new(ManualClock::default()))
    };
    let server = Store::open(&url, options).unwrap();
    let actions = server.project_actions();
    insert(&*actions, "a").unwrap();
    let mut hold = Psql::of(&url);
    // As a server's own session does, it lets go after a quarter of the time to answer.
    hold.say("SET idle_in_transaction_session_timeout = 500");
    hold.say("BEGIN; SELECT pg_advisory_xact_lock(x'616374696f6e6401'::bigint)");
    hold.until_locked("locktype = 'advisory' AND granted");
    let begun = Instant::now();
    insert(&*actions, "b").unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

/// Whoever comes first migrates, and the others go on with what it has left.
#[test]
fn new_servers_that_start_together_migrate_once_and_then_nobody_does() {
    let url = Database::Postgres.new_url();
    // Who waits for a lock waits for as long as a test may take.
    let answer_time = Duration::from_secs(60);
    let options = StoreOptions::new(Arc::new(ManualClock::default()));
    let open = || Store::open(&url, StoreOptions { answer_time, ..options.clone() }).unwrap();
    let servers: [Store; 4] = std::array::from_fn(|_| open());
    thread::scope(|scope| {
        for server in &servers {
            scope.spawn(|| {
                server.migrate().unwrap();
                server.keep_schema().unwrap();
            });
        }
    });
    let newest = "DELETE FROM __diesel_schema_migrations WHERE version = '0001'";
    Postgres::shared().sql(Postgres::name_of(&url), newest);
    let newer = open();
    let refused = newer.migrate().unwrap_err();
    assert!(refused.to_string().contains("servers are at work"), "{refused}");
    let late = newer.keep_schema().unwrap_err();
    assert!(late.to_string().contains("lacks 0001"), "{late}");
    drop(servers);
    // The database hears a moment later that they have gone.
    let deadline = Instant::now() + Duration::from_secs(60);
    while newer.migrate().unwrap_err().to_string().contains("servers are at work") {
        assert!(Instant::now() < deadline, "servers that have gone are at work");
    }
    // Nothing of a migration that fails is kept: the table is there.
    assert_eq!(newer.pending_migrations().unwrap(), ["0001"]);
}
