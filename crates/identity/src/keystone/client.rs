//! Asks Keystone about tokens, with a token of the service's own.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actiond_core::ports::Clock;
use actiond_core::{Error, Result, Timestamp};
use anyhow::{Context, anyhow};
use secrecy::{ExposeSecret, SecretString};

use super::http::{Http, NoReply, Reply};
use super::login;
use super::settings::KeystoneSettings;
use super::token::{Envelope, Known};

/// For how long nobody asks again when nobody answers, or the service cannot log in: those who wait
/// need not all find out.
const OUTAGE: Duration = Duration::from_secs(1);
/// For how long the service does not log in again when it was refused: its account could be locked.
const REFUSED: Duration = Duration::from_secs(10);
/// The service's own token is renewed when it has less than this left, or a tenth of its life.
const MARGIN: Duration = Duration::from_secs(30);

/// A client of Keystone that is logged in, or will be.
pub(super) struct Client {
    http: Http,
    settings: KeystoneSettings,
    clock: Arc<dyn Clock>,
    own: Mutex<Option<OwnToken>>,
    /// Until when Keystone is not asked, and why.
    pause: Mutex<Option<(Timestamp, &'static str)>>,
}

/// The token by which the service asks.
#[derive(Clone)]
struct OwnToken {
    token: SecretString,
    renew_at: Timestamp,
    /// Where it asks about others.
    tokens_url: String,
}

impl OwnToken {
    fn is(&self, other: &Self) -> bool {
        self.token.expose_secret() == other.token.expose_secret()
    }
}

/// What became of a question about a token.
enum Answer {
    Known(Known),
    Unknown,
    /// It is the service's own token that is no good.
    OwnTokenRefused,
}

impl Client {
    pub(super) fn new(settings: KeystoneSettings, clock: Arc<dyn Clock>) -> Result<Self> {
        let http = Http::new(&settings)?;
        Ok(Self { http, settings, clock, own: Mutex::default(), pause: Mutex::default() })
    }

    /// What Keystone knows of a token; `None` when it is nothing. With `late` it may have expired a
    /// while ago.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when Keystone does not say.
    pub(super) fn validate(&self, token: &str, late: bool) -> Result<Option<Known>> {
        let own = self.own_token(None)?;
        let answer = match self.ask(&own, token, late)? {
            Answer::OwnTokenRefused => self.ask(&self.own_token(Some(&own))?, token, late)?,
            answer => answer,
        };
        match answer {
            Answer::Known(known) => Ok(Some(known)),
            Answer::Unknown => Ok(None),
            Answer::OwnTokenRefused => {
                Err(unavailable(anyhow!("it refuses the token that it has just given the service")))
            }
        }
    }

    /// Logs in, unless that was done.
    ///
    /// # Errors
    /// [`Error::Unavailable`] when it cannot be done.
    pub(super) fn log_in(&self) -> Result<()> {
        self.own_token(None).map(drop)
    }

    fn ask(&self, own: &OwnToken, token: &str, late: bool) -> Result<Answer> {
        let allow_expired = if late { "&allow_expired=1" } else { "" };
        let url = format!("{}?nocatalog{allow_expired}", own.tokens_url);
        let headers = [
            ("X-Auth-Token", own.token.expose_secret()),
            ("X-Subject-Token", token),
            // Without it, Keystone does not tell of tokens that are limited by access rules.
            ("OpenStack-Identity-Access-Rules", "1.0"),
        ];
        let reply = self.answered(|| self.http.get(&url, &headers))?;
        match reply.status {
            200 => {
                let known = reply.json::<Envelope>().and_then(Envelope::read);
                known.map(Answer::Known).map_err(|e| unavailable(e.context("it says no token")))
            }
            // What stands before Keystone may have such an answer of its own.
            404 if reply.is_from_keystone() => Ok(Answer::Unknown),
            401 => Ok(Answer::OwnTokenRefused),
            403 => Err(unavailable(reply.problem().context(
                "the service's own user may not validate tokens: give it the role service in its \
                 project, or admin",
            ))),
            _ => Err(unavailable(reply.problem())),
        }
    }

    /// The service's own token: the one that there is, unless it is old or was refused. One login is
    /// under way at a time; whoever needs its token waits for it.
    fn own_token(&self, refused: Option<&OwnToken>) -> Result<OwnToken> {
        let mut own = lock(&self.own);
        let is_good = |own: &&OwnToken| {
            self.clock.now() < own.renew_at && !refused.is_some_and(|refused| refused.is(own))
        };
        if let Some(own) = own.as_ref().filter(is_good) {
            return Ok(own.clone());
        }
        // A login that was not tried must not make the pause longer.
        self.rest()?;
        let fresh = self.issue().inspect_err(|_| self.pause(OUTAGE, "it failed a moment ago"))?;
        tracing::debug!(renew_at = %fresh.renew_at, "logged in at Keystone");
        *own = Some(fresh.clone());
        Ok(fresh)
    }

    fn issue(&self) -> Result<OwnToken> {
        let base = login::v3(&self.settings.auth_url);
        let request = login::request(&self.settings.login).map_err(unavailable)?;
        let issued_at = self.clock.now();
        let url = format!("{base}/auth/tokens");
        let reply = self.answered(|| self.http.post(&url, &request))?;
        match reply.status {
            201 => {
                self.own(&reply, issued_at, base).map_err(|e| unavailable(e.context("its login")))
            }
            401 => {
                self.pause(REFUSED, "it refused the service's own login a moment ago");
                Err(unavailable(reply.problem().context(
                    "it refuses the service's own login: see [identity.keystone] for the user, its \
                     password, domain and project",
                )))
            }
            _ => Err(unavailable(reply.problem().context("the service's own login"))),
        }
    }

    /// By the clock of Keystone the token lives as long as by ours, whatever either shows.
    fn own(&self, reply: &Reply, issued_at: Timestamp, base: String) -> anyhow::Result<OwnToken> {
        let token = reply.header("X-Subject-Token").context("no token in the answer")?;
        let envelope: Envelope = reply.json()?;
        let (from, until) = envelope.lifetime()?;
        let lifetime = (until - from).to_std().context("it expires before it is issued")?;
        let base = match self.settings.interface {
            None => base,
            Some(interface) => {
                let region = self.settings.region_name.as_deref();
                let found = envelope.keystone(interface, region).with_context(|| {
                    let region = region.unwrap_or("any region");
                    format!(
                        "the catalog has no {interface:?} endpoint of type identity in {region}"
                    )
                })?;
                login::v3(found)
            }
        };
        Ok(OwnToken {
            token: SecretString::from(token),
            renew_at: issued_at + (lifetime - MARGIN.min(lifetime / 10)),
            tokens_url: format!("{base}/auth/tokens"),
        })
    }

    /// Sends a request, unless nobody answered a moment ago.
    fn answered(&self, send: impl FnOnce() -> Result<Reply, NoReply>) -> Result<Reply> {
        self.rest()?;
        send().map_err(|no_reply| {
            if no_reply.is_down {
                self.pause(OUTAGE, "nobody answered there a moment ago");
            }
            unavailable(no_reply.cause)
        })
    }

    /// Fails during a pause.
    fn rest(&self) -> Result<()> {
        match *lock(&self.pause) {
            Some((until, why)) if self.clock.now() < until => Err(unavailable(anyhow!(why))),
            _ => Ok(()),
        }
    }

    fn pause(&self, time: Duration, why: &'static str) {
        let until = self.clock.now() + time;
        let mut pause = lock(&self.pause);
        if pause.is_none_or(|(longer, _)| longer < until) {
            *pause = Some((until, why));
        }
    }
}

fn unavailable(cause: anyhow::Error) -> Error {
    Error::Unavailable {
        reason: "Keystone, which says who is calling, cannot be asked just now",
        cause: cause.context("Keystone"),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
