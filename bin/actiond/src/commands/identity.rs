//! Wiring of the local identity provider, and the first admin.

use std::sync::Arc;

use actiond_identity::{Argon2id, FirstAdmin, LocalIdentity, UserAdmin, check_new_password};
use actiond_persistence::Store;
use actiond_runner::{RandomIds, SystemClock};
use anyhow::{Context, Result};

use crate::cli::LogFormat;
use crate::config::Config;

/// The variable that gives the first admin its password.
pub const ADMIN_PASSWORD: &str = "ACTIOND_ADMIN_PASSWORD";

/// Who says who is calling.
pub fn provider(config: &Config, store: &Store) -> Result<LocalIdentity> {
    let settings = config.identity.settings();
    let passwords = Arc::new(Argon2id);
    Ok(LocalIdentity::new(
        store.users(),
        store.tokens(),
        passwords,
        Arc::new(SystemClock),
        settings,
    )?)
}

/// The administration of users.
pub fn admin(store: &Store) -> UserAdmin {
    UserAdmin {
        users: store.users(),
        passwords: Arc::new(Argon2id),
        clock: Arc::new(SystemClock),
        ids: Arc::new(RandomIds),
    }
}

fn given_password() -> Option<String> {
    std::env::var(ADMIN_PASSWORD).ok().filter(|password| !password.is_empty())
}

/// Checks the password that the first admin is to have, before anything is touched.
pub fn check_given_password() -> Result<()> {
    let Some(password) = given_password() else { return Ok(()) };
    check_new_password(&password).with_context(|| format!("{ADMIN_PASSWORD} is of no use"))
}

/// Makes the first admin in a store without users; `None` when there is still nobody.
///
/// A password is made up only where a person sees it: a log in JSON is read by machines, and would
/// keep it.
pub fn ensure_first_admin(config: &Config, store: &Store) -> Result<Option<FirstAdmin>> {
    let given = given_password();
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
