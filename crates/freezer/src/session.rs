//! Being logged in at Keystone.

use std::sync::{Mutex, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use crate::credentials::Credentials;
use crate::error::Result;
use crate::http::{Http, Reply};

/// A login that is renewed when its token is not taken any more.
pub struct Session {
    http: Http,
    credentials: Credentials,
    token: Mutex<SecretString>,
}

impl Session {
    /// Logs in.
    ///
    /// # Errors
    /// [`Error::Unreachable`](crate::Error::Unreachable), [`Error::Refused`](crate::Error::Refused).
    pub fn log_in(credentials: Credentials) -> Result<Self> {
        let http = Http::new(&credentials)?;
        let token = Mutex::new(issue(&http, &credentials)?);
        Ok(Self { http, credentials, token })
    }

    /// An address at Keystone.
    pub(crate) fn keystone(&self, path: &str) -> String {
        format!("{}{path}", self.credentials.auth_url)
    }

    /// Asks with the token; with a new one when it is not taken.
    pub(crate) fn get(&self, url: &str) -> Result<Reply> {
        let token = self.token(None)?;
        let reply = self.http.get(url, token.expose_secret())?;
        if reply.status != 401 {
            return Ok(reply);
        }
        self.http.get(url, self.token(Some(&token))?.expose_secret())
    }

    /// The token; another one than `refused`.
    fn token(&self, refused: Option<&SecretString>) -> Result<SecretString> {
        let mut token = self.token.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.is_some_and(|refused| refused.expose_secret() == token.expose_secret()) {
            *token = issue(&self.http, &self.credentials)?;
        }
        Ok(token.clone())
    }
}

fn issue(http: &Http, credentials: &Credentials) -> Result<SecretString> {
    let url = format!("{}/v3/auth/tokens", credentials.auth_url);
    let reply = http.post(&url, &credentials.request())?;
    match (reply.status, reply.header("X-Subject-Token")) {
        (201, Some(token)) => Ok(SecretString::from(token)),
        (201, None) => Err(reply.not_understood("no token")),
        (401, _) => {
            Err(reply.refusal("see OS_USERNAME, OS_PASSWORD and the domains and the project"))
        }
        _ => Err(reply.refusal(match reply.json() {
            Ok(Value::Object(_)) => "",
            _ => "is this Keystone? See OS_AUTH_URL",
        })),
    }
}
