//! Clients that ask and do not read.

use std::io::Write;
use std::time::{Duration, Instant};

use actiond_api::ApiSettings;

use crate::socket::{HEAD, Running, one_worker};

#[test]
fn who_reads_nothing_is_cut_off_and_its_bytes_are_free_again() {
    let server = Running::new(ApiSettings {
        max_answers: 40 * 1024 * 1024,
        patience: Duration::from_millis(100),
        write_timeout: Duration::from_secs(2),
        ..one_worker()
    });
    let pad = "x".repeat(1_000_000);
    let body = format!(r#"{{"freezer_action":{{"action":"backup"}},"pad":"{pad}"}}"#);
    for n in 0..24 {
        let head = format!("POST /v2/alpha/actions/n{n} HTTP/1.1\r\n{HEAD}");
        let made = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
        let made = server.exchange(made.as_bytes());
        assert!(made.starts_with("HTTP/1.1 201 "), "{made}");
    }
    let list = format!("GET /v2/alpha/actions?limit=24 HTTP/1.1\r\n{HEAD}\r\n");
    let is_refused = || server.exchange(list.as_bytes()).starts_with("HTTP/1.1 503 ");
    let until = Instant::now() + Duration::from_secs(60);
    // Sockets hold some of it, so it takes more than one.
    let mut stalled = Vec::new();
    while !is_refused() {
        assert!(Instant::now() < until, "{} lists take all the room there is", stalled.len());
        stalled.push(server.connect());
        stalled.last_mut().unwrap().write_all(list.as_bytes()).unwrap();
    }
    while is_refused() {
        assert!(Instant::now() < until, "the room was not given back");
    }
    drop(stalled);
}
