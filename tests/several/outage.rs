//! The database goes away: stopped, started again, standing still.

use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

use super::{ANSWER_TIME, in_time, read, servers_on};
use crate::crash::{processes_of, task_of};
use crate::harness::{
    ADMIN_PASSWORD, Answer, Client, Postgres, Server, Store, gate, path_of, sh, until,
};

/// Work that waits for a file, and says how often it was begun.
fn work() -> String {
    sh("work", &format!("echo begun >> begun; {}", gate("go", "")), "")
}

/// Asks for everything that needs the store, all at once, and checks that it is refused in time.
fn check_refused(server: &Server, cluster: &Client, project: &Client, within: Duration) {
    let stranger = server.client();
    let ask = |client: &Client, method: &str, path: &str| {
        let body = (method == "POST").then(|| json!({"freezer_action": {"action": "info"}}));
        let body = body.map(|body| body.to_string());
        client.send(method, path, body.as_ref().map(String::as_bytes))
    };
    let requests: [&(dyn Fn() -> Answer + Sync); 9] = [
        &|| ask(cluster, "GET", "/v1/cluster/actions"),
        &|| ask(cluster, "GET", &path_of("work")),
        &|| cluster.send("POST", &path_of("work"), Some(b"{}")),
        &|| ask(cluster, "DELETE", &path_of("work")),
        &|| ask(project, "GET", "/v2/default/actions"),
        &|| ask(project, "GET", "/v2/default/actions/kept"),
        &|| ask(project, "POST", "/v2/default/actions"),
        &|| {
            let scope = json!({"project": {"id": "default"}});
            stranger.ask_for_token("admin", ADMIN_PASSWORD, &scope)
        },
        &|| ask(&stranger, "GET", "/readyz"),
    ];
    thread::scope(|scope| {
        for (number, request) in requests.iter().enumerate() {
            scope.spawn(move || {
                let answer = in_time(within, request);
                assert_eq!(answer.status, 503, "request {number}: {}", answer.text);
                assert!(!answer.header("Retry-After").is_empty(), "request {number}");
            });
        }
    });
    stranger.get("/healthz").expect(200);
}

fn until_ready(server: &Server) {
    until("it is ready again", || server.client().get("/readyz").status == 200);
}

/// The default, which other tests make shorter.
const LEASE: &str = "[runner]\nlease = \"30s\"\n";

/// Whatever is done to the database: requests are refused in time, work goes on, and when it is back
/// everything is as before, without a restart of anything.
fn check_outage(
    settings: &str,
    within: Duration,
    leave: impl Fn(&Postgres),
    back: impl Fn(&Postgres),
) {
    let database = Postgres::start(&[]);
    let servers = servers_on(Store::on(&database), 2, &format!("{settings}{LEASE}{}", work()));
    let clients: Vec<_> = servers
        .iter()
        .map(|server| (server.client().admin(), server.client().project_admin()))
        .collect();
    let kept = json!({"action_id": "kept", "freezer_action": {"action": "info"}});
    clients[0].1.post("/v2/default/actions", &kept).expect(201);
    let task = task_of(&clients[0].0.start("work"));
    clients[0].0.until_at_work("work");
    let processes = processes_of(&task);
    for _ in 0..2 {
        leave(&database);
        thread::scope(|scope| {
            for (server, (cluster, project)) in servers.iter().zip(&clients) {
                scope.spawn(move || check_refused(server, cluster, project, within));
            }
        });
        let left = processes_of(&task);
        assert!(left.iter().any(|process| processes.contains(process)), "it goes on");
        back(&database);
        for (server, (cluster, project)) in servers.iter().zip(&clients) {
            until_ready(server);
            project.get("/v2/default/actions/kept").expect(200);
            assert_eq!(cluster.show("work")["status"], "running");
        }
    }
    servers[0].touch("go");
    let done = clients[1].0.until_status("work", "completed");
    assert_eq!((task_of(&done), &*read(&servers[0], "begun")), (task, "begun\n"));
}

#[test]
fn while_it_is_stopped_requests_are_refused_and_work_goes_on() {
    check_outage("", ANSWER_TIME, Postgres::stop, Postgres::start_again);
}

#[test]
fn a_crash_is_no_different() {
    check_outage("", ANSWER_TIME, Postgres::crash, Postgres::start_again);
}

/// It neither answers nor breaks off, as when its disk hangs. The time of an answer is a setting.
#[test]
fn while_it_stands_still_requests_are_refused_in_time() {
    let signal = |signal: Signal| move |database: &Postgres| signal_all(database, signal);
    let settings = "[store]\nanswer_time = \"2s\"\n";
    let limit = Duration::from_secs(2);
    check_outage(settings, limit, signal(Signal::SIGSTOP), signal(Signal::SIGCONT));
    check_outage("", ANSWER_TIME, signal(Signal::SIGSTOP), signal(Signal::SIGCONT));
}

/// Calls that are under way have no end then.
#[test]
fn while_it_stands_still_a_server_can_be_stopped() {
    let database = Postgres::start(&[]);
    let settings = format!("[server]\nshutdown_grace = \"1s\"\n{LEASE}{}", work());
    let mut server = servers_on(Store::on(&database), 1, &settings).remove(0);
    let client = server.client().admin();
    let task = task_of(&client.start("work"));
    client.until_at_work("work");
    signal_all(&database, Signal::SIGSTOP);
    server.signal(Signal::SIGTERM);
    until("it has ended", || !server.is_running());
    server.wait();
    assert_eq!(processes_of(&task), [""; 0]);
    signal_all(&database, Signal::SIGCONT);
}

/// Sends a signal to every process of a database server.
fn signal_all(database: &Postgres, signal: Signal) {
    let first = std::fs::read_to_string(database.folder().join("data/postmaster.pid")).unwrap();
    let first: i32 = first.lines().next().unwrap().parse().unwrap();
    let children = std::fs::read_to_string(format!("/proc/{first}/task/{first}/children")).unwrap();
    let children = children.split_whitespace().map(|child| child.parse().unwrap());
    for process in [first].into_iter().chain(children) {
        let _ = kill(Pid::from_raw(process), signal);
    }
}

#[test]
fn work_is_stopped_before_another_may_begin_it_when_the_database_stays_away() {
    let database = Postgres::start(&[]);
    let settings = format!("[runner]\nlease = \"2s\"\n{}", work());
    let servers = servers_on(Store::on(&database), 2, &settings);
    let client = servers[0].client().admin();
    let task = task_of(&client.start("work"));
    client.until_at_work("work");
    database.stop();
    until("it is stopped", || processes_of(&task).is_empty());
    database.start_again();
    until_ready(&servers[0]);
    let aborted = client.until_status("work", "aborted");
    let reasons = [
        "the server lost its hold on the action: the store was out of reach",
        "the lease of the server that ran the action has run out",
    ];
    assert!(reasons.iter().any(|reason| aborted["error_message"] == *reason), "{aborted}");
    servers[0].touch("go");
    client.start("work");
    client.until_status("work", "completed");
    assert_eq!(read(&servers[0], "begun"), "begun\nbegun\n");
}
