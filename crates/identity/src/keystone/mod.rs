//! OpenStack Keystone says who is calling the project face.
//!
//! What a token says is asked at Keystone, as OpenStack's own services do it, and remembered for a
//! short while, by the token's digest. Whether it has expired is looked at on every request. While
//! Keystone cannot be reached, what is remembered counts, and all else is an outage: never a refusal,
//! and never a welcome.

mod access_rule;
mod client;
mod http;
mod login;
mod settings;
mod tls;
mod token;

pub use settings::{
    Domain, Interface, KeystoneLogin, KeystoneProject, KeystoneSettings, KeystoneTls, Secret,
    check_url,
};

use std::sync::Arc;
use std::time::Duration;

use actiond_core::access::Caller;
use actiond_core::identity::TokenDigest;
use actiond_core::ports::{Clock, IdentityProvider, TokenCredentials};
use actiond_core::{Error, Result};

use crate::{TokenCache, Validated};
use client::Client;
use token::Known;

/// How many tokens are remembered at most.
const REMEMBER_AT_MOST: usize = 10_000;
/// How long it is remembered that Keystone does not know a token: whoever tries again and again with
/// one that has expired asks this service, and not Keystone.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// Longer than any token of Keystone; one of this length could not be sent on in a header.
const MAX_TOKEN: usize = 4096;

/// What Keystone says of a token; `None` when it does not know it.
type Verdict = Option<Arc<Known>>;

/// Callers of the project face by tokens of Keystone; users of the cluster face by their passwords,
/// as another provider knows them.
pub struct KeystoneIdentity {
    keystone: Client,
    /// Tokens that must not have expired.
    tokens: TokenCache<Verdict>,
    /// Tokens that a service vouches for, which may have expired.
    late_tokens: TokenCache<Verdict>,
    clock: Arc<dyn Clock>,
    users: Arc<dyn IdentityProvider>,
    cache_time: Duration,
    service_roles: Vec<String>,
    service_roles_required: bool,
    service_type: String,
}

impl KeystoneIdentity {
    /// Keystone by these settings; `users` knows those of the cluster face.
    ///
    /// # Errors
    /// [`Error::Invalid`] for settings that cannot be meant.
    pub fn new(
        settings: KeystoneSettings,
        clock: Arc<dyn Clock>,
        users: Arc<dyn IdentityProvider>,
    ) -> Result<Self> {
        settings.check()?;
        let cache_time = settings.token_cache_time;
        let cache = || TokenCache::new(Arc::clone(&clock), cache_time, REMEMBER_AT_MOST);
        let lower = settings.service_token_roles.iter().map(|role| role.to_lowercase());
        Ok(Self {
            tokens: cache(),
            late_tokens: cache(),
            users,
            cache_time,
            service_roles: lower.collect(),
            service_roles_required: settings.service_token_roles_required,
            service_type: settings.service_type.clone(),
            keystone: Client::new(settings, Arc::clone(&clock))?,
            clock,
        })
    }

    /// Logs in at Keystone, so that an operator learns at once whether that works.
    ///
    /// # Errors
    /// [`Error::Unavailable`], whose cause says why it does not.
    pub fn log_in(&self) -> Result<()> {
        self.keystone.log_in()
    }

    /// Who is calling, by what `look` finds of a token that may be late or not.
    fn judge(
        &self,
        brought: &TokenCredentials<'_>,
        look: impl Fn(&str, bool) -> Result<Verdict>,
    ) -> Result<Arc<Caller>> {
        let late = match brought.service_token {
            Some(service) => self.vouches(&*self.good(look(service, false)?, false)?)?,
            None => false,
        };
        let known = self.good(look(brought.token, late)?, late)?;
        // A service that passes a request on sends another one than the user has.
        let is_for = late || known.is_for(&self.service_type, brought.method, brought.path);
        if is_for { Ok(Arc::clone(&known.caller)) } else { Err(Error::Unauthenticated) }
    }

    /// Whether the owner of a service token may vouch for a token that has expired.
    fn vouches(&self, service: &Known) -> Result<bool> {
        let may = self.service_roles.iter().any(|role| service.caller.has_role(role));
        if !may && self.service_roles_required {
            return Err(Error::Unauthenticated);
        }
        Ok(may)
    }

    fn good(&self, verdict: Verdict, late: bool) -> Result<Arc<Known>> {
        let in_time = |known: &Arc<Known>| late || self.clock.now() < known.expires_at;
        verdict.filter(in_time).ok_or(Error::Unauthenticated)
    }

    fn cache(&self, late: bool) -> &TokenCache<Verdict> {
        if late { &self.late_tokens } else { &self.tokens }
    }

    fn ask(&self, token: &str, late: bool) -> Result<Validated<Verdict>> {
        let from = self.clock.now();
        let known = match token.len() {
            ..=MAX_TOKEN => self.keystone.validate(token, late)?,
            _ => None,
        };
        let good_until = match &known {
            None => from + REFUSED_FOR,
            Some(_) if late => from + self.cache_time,
            Some(known) => known.expires_at,
        };
        Ok(Validated { value: known.map(Arc::new), good_until })
    }
}

impl IdentityProvider for KeystoneIdentity {
    fn by_token(&self, brought: &TokenCredentials<'_>) -> Result<Arc<Caller>> {
        self.judge(brought, |token, late| {
            let ask = || self.ask(token, late);
            self.cache(late).get_or_validate(&TokenDigest::of(token), ask)
        })
    }

    fn remembered(&self, brought: &TokenCredentials<'_>) -> Option<Arc<Caller>> {
        let look = |token: &str, late| {
            self.cache(late).get(&TokenDigest::of(token)).ok_or(Error::Unauthenticated)
        };
        self.judge(brought, look).ok()
    }

    fn by_password(&self, name: &str, password: &str) -> Result<Arc<Caller>> {
        self.users.by_password(name, password)
    }

    fn familiar(&self, name: &str, password: &str) -> Result<Option<Arc<Caller>>> {
        self.users.familiar(name, password)
    }
}
