//! Measures the operations on a store that `fill` made.
//!
//! `cargo run --release -p actiond-persistence --example measure -- sqlite:PATH PROJECT`
#![expect(clippy::unwrap_used, reason = "a tool that stops where something fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use actiond_core::document::{Page, Search};
use actiond_core::memory::ManualClock;
use actiond_core::ports::{PageAnswer, ProjectActionRepository};
use actiond_core::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};
use actiond_persistence::{Store, StoreOptions};
use serde_json::{Value, json};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, project] = &arguments[..] else {
        eprintln!("usage: measure sqlite:PATH PROJECT");
        std::process::exit(2);
    };
    let began = Instant::now();
    let store = Store::open(url, StoreOptions::new(Arc::new(ManualClock::default()))).unwrap();
    store.take_alone().unwrap();
    store.migrate().unwrap();
    store.health().ping().unwrap();
    println!("{:<44}{:>12}", "start", micros(began.elapsed()));
    let kept = Kept { actions: store.project_actions(), project: ProjectId::new(project) };
    let (count, ids) = kept.walk();
    println!("{:<44}{:>12}", "actions", count);
    kept.reads(count, &ids);
    kept.searches();
    kept.creates(1, 2000);
    kept.creates(64, 20000);
    println!("{:<44}{:>12}", "resident memory", resident());
}

/// Of so many ids, one is kept to find it again.
const SAMPLED: usize = 50;

struct Kept {
    actions: Arc<dyn ProjectActionRepository>,
    project: ProjectId,
}

impl Kept {
    fn page(&self, limit: u32, after: Option<ActionId>, skip: u64) -> Vec<String> {
        let page = Page { limit, after, skip, ..Page::default() };
        documents(self.actions.page(&self.project, &page).unwrap())
    }

    /// How many actions there are, and some of their ids.
    fn walk(&self) -> (u64, Vec<ActionId>) {
        let (mut count, mut ids, mut after) = (0, vec![], None);
        loop {
            let page = self.page(1000, after, 0);
            let Some(last) = page.last() else { return (count as u64, ids) };
            after = Some(id_of(last));
            count += page.len();
            ids.extend(page.iter().step_by(SAMPLED).map(|text| id_of(text)));
        }
    }

    fn reads(&self, all: u64, ids: &[ActionId]) {
        let mut n = 0;
        timed("find, anywhere", 50_000, || {
            n = (n + 1_000_003) % ids.len();
            assert!(self.actions.find(&self.project, &ids[n]).wait().unwrap().is_some());
        });
        for (name, skip) in [("begin", 0), ("middle", all / 2), ("end", all - 10)] {
            timed(&format!("page of 10 at the {name}"), 2000, || {
                assert_eq!(self.page(10, None, skip).len(), 10);
            });
        }
        let middle = &ids[ids.len() / 2];
        timed("page of 10 behind a marker", 2000, || {
            self.page(10, Some(middle.clone()), 0);
        });
    }

    fn searches(&self) {
        for (name, search) in [
            ("match finding 10", json!({"match": [{"container": "needle"}]})),
            (
                "match finding 10, with a common one",
                json!({"match": [{"storage": "swift"}, {"container": "needle"}]}),
            ),
            ("match finding all", json!({"match": [{"storage": "swift"}]})),
            ("match_not finding many", json!({"match_not": [{"mode": "fs"}]})),
            ("match finding none", json!({"match": [{"container": "nothing"}]})),
            ("substring finding 10", json!({"match": [{"_all": "Needle"}]})),
            ("substring of a number finding few", json!({"match": [{"_all": "volume-77"}]})),
            ("substring finding none", json!({"match": [{"_all": "nowhere"}]})),
            ("substring of two finding all", json!({"match": [{"_all": "ht"}]})),
            ("substring of two finding none", json!({"match": [{"_all": "zq"}]})),
            ("substring of one finding all", json!({"match": [{"_all": "e"}]})),
        ] {
            let plan = Search::parse(&search).unwrap().plan(&self.project);
            let mut found = 0;
            let page = Page::default();
            let once = || {
                found = documents(self.actions.search(&self.project, &plan, &page).unwrap()).len();
            };
            timed(name, 300, once);
            assert!(found == 10 || !name.contains("10"), "{name}: {found}");
        }
    }

    fn creates(&self, threads: u64, count: u64) {
        let (next, began) = (AtomicU64::new(0), Instant::now());
        let stamp = std::process::id();
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    loop {
                        let n = next.fetch_add(1, Ordering::Relaxed);
                        if n >= count {
                            break;
                        }
                        let id = ActionId::parse(&format!("m-{stamp}-{threads}-{n}")).unwrap();
                        let body = json!({"freezer_action": {
                            "action": "backup", "mode": "fs", "storage": "swift",
                            "backup_name": format!("measured-{stamp}-{n}"), "container": "measured",
                            "path_to_backup": format!("/srv/measured/{stamp}/{n}"),
                        }});
                        let body = ProjectActionBody::new(body).unwrap();
                        let action = ProjectAction::create(
                            self.project.clone(),
                            id.clone(),
                            "u".into(),
                            body,
                        );
                        self.actions
                            .insert(&self.project, &id, &action.unwrap().into_indexed())
                            .wait()
                            .unwrap();
                    }
                });
            }
        });
        let rate = count as f64 / began.elapsed().as_secs_f64();
        println!("{:<44}{rate:>10.0}/s", format!("create from {threads}"));
    }
}

fn documents(answer: PageAnswer) -> Vec<String> {
    let PageAnswer::Documents(documents) = answer else { panic!("the marker is unknown") };
    documents.into_iter().map(|document| document.text).collect()
}

fn id_of(text: &str) -> ActionId {
    let document: Value = serde_json::from_str(text).unwrap();
    ActionId::parse(document["action_id"].as_str().unwrap()).unwrap()
}

/// Prints the median of so many runs, or of as many as fit into two seconds.
fn timed(name: &str, times: usize, mut work: impl FnMut()) {
    let (mut taken, began) = (vec![], Instant::now());
    while taken.len() < times && began.elapsed() < Duration::from_secs(2) {
        let before = Instant::now();
        work();
        taken.push(before.elapsed());
    }
    taken.sort_unstable();
    println!("{name:<44}{:>12}", micros(taken[taken.len() / 2]));
}

fn micros(duration: Duration) -> String {
    format!("{:.1} us", duration.as_secs_f64() * 1e6)
}

/// What the process has in memory, as Linux tells.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap_or("unknown").trim().to_owned()
}
