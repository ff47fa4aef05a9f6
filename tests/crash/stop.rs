//! Signals that stop the server.

use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use nix::sys::signal::Signal;
use serde_json::json;

use super::{assert_aborted, processes_of, start, stubborn, task_of};
use crate::harness::{Server, gate, sh, until};

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
    until("the work is asked to stop", || server.log().contains("the work is to stop"));
    assert!(server.is_running(), "it waits for the work");
    server.touch("go");
    server.wait();
    assert!(server.folder().join("ended").exists());
    server.start_again();
    assert_aborted(&server.client().admin().show("work"), "the server was stopped");
}

#[test]
fn it_can_be_stopped_as_soon_as_it_listens() {
    let mut server = Server::start();
    for _ in 0..20 {
        server.stop();
        server.start_again();
    }
}

#[test]
fn other_signals_stop_it_too() {
    let (mut server, client) = start(&[sh("work", &gate("go", ""), "")]);
    let mut client = client;
    for signal in [Signal::SIGINT, Signal::SIGQUIT, Signal::SIGHUP] {
        client.start("work");
        client.until_at_work("work");
        server.signal(signal);
        server.wait();
        server.start_again();
        client = server.client().admin();
        assert_aborted(&client.show("work"), "the server was stopped");
    }
}

/// A connection with half a request.
fn half_a_request(server: &Server) -> TcpStream {
    let mut connection = TcpStream::connect(server.url().trim_start_matches("http://")).unwrap();
    let head = "POST /v2/default/actions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{";
    connection.write_all(head.as_bytes()).unwrap();
    // The answer to another request says that the server has had the time to read this one.
    server.client().get("/healthz").expect(200);
    connection
}

#[test]
fn a_client_that_stalls_holds_the_server_no_longer_than_the_grace() {
    let (mut server, _) = start(&["[server]\nshutdown_grace = \"1s\"\n".to_owned()]);
    let _stalls = half_a_request(&server);
    server.stop();
}

#[test]
fn a_second_signal_does_not_wait_for_requests() {
    let (mut server, _) = start(&["[server]\nshutdown_grace = \"1h\"\n".to_owned()]);
    let _stalls = half_a_request(&server);
    server.signal(Signal::SIGTERM);
    until("it has heard the first", || server.log().contains("\"graceful\":true"));
    server.stop();
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
