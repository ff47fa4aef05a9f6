//! A real server on a real socket: what no in-process call can show.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use actiond_api::{ApiSettings, Faces, Listener, serve};
use actix_web::dev::ServerHandle;

use crate::world::World;

pub(crate) struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    thread: Option<thread::JoinHandle<()>>,
}

impl Running {
    pub(crate) fn new(settings: ApiSettings) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, receiver) = mpsc::channel();
        let thread = thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = Listener { socket: listener, faces: Faces::ALL, tls: None };
                let servers = serve(vec![listener], World::new().services, settings).unwrap();
                sender.send(servers.handles().remove(0)).unwrap();
                servers.run().await.unwrap();
            });
        });
        Self { address, handle: receiver.recv().unwrap(), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes on a connection of their own and reads until the server closes it.
    pub(crate) fn exchange(&self, request: &[u8]) -> String {
        let mut stream = self.connect();
        stream.write_all(request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        String::from_utf8(answer).unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let handle = self.handle.clone();
        actix_web::rt::System::new().block_on(handle.stop(false));
        self.thread.take().unwrap().join().unwrap();
    }
}

pub(crate) fn one_worker() -> ApiSettings {
    ApiSettings { workers: 1, ..ApiSettings::default() }
}

pub(crate) const HEAD: &str = "Host: h\r\nConnection: close\r\nX-Auth-Token: token-alice\r\n";

#[test]
fn status_753_has_its_reason_phrase() {
    let server = Running::new(one_worker());
    let request = format!("POST /v2/alpha/actions HTTP/1.1\r\n{HEAD}Content-Length: 1\r\n\r\n{{");
    let answer = server.exchange(request.as_bytes());
    assert!(answer.starts_with("HTTP/1.1 753 Syntax Error\r\n"), "{answer}");
}

#[test]
fn chunked_bodies_are_read_and_measured() {
    let server = Running::new(ApiSettings { max_body: 100, ..one_worker() });
    let body = r#"{"freezer_action":{"action":"backup"}}"#;
    let (first, second) = body.split_at(10);
    let post = |chunks: &[&str]| {
        let chunks: String = chunks.iter().map(|c| format!("{:x}\r\n{c}\r\n", c.len())).collect();
        let head =
            format!("POST /v2/alpha/actions HTTP/1.1\r\n{HEAD}Transfer-Encoding: chunked\r\n\r\n");
        server.exchange(format!("{head}{chunks}0\r\n\r\n").as_bytes())
    };
    assert!(post(&[first, second]).starts_with("HTTP/1.1 201 "));
    assert!(post(&["x".repeat(60).as_str(); 2]).starts_with("HTTP/1.1 413 "));
}

#[test]
fn a_body_that_is_too_long_closes_the_connection_unread() {
    let server = Running::new(one_worker());
    let head = "POST /v2/alpha/actions HTTP/1.1\r\nHost: h\r\nX-Auth-Token: token-alice\r\n";
    let answer = server.exchange(format!("{head}Content-Length: 1048577\r\n\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
}

#[test]
fn a_body_that_does_not_come_is_408() {
    let server =
        Running::new(ApiSettings { body_timeout: Duration::from_millis(50), ..one_worker() });
    let head = "POST /v2/alpha/actions HTTP/1.1\r\nHost: h\r\nX-Auth-Token: token-alice\r\n";
    let answer = server.exchange(format!("{head}Content-Length: 5\r\n\r\n{{").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("The body took too long to arrive."), "{answer}");
}

#[test]
fn garbage_does_not_stop_the_server() {
    let server = Running::new(one_worker());
    for (garbage, status) in [
        (&b"\x16\x03\x01\x00\x00\r\n\r\n"[..], "400"),
        (b"GET / HTTP/1.1\r\n\r\n", "400"),
        (b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: abc\r\n\r\n", "400"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", "400"),
        (b"FOO / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400"),
        (b"get / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "400"),
        (b"GET http://h/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "300"),
        (b"OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "401"),
        (b"GET /v2/alpha/actions/%FF%FE HTTP/1.0\r\nX-Auth-Token: token-alice\r\n\r\n", "404"),
        (b"HEAD /healthz HTTP/1.0\r\n\r\n", "200"),
    ] {
        let answer = server.exchange(garbage);
        let expected = format!(" {status} ");
        assert_eq!(answer.get(8..13), Some(expected.as_str()), "{garbage:?}: {answer}");
    }
}

#[test]
fn one_connection_carries_many_requests() {
    let server = Running::new(one_worker());
    let (get, last) = (
        "GET /v2/alpha/actions/x HTTP/1.1\r\nHost: h\r\nX-Auth-Token: token-alice\r\nContent-Length: 3\r\n\r\n{x}",
        format!("GET /healthz HTTP/1.1\r\n{HEAD}\r\n"),
    );
    let answer = server.exchange(format!("{get}{get}{last}").as_bytes());
    assert_eq!(answer.matches("HTTP/1.1 404 Not Found").count(), 2, "{answer}");
    assert!(answer.ends_with(r#"{"status":"alive"}"#), "{answer}");
}
