//! Fills a store with project actions as backup clients make them.
//!
//! `cargo run --release -p actiond-persistence --example fill -- URL PROJECT COUNT`
//!
//! Ten of them, evenly spread, have `"container": "needle"`: something for a search to find.
#![expect(clippy::unwrap_used, reason = "a tool that stops where something fails")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use actiond_core::memory::ManualClock;
use actiond_core::project::{ActionId, ProjectAction, ProjectActionBody, ProjectId};
use actiond_persistence::{Store, StoreOptions};
use serde_json::{Value, json};

/// Writers at once: what they write goes to the disk together.
const THREADS: usize = 128;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, project, count] = &arguments[..] else {
        eprintln!("usage: fill URL PROJECT COUNT");
        std::process::exit(2);
    };
    let count: u64 = count.parse().unwrap();
    let store = Store::open(url, StoreOptions::new(Arc::new(ManualClock::default()))).unwrap();
    store.migrate().unwrap();
    let (actions, project) = (store.project_actions(), ProjectId::new(project));
    let (next, began) = (AtomicU64::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= count {
                        break;
                    }
                    let id = ActionId::parse(&scattered(n)).unwrap();
                    let body = ProjectActionBody::new(body(n, count)).unwrap();
                    let (project, id, user) = (project.clone(), id, scattered(n % 20 + (1 << 40)));
                    let action = ProjectAction::create(project.clone(), id.clone(), user, body);
                    actions.insert(&project, &id, &action.unwrap().into_indexed()).wait().unwrap();
                }
            });
        }
    });
    let seconds = began.elapsed().as_secs_f64();
    println!("{count} actions in {seconds:.1} s, {:.0} per second", count as f64 / seconds);
}

/// 32 hex digits, the same for the same number.
fn scattered(n: u64) -> String {
    let mix = |seed: u64| {
        let z = (n + seed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z ^ (z >> 31)
    };
    format!("{:016x}{:016x}", mix(1), mix(2))
}

/// What a client sends for the action of this number.
fn body(n: u64, count: u64) -> Value {
    let host = format!("host-{:05}.example.net", n % 5000);
    let spread = (count / 10).max(1);
    let container =
        if n % spread == spread / 2 { "needle".into() } else { format!("backups-{}", n % 50) };
    json!({
        "freezer_action": {
            "action": if n % 4 == 3 { "restore" } else { "backup" },
            "mode": if n.is_multiple_of(3) { "cinder" } else { "fs" },
            "storage": "swift",
            "engine_name": "tar",
            "backup_name": format!("nightly-{host}-{n}"),
            "container": container,
            "path_to_backup": format!("/srv/data/{}/volume-{n}", n % 97),
            "hostname": host,
            "no_incremental": n.is_multiple_of(2),
            "max_level": 6,
            "log_file": "/var/log/freezer-agent.log",
        },
        "description": format!("nightly backup {n}"),
        "job_schedule": {
            "schedule_interval": "24 hours",
            "schedule_start_date": format!("2026-{:02}-{:02}T02:00:00", n % 12 + 1, n % 28 + 1),
            "status": "scheduled",
        },
        "max_retries": 5,
        "max_retries_interval": 6,
        "mandatory": n.is_multiple_of(7),
    })
}
