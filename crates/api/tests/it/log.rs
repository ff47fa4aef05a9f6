//! What the log says of requests that fail.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use tracing::subscriber::set_default;
use tracing_subscriber::fmt;

use crate::client::{Ask, Client, ask};

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `ask` is answered, with the answer's request id as `ID`.
async fn logged(ask: Ask) -> String {
    let client = Client::new().await;
    let (lines, ask) = (Lines::default(), ask.header("X-Openstack-Request-Id", "req-ID"));
    let writer = lines.clone();
    let subscriber = fmt().with_max_level(tracing::Level::DEBUG).without_time().with_ansi(false);
    let guard = set_default(subscriber.with_writer(move || writer.clone()).finish());
    client.send(ask).await;
    drop(guard);
    let bytes = lines.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

#[actix_web::test]
async fn a_failure_is_one_line_with_its_cause_and_no_secret() {
    let line = logged(ask("GET", "/v2/alpha/actions?search=hidden").token("down")).await;
    assert_eq!(
        line,
        "ERROR actiond_api::front: request failed: the identity service cannot be reached \
         request_id=\"req-ID\" method=GET path=\"/v2/alpha/actions\" status=503 \
         cause=\"secret address refused\"\n"
    );
    let line = logged(ask("POST", "/v2/alpha/actions").token("boom").body("hidden")).await;
    assert!(line.contains("status=500 cause=\"a use case panicked: boom at 10.0.0.1\""), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
}

#[actix_web::test]
async fn a_refusal_is_a_line_for_debugging_and_no_secret() {
    let line = logged(ask("POST", "/v2/alpha/actions").token("alice").body("hidden")).await;
    let start = "DEBUG actiond_api::front: request refused: The body is not JSON: ";
    assert!(line.starts_with(start) && line.contains("status=753"), "{line}");
    let password = r#"{"auth":{"identity":{"methods":["password"],"password":"hidden"}}}"#;
    for ask in [
        ask("POST", "/v3/auth/tokens").body(password),
        ask("GET", "/v2").header("X-Auth-Token", "hidden"),
        ask("GET", "/cluster/actions").header("Authorization", "Basic hidden"),
        ask("GET", "/cluster/actions").basic("hidden"),
    ] {
        let line = logged(ask).await;
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.contains("hidden"), "{line}");
    }
}

#[actix_web::test]
async fn success_is_silent() {
    assert_eq!(logged(ask("GET", "/v2/alpha/actions").token("alice")).await, "");
}
