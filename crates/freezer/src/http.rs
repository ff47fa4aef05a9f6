//! Requests: bounded in time and size, never repeated, never redirected.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};
use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, AsSendBody};

use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::tls;

/// How long an answer may take: freezer-api puts long lists together slowly.
const PATIENCE: Duration = Duration::from_secs(300);
/// The longest answer that is read.
const MAX_ANSWER: u64 = 1024 * 1024 * 1024;
/// Longest piece of an answer that a message repeats, in characters.
const MAX_SHOWN: usize = 200;
/// What stands in an address as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text as part of an address.
pub(crate) fn encoded(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, PLAIN)
}

pub(crate) struct Http(Agent);

/// An answer, whatever its status.
pub(crate) struct Reply {
    pub(crate) url: String,
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(credentials: &Credentials) -> Result<Self> {
        let config = Agent::config_builder()
            .tls_config(tls::config(credentials.cacert.as_deref())?)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // uwsgi closes each connection after an answer, and does not say so: who goes on with one
            // meets a reset.
            .max_idle_connections(0)
            .timeout_global(Some(PATIENCE))
            .user_agent(concat!("actiond/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self(config.into()))
    }

    pub(crate) fn get(&self, url: &str, token: &str) -> Result<Reply> {
        let request = Request::get(url).header("X-Auth-Token", token);
        self.send(url, request.body(()))
    }

    pub(crate) fn post(&self, url: &str, body: &Value) -> Result<Reply> {
        let request = Request::post(url).header("Content-Type", "application/json");
        self.send(url, request.body(body.to_string()))
    }

    fn send<B: AsSendBody>(
        &self,
        url: &str,
        request: Result<Request<B>, ureq::http::Error>,
    ) -> Result<Reply> {
        let send = || -> Result<Reply, ureq::Error> {
            let (parts, mut body) = self.0.run(request?)?.into_parts();
            let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
            Ok(Reply {
                url: url.to_owned(),
                status: parts.status.as_u16(),
                headers: parts.headers,
                body,
            })
        };
        send().map_err(|cause| Error::Unreachable { url: url.to_owned(), cause: Box::new(cause) })
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body).map_err(|error| self.not_understood(&error.to_string()))
    }

    pub(crate) fn not_understood(&self, reason: &str) -> Error {
        Error::NotUnderstood { url: self.url.clone(), reason: reason.to_owned() }
    }

    /// The refusal, with advice when there is some.
    pub(crate) fn refusal(&self, advice: &str) -> Error {
        let body = self.json().unwrap_or_default();
        let words = ["/error/message", "/description", "/title"];
        let said = words.iter().find_map(|words| body.pointer(words)?.as_str());
        let said: String = said.unwrap_or("no words").chars().take(MAX_SHOWN).collect();
        let message = if advice.is_empty() { said } else { format!("{said} ({advice})") };
        Error::Refused { url: self.url.clone(), status: self.status, message }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::net::{TcpListener, TcpStream};
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    /// Answers all that is asked on a connection, in HTTP/1.1 that does not say when it ends.
    fn answer_all(mut stream: TcpStream) {
        let lines = BufReader::new(stream.try_clone().unwrap()).lines();
        for _ in lines.map_while(Result::ok).filter(String::is_empty) {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").unwrap();
        }
    }

    #[test]
    fn each_request_has_a_connection_of_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (connected, connections) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                connected.send(()).unwrap();
                thread::spawn(|| answer_all(stream.unwrap()));
            }
        });
        let variable = |name: &str| Some(name).filter(|n| *n != "OS_CACERT").map(str::to_owned);
        let http = Http::new(&Credentials::read(variable).unwrap()).unwrap();
        for _ in 0..3 {
            assert_eq!(http.get(&url, "token").unwrap().status, 200);
        }
        assert_eq!(connections.try_iter().count(), 3);
    }
}
