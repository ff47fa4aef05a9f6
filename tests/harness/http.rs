//! A client that shows every answer as it is.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use serde_json::{Value, json};
use ureq::Agent;
use ureq::http::{HeaderMap, Request, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use super::server::ADMIN_PASSWORD;

/// An answer: every status is one, none is an error.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    /// A header, or "".
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("")
    }

    /// Fails the test when the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }
}

/// A client of one server, with the credentials of one user.
#[derive(Clone)]
pub struct Client {
    agent: Agent,
    url: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client without credentials.
    pub fn anonymous(url: &str) -> Self {
        Self::patient(url, Duration::from_secs(60))
    }

    /// A client without credentials that waits so long for an answer.
    pub fn patient(url: &str, patience: Duration) -> Self {
        Self::of(url, patience, TlsConfig::default())
    }

    /// A client without credentials that trusts the certificate in a file.
    pub fn trusting(url: &str, certificate: &Path) -> Self {
        let pem = fs::read(certificate).expect("a certificate");
        let trusted = Certificate::from_pem(&pem).expect("a certificate");
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&[trusted]))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
            .build();
        Self::of(url, Duration::from_secs(60), tls)
    }

    fn of(url: &str, patience: Duration, tls: TlsConfig) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .max_redirects(0)
            .tls_config(tls)
            .timeout_global(Some(patience));
        Self { agent: config.build().into(), url: url.to_owned(), headers: vec![] }
    }

    /// The same with one more header on every request.
    pub fn with(&self, name: &str, value: &str) -> Self {
        let mut other = self.clone();
        other.headers.push((name.to_owned(), value.to_owned()));
        other
    }

    /// The value of a header that it sends, or "".
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(sent, _)| sent == name).map_or("", |(_, value)| value)
    }

    /// The same as a user of the cluster face.
    pub fn basic(&self, name: &str, password: &str) -> Self {
        use base64::Engine;
        let pair = base64::engine::general_purpose::STANDARD.encode(format!("{name}:{password}"));
        self.with("Authorization", &format!("Basic {pair}"))
    }

    /// The same as a user of the project face, logged in.
    pub fn log_in(&self, name: &str, password: &str, project: &str) -> Self {
        let scope = json!({"project": {"id": project}});
        let answer = self.ask_for_token(name, password, &scope).expect(201);
        self.with("X-Auth-Token", answer.header("X-Subject-Token"))
    }

    /// Asks for a token.
    pub fn ask_for_token(&self, name: &str, password: &str, scope: &Value) -> Answer {
        let user = json!({"name": name, "domain": {"id": "default"}, "password": password});
        let identity = json!({"methods": ["password"], "password": {"user": user}});
        self.post("/v3/auth/tokens", &json!({"auth": {"identity": identity, "scope": scope}}))
    }

    /// The first admin on the cluster face.
    pub fn admin(&self) -> Self {
        self.basic("admin", ADMIN_PASSWORD)
    }

    /// The first admin in its project.
    pub fn project_admin(&self) -> Self {
        self.log_in("admin", ADMIN_PASSWORD, "default")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body.to_string().as_bytes()))
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send("PATCH", path, Some(body.to_string().as_bytes()))
    }

    /// Any request. Fails the test when there is no answer.
    #[track_caller]
    pub fn send(&self, method: &str, path: &str, body: Option<&[u8]>) -> Answer {
        self.try_send(method, path, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// Any request; the server may be gone.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        body: Option<&[u8]>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = match body {
            None => self.agent.run(request.body(())?)?,
            Some(body) => {
                let has_type =
                    self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
                let typed = if has_type {
                    request
                } else {
                    request.header("Content-Type", "application/json")
                };
                self.agent.run(typed.body(body)?)?
            }
        };
        let status: StatusCode = response.status();
        let headers = response.headers().clone();
        let text = String::from_utf8_lossy(&response.body_mut().read_to_vec()?).into_owned();
        Ok(Answer { status: status.as_u16(), headers, text })
    }
}
