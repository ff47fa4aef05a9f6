//! The server stops, or is killed: nothing is stuck, nothing is left behind, nothing is lost.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};

use crate::harness::{Client, Server, Setup, gate, path_of, sh, until};

/// Work that does not care for SIGTERM, and has a child in another group that does not either.
fn stubborn(name: &str, more: &str) -> String {
    let child = "(trap '' TERM; setsid sh -c 'while :; do sleep 0.1; done' > /dev/null 2>&1 &)";
    sh(name, &format!("trap '' TERM; {child}; {}", gate("go", "")), more)
}

fn start(config: &[String]) -> (Server, Client) {
    let server = Server::start_with(Setup::with_config(&config.concat()));
    let client = server.client().admin();
    (server, client)
}

fn touch(server: &Server, file: &str) {
    fs::write(server.folder().join(file), "").unwrap();
}

fn task_of(action: &Value) -> String {
    action["task_id"].as_str().unwrap().to_owned()
}

/// The processes of a task, as /proc shows them.
fn processes_of(task: &str) -> Vec<String> {
    let mark = format!("ACTIOND_TASK_ID={task}");
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let belongs = |entry: &fs::DirEntry| {
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == mark.as_bytes())
    };
    processes.filter(belongs).map(|entry| entry.path().display().to_string()).collect()
}

#[track_caller]
fn assert_aborted(action: &Value, reason: &str) {
    assert_eq!(action["status"], "aborted", "{action}");
    assert_eq!(action["error_code"], "internal_error");
    assert_eq!(action["error_message"], reason);
}

#[test]
fn sigterm_leaves_no_child_and_says_why() {
    let settings = "[server]\nshutdown_grace = \"1s\"\n".to_owned();
    let (mut server, client) =
        start(&[settings, sh("polite", &gate("go", ""), ""), stubborn("stubborn", "")]);
    let tasks: Vec<_> =
        ["polite", "stubborn"].map(|name| task_of(&client.start(name))).into_iter().collect();
    for name in ["polite", "stubborn"] {
        client.until_at_work(name);
    }
    assert!(tasks.iter().all(|task| !processes_of(task).is_empty()));
    server.stop();
    for task in &tasks {
        assert_eq!(processes_of(task), [""; 0]);
    }
    server.start_again();
    let client = server.client().admin();
    for name in ["polite", "stubborn"] {
        let action = client.show(name);
        assert_aborted(&action, "the server was stopped");
        assert_eq!(action["progress"], 10.0);
    }
}

#[test]
fn sigterm_stops_accepting_and_lets_work_end_within_the_grace() {
    let settings = "[server]\nshutdown_grace = \"1h\"\n".to_owned();
    let script = format!("trap '' TERM; {}", gate("go", "touch ended"));
    let (mut server, client) =
        start(&[settings, sh("work", &script, ""), sh("next", "touch next", "")]);
    client.start("work");
    client.until_at_work("work");
    server.signal(Signal::SIGTERM);
    let address = server.url().trim_start_matches("http://").to_owned();
    until("connections are refused", || TcpStream::connect(&address).is_err());
    assert!(server.is_running(), "it waits for the work");
    touch(&server, "go");
    server.wait();
    assert!(server.folder().join("ended").exists());
    server.start_again();
    assert_aborted(&server.client().admin().show("work"), "the server was stopped");
}

#[test]
fn sigint_stops_it_too() {
    let (mut server, client) = start(&[sh("work", &gate("go", ""), "")]);
    client.start("work");
    client.until_at_work("work");
    server.signal(Signal::SIGINT);
    server.wait();
    server.start_again();
    assert_aborted(&server.client().admin().show("work"), "the server was stopped");
}

#[test]
fn requests_that_are_under_way_are_answered() {
    let (mut server, _) = start(&[]);
    let client = server.client().project_admin();
    let created = AtomicUsize::new(0);
    let create = |writer: usize| {
        let mut acknowledged = Vec::new();
        for number in 0.. {
            let id = format!("{writer}-{number}");
            let action = json!({"action_id": id, "freezer_action": {"action": "info"}});
            let body = action.to_string();
            match client.try_send("POST", "/v2/default/actions", Some(body.as_bytes())) {
                // Whatever is answered while it stops is answered in full.
                Ok(answer) => drop(answer.expect(201)),
                Err(_) => return acknowledged,
            }
            created.fetch_add(1, Ordering::Relaxed);
            acknowledged.push(id);
        }
        acknowledged
    };
    let acknowledged: Vec<String> = thread::scope(|scope| {
        let create = &create;
        let writers: Vec<_> = (0..8).map(|writer| scope.spawn(move || create(writer))).collect();
        until("they write", || created.load(Ordering::Relaxed) > 200);
        server.stop();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect()
    });
    server.start_again();
    let client = server.client().project_admin();
    for id in acknowledged {
        client.get(&format!("/v2/default/actions/{id}")).expect(200);
    }
}

#[test]
fn after_a_kill_the_old_work_is_gone_before_anything_else_begins() {
    // Whoever holds the lock is alone; the old work's child holds it too.
    let alone = "exec 9>>lock; flock -n 9 || touch overlap";
    let first = format!("{alone}; trap '' TERM; {}", gate("go", ""));
    let config = [
        "[runner]\nmax_concurrent = 1\n".to_owned(),
        sh("first", &first, ""),
        sh("second", &format!("{alone}; touch second"), ""),
    ];
    let (mut server, client) = start(&config);
    let task = task_of(&client.start("first"));
    client.until_at_work("first");
    let queued = client.start("second");
    assert_eq!(client.show("second")["status"], "queued");
    server.kill();
    assert_ne!(processes_of(&task), [""; 0], "the old work goes on");

    server.start_again();
    let client = server.client().admin();
    let second = client.until_status("second", "completed");
    assert_eq!(second["task_id"], queued["task_id"], "what was queued runs");
    assert!(server.folder().join("second").exists());
    let first = client.show("first");
    assert_aborted(&first, "the server stopped while the action was running");
    assert_eq!((task_of(&first), &first["progress"]), (task.clone(), &json!(10.0)));
    assert_eq!(processes_of(&task), [""; 0]);
    client.start("first");
    client.until_at_work("first");
    assert!(!server.folder().join("overlap").exists(), "two at once");
    touch(&server, "go");
    client.until_status("first", "completed");
}

#[test]
fn after_a_kill_what_was_ended_is_still_there() {
    let report = r#"echo '{"error_code": "insufficient_resources", "error_message": "no disk"}'"#;
    let (mut server, client) = start(&[
        sh("done", "exit 0", ""),
        sh("broken", &format!("{report}; exit 1"), ""),
        sh("stopped", &gate("never", ""), ""),
        sh("late", &gate("never", ""), "timeout = \"300ms\""),
        sh("removed", "exit 0", ""),
    ]);
    for name in ["done", "broken", "stopped", "late", "removed"] {
        client.start(name);
    }
    client.until_at_work("stopped");
    client.cancel("stopped");
    for (name, status) in [
        ("done", "completed"),
        ("broken", "failed"),
        ("stopped", "cancelled"),
        ("late", "aborted"),
        ("removed", "completed"),
    ] {
        client.until_status(name, status);
    }
    client.cancel("removed");
    let before = client.get("/v1/cluster/actions").json();
    assert_eq!(before["actions"].as_array().unwrap().len(), 4);
    server.kill();
    server.start_again();
    assert_eq!(server.client().admin().get("/v1/cluster/actions").json(), before);
}

#[test]
fn a_cancel_that_was_acknowledged_is_honoured_after_a_kill() {
    let config = [
        "[runner]\nmax_concurrent = 1\n".to_owned(),
        stubborn("running", "cancel_grace = \"1h\""),
        sh("queued", "touch begun", ""),
    ];
    let (mut server, client) = start(&config);
    let task = task_of(&client.start("running"));
    client.until_at_work("running");
    client.start("queued");
    client.cancel("queued");
    client.cancel("running");
    server.kill();
    server.start_again();
    let client = server.client().admin();
    let cancelled = client.until_status("running", "cancelled");
    assert_eq!((&cancelled["progress"], cancelled.get("error_code")), (&json!(10.0), None));
    assert_eq!(client.show("queued")["status"], "cancelled");
    assert_eq!(processes_of(&task), [""; 0]);
    assert!(!server.folder().join("begun").exists());
}

/// What one client knows of its action.
#[derive(Clone, Debug, Default)]
struct Known {
    /// The last run that was acknowledged, and whether its cancel was.
    task: Option<String>,
    cancelled: bool,
    /// A request was under way when the server was killed: it may have been carried out or not.
    open: bool,
}

/// Starts and cancels an action until the server is gone.
fn drive(client: &Client, name: &str, seed: u64, answered: &AtomicUsize) -> Known {
    let mut random = StdRng::seed_from_u64(seed);
    let mut known = Known::default();
    loop {
        let cancel = random.random_bool(0.4);
        let (method, body) = if cancel { ("DELETE", None) } else { ("POST", Some(&b"{}"[..])) };
        let Ok(answer) = client.try_send(method, &path_of(name), body) else {
            known.open = true;
            return known;
        };
        match (cancel, answer.status) {
            (false, 200) => {
                known = Known { task: Some(task_of(&answer.json())), ..Known::default() };
            }
            // Of a run that has ended it removes the result: then nothing is known any more.
            (true, 200) => known.cancelled = true,
            (false, 409) | (true, 404) => {}
            (_, status) => panic!("{method} {name}: {status} {}", answer.text),
        }
        answered.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn killed_at_any_moment_nothing_is_stuck_and_nothing_is_lost() {
    let seed: u64 = rand::random();
    println!("seed {seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let names: Vec<String> = (0..6).map(|number| format!("work_{number}")).collect();
    let actions = names.iter().map(|name| sh(name, "sleep 0.0$(($$ % 10))", ""));
    let config: Vec<_> =
        ["[runner]\nmax_concurrent = 3\n".to_owned()].into_iter().chain(actions).collect();
    let (mut server, _) = start(&config);
    for round in 0..10 {
        let client = server.client().admin();
        let answered = AtomicUsize::new(0);
        let known: BTreeMap<&str, Known> = thread::scope(|scope| {
            let clients: Vec<_> = names
                .iter()
                .map(|name| {
                    let (client, answered, seed) = (client.clone(), &answered, random.random());
                    scope.spawn(move || (&**name, drive(&client, name, seed, answered)))
                })
                .collect();
            let enough = random.random_range(1..200);
            until("they go on", || answered.load(Ordering::Relaxed) >= enough);
            server.kill();
            clients.into_iter().map(|client| client.join().unwrap()).collect()
        });
        server.start_again();
        let client = server.client().admin();
        until("everything has ended", || {
            let ended = ["completed", "aborted", "cancelled"];
            client.statuses().iter().all(|(_, status)| ended.contains(&&**status))
        });
        for (name, known) in known {
            let shown = client.get(&path_of(name));
            check(round, name, &known, (shown.status == 200).then(|| shown.json()));
        }
    }
}

fn check(round: usize, name: &str, known: &Known, shown: Option<Value>) {
    let context = format!("round {round}, {name}: {known:?}, {shown:?}");
    let Some(shown) = shown else {
        // Never started, or removed by a DELETE that was acknowledged or under way.
        return assert!(known.task.is_none() || known.cancelled || known.open, "{context}");
    };
    let is_known_run = known.task.as_deref() == Some(&*task_of(&shown));
    assert!(is_known_run || known.open, "{context}");
    if is_known_run && known.cancelled {
        assert_eq!(shown["status"], "cancelled", "{context}");
    }
}
