//! Requests to Keystone: bounded in time and size, never repeated, never redirected.

use std::time::Duration;

use actiond_core::Result;
use serde_json::Value;
use ureq::http::{HeaderMap, Request};
use ureq::{Agent, AsSendBody, Timeout};

use super::settings::KeystoneSettings;
use super::tls;

/// The longest answer that is read: a catalog may be long.
const MAX_ANSWER: u64 = 4 * 1024 * 1024;
/// How many connections are kept open.
const MAX_IDLE: usize = 32;
/// How long a connection is kept open that nobody uses: shorter than servers do.
const MAX_IDLE_AGE: Duration = Duration::from_secs(4);

/// A client of Keystone.
pub(super) struct Http {
    agent: Agent,
}

/// An answer, whatever its status.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    body: Vec<u8>,
}

/// There was no answer, or none that could be read.
pub(super) struct NoReply {
    pub(super) cause: anyhow::Error,
    /// Nobody answers there at all.
    pub(super) is_down: bool,
}

impl Http {
    /// A client with these settings.
    ///
    /// # Errors
    /// [`Error::Invalid`](actiond_core::Error::Invalid) naming the setting of a file that cannot be
    /// used.
    pub(super) fn new(settings: &KeystoneSettings) -> Result<Self> {
        let config = Agent::config_builder()
            .tls_config(tls::config(settings)?)
            // Only what the settings say: a proxy of the environment is not asked.
            .proxy(None)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .max_idle_connections(MAX_IDLE)
            .max_idle_connections_per_host(MAX_IDLE)
            .max_idle_age(MAX_IDLE_AGE)
            .timeout_connect(Some(settings.http_connect_timeout))
            .timeout_global(Some(settings.timeout))
            .user_agent(concat!("actiond/", env!("CARGO_PKG_VERSION")))
            .accept("application/json")
            .build();
        Ok(Self { agent: config.into() })
    }

    pub(super) fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<Reply, NoReply> {
        let request =
            headers.iter().fold(Request::get(url), |r, (name, value)| r.header(*name, *value));
        self.send(request.body(()))
    }

    pub(super) fn post(&self, url: &str, body: &Value) -> Result<Reply, NoReply> {
        let request = Request::post(url).header("Content-Type", "application/json");
        self.send(request.body(body.to_string()))
    }

    fn send<B: AsSendBody>(
        &self,
        request: Result<Request<B>, ureq::http::Error>,
    ) -> Result<Reply, NoReply> {
        let send = || -> Result<Reply, ureq::Error> {
            let (parts, mut body) = self.agent.run(request?)?.into_parts();
            let body = body.with_config().limit(MAX_ANSWER).read_to_vec()?;
            Ok(Reply { status: parts.status.as_u16(), headers: parts.headers, body })
        };
        send().map_err(|error| NoReply { is_down: is_down(&error), cause: error.into() })
    }
}

/// What no token can bring about: it makes Keystone answer late or badly at most.
fn is_down(error: &ureq::Error) -> bool {
    use std::io::ErrorKind as K;
    match error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve) => true,
        ureq::Error::HostNotFound | ureq::Error::ConnectionFailed => true,
        ureq::Error::Io(error) => {
            matches!(
                error.kind(),
                K::ConnectionRefused | K::HostUnreachable | K::NetworkUnreachable
            )
        }
        _ => false,
    }
}

impl Reply {
    /// A header that is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body, read as JSON.
    pub(super) fn json<T: serde::de::DeserializeOwned>(&self) -> anyhow::Result<T> {
        Ok(serde_json::from_slice(&self.body)?)
    }

    /// Whether this refusal has the form of Keystone's.
    pub(super) fn is_from_keystone(&self) -> bool {
        let body = self.json::<Value>().ok();
        body.is_some_and(|body| body.pointer("/error/code") == Some(&self.status.into()))
    }

    /// What Keystone says of a status that was not expected. It says nothing secret.
    pub(super) fn problem(&self) -> anyhow::Error {
        if let Some(location) = self.header("Location") {
            return anyhow::anyhow!("it redirects to {location}: name that place in the settings");
        }
        let message = self.json::<Value>().ok().and_then(|body| {
            Some(body.pointer("/error/message")?.as_str()?.chars().take(200).collect::<String>())
        });
        anyhow::anyhow!("it answers {}: {}", self.status, message.as_deref().unwrap_or("no words"))
    }
}
