//! Wiring of the identity providers, and the first admin.

use std::env::VarError;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::ports::{ClusterTokens, IdentityProvider, TokenIssuer};
use actiond_identity::{
    Argon2id, FirstAdmin, KeystoneIdentity, LocalIdentity, SignedTokens, UserAdmin,
    check_new_password,
};
use actiond_persistence::Store;
use actiond_runner::{RandomIds, SystemClock};
use anyhow::{Context, Result, bail};

use crate::cli::LogFormat;
use crate::config::{Config, Provider};

/// The variable that gives the first admin its password.
pub const ADMIN_PASSWORD: &str = "ACTIOND_ADMIN_PASSWORD";

/// Who says who is calling, and who issues tokens, if somebody here does.
pub struct Identity {
    pub provider: Arc<dyn IdentityProvider>,
    pub tokens: Option<Arc<dyn TokenIssuer>>,
    pub cluster_tokens: Arc<dyn ClusterTokens>,
}

/// Who says who is calling, by the settings.
pub fn providers(config: &Config, store: &Store) -> Result<Identity> {
    let settings = config.identity.settings();
    let clock = Arc::new(SystemClock);
    let passwords = Arc::new(Argon2id);
    let (users, tokens) = (store.users(), store.tokens());
    let local = Arc::new(LocalIdentity::new(
        users.clone(),
        tokens,
        store.login_failures(),
        passwords,
        clock.clone(),
        settings,
    )?);
    let keys = store.signing_keys();
    let cluster_tokens = Arc::new(SignedTokens::new(users, keys, local.clone(), clock.clone()));
    let keystone = &config.identity.keystone;
    match config.identity.provider {
        Provider::Local => {
            if !keystone.auth_url.is_empty() {
                let said =
                    "[identity.keystone] counts for nothing while identity.provider is local";
                tracing::warn!("{said}");
            }
            Ok(Identity { provider: local.clone(), tokens: Some(local), cluster_tokens })
        }
        Provider::Keystone => {
            let provider =
                Arc::new(KeystoneIdentity::new(keystone.settings()?, clock, local.clone())?);
            if keystone.insecure {
                tracing::warn!(
                    "identity.keystone.insecure: whoever is on the way to Keystone can read and forge \
                     tokens; name its authority as cafile instead"
                );
            }
            let asked = Arc::clone(&provider);
            std::thread::Builder::new()
                .name("keystone".to_owned())
                .spawn(move || say_whether_keystone_answers(&asked))?;
            Ok(Identity { provider, tokens: None, cluster_tokens })
        }
    }
}

/// Logs in once, so that the log says at once what would else be found out by the first client. The
/// server starts all the same: Keystone may come later.
fn say_whether_keystone_answers(keystone: &KeystoneIdentity) {
    match keystone.log_in() {
        Ok(()) => tracing::info!("logged in at Keystone"),
        Err(Error::Unavailable { reason, cause }) => {
            tracing::error!(cause = format!("{cause:#}"), "{reason}");
        }
        Err(error) => tracing::error!("{error}"),
    }
}

/// The administration of users.
pub fn admin(store: &Store) -> UserAdmin {
    UserAdmin {
        users: store.users(),
        failures: store.login_failures(),
        passwords: Arc::new(Argon2id),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    }
}

fn given_password() -> Result<Option<String>> {
    match std::env::var(ADMIN_PASSWORD) {
        Ok(password) => Ok(Some(password).filter(|password| !password.is_empty())),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("{ADMIN_PASSWORD} is of no use: it is not UTF-8"),
    }
}

/// Checks the password that the first admin is to have, before anything is touched.
pub fn check_given_password() -> Result<()> {
    let Some(password) = given_password()? else { return Ok(()) };
    check_new_password(&password).with_context(|| format!("{ADMIN_PASSWORD} is of no use"))
}

/// Makes the first admin in a store without users; `None` when there is still nobody.
///
/// A password is made up only where a person sees it: a log in JSON is read by machines, and would
/// keep it.
pub fn ensure_first_admin(config: &Config, store: &Store) -> Result<Option<FirstAdmin>> {
    let given = given_password()?;
    let admin = admin(store);
    if given.is_none() && config.log.format == LogFormat::Json {
        if !admin.list()?.is_empty() {
            return Ok(Some(FirstAdmin::Existing));
        }
        tracing::warn!("there is no user yet: set {ADMIN_PASSWORD}, or run `actiond user add`");
        return Ok(None);
    }
    admin
        .ensure_first_admin(given.as_deref())
        .map(Some)
        .with_context(|| format!("cannot make the first admin (see {ADMIN_PASSWORD})"))
}
