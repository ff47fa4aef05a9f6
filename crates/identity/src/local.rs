//! The users of the service's own store, and the tokens that they were issued.

use std::sync::Arc;

use actiond_core::access::Caller;
use actiond_core::identity::{
    IssuedToken, ProjectScope, TokenDigest, TokenInfo, TokenRecord, TokenRequest, User, UserRef,
};
use actiond_core::ports::{
    Clock, IdentityProvider, TokenCredentials, TokenIssuer, TokenRepository, UserRepository,
};
use actiond_core::{Error, Result};
use secrecy::ExposeSecret;

use crate::familiar::FamiliarPasswords;
use crate::{LocalSettings, Passwords, TokenCache, Validated, random};

/// Local users: passwords for the cluster face, tokens for the project face.
///
/// A token is 32 random bytes, kept as a digest, so it outlives a restart and cannot be read back
/// from the store. What it opens is looked up: the user's roles are those of today. A validated
/// token is remembered for [`LocalSettings::remember_for`]. The user of a password is looked up every
/// time; that the password fits is remembered, because argon2 is slow on purpose.
pub struct LocalIdentity {
    users: Arc<dyn UserRepository>,
    tokens: Arc<dyn TokenRepository>,
    passwords: FamiliarPasswords,
    clock: Arc<dyn Clock>,
    settings: LocalSettings,
    callers: TokenCache<Arc<Caller>>,
    /// Stands in for the hash of a user that does not exist, so that a wrong name takes as long as
    /// a wrong password.
    nobodys_hash: String,
}

impl LocalIdentity {
    /// Local identity over these ports.
    ///
    /// # Errors
    /// [`Error::Invalid`] for settings out of bounds, [`Error::Internal`] without randomness.
    pub fn new(
        users: Arc<dyn UserRepository>,
        tokens: Arc<dyn TokenRepository>,
        passwords: Arc<dyn Passwords>,
        clock: Arc<dyn Clock>,
        settings: LocalSettings,
    ) -> Result<Self> {
        settings.check()?;
        let passwords = FamiliarPasswords::new(passwords, settings.remember_at_most)?;
        let nobodys_hash = passwords.hash(random::generate_password()?.expose_secret())?;
        let callers =
            TokenCache::new(Arc::clone(&clock), settings.remember_for, settings.remember_at_most);
        Ok(Self { users, tokens, passwords, clock, settings, callers, nobodys_hash })
    }

    /// The user whose password this is. What does not fit costs one verification, whoever asks.
    fn authenticate(&self, user: Option<User>, password: &str) -> Result<User> {
        let hash = user.as_ref().map_or(&self.nobodys_hash, |user| &user.password_hash);
        let fits = self.passwords.verify(hash, password);
        user.filter(|_| fits).ok_or(Error::Unauthenticated)
    }

    /// The token's record and its user, if both are there and it has not expired.
    fn open(&self, digest: &TokenDigest) -> Result<(TokenRecord, User)> {
        let record = self.tokens.find(digest)?.ok_or(Error::Unauthenticated)?;
        if self.clock.now() >= record.expires_at {
            return Err(Error::Unauthenticated);
        }
        let user = self.users.find_by_id(&record.user_id)?.ok_or(Error::Unauthenticated)?;
        may_scope(&record, &user)?;
        Ok((record, user))
    }

    /// The caller behind a token, remembered or looked up.
    fn validate(&self, token: &str) -> Result<Arc<Caller>> {
        let digest = TokenDigest::of(token);
        self.callers.get_or_validate(&digest, || {
            let (record, user) = self.open(&digest)?;
            let value = Arc::new(user.caller(record.project.as_ref()));
            Ok(Validated { value, good_until: record.expires_at })
        })
    }

    fn find(&self, user: &UserRef) -> Result<Option<User>> {
        match user {
            UserRef::Name(name) => self.users.find_by_name(name),
            UserRef::Id(id) => self.users.find_by_id(id),
        }
    }

    /// A change of the password while a token was made removed the tokens that there were, and so
    /// perhaps not this one: it is given out only when the user is still the one that was asked.
    fn still_the_same(&self, user: &User) -> Result<()> {
        let now = self.users.find_by_id(&user.id)?;
        let same = now.is_some_and(|now| now.password_hash == user.password_hash);
        if same { Ok(()) } else { Err(Error::Unauthenticated) }
    }
}

impl IdentityProvider for LocalIdentity {
    fn by_token(&self, credentials: &TokenCredentials<'_>) -> Result<Arc<Caller>> {
        if let Some(service) = credentials.service_token {
            self.validate(service)?;
        }
        self.validate(credentials.token)
    }

    fn remembered(&self, credentials: &TokenCredentials<'_>) -> Option<Arc<Caller>> {
        let remembered = |token| self.callers.get(&TokenDigest::of(token));
        credentials
            .service_token
            .is_none_or(|service| remembered(service).is_some())
            .then_some(())?;
        remembered(credentials.token)
    }

    fn by_password(&self, name: &str, password: &str) -> Result<Arc<Caller>> {
        let user = self.authenticate(self.users.find_by_name(name)?, password)?;
        Ok(Arc::new(user.caller(None)))
    }

    fn familiar(&self, name: &str, password: &str) -> Result<Option<Arc<Caller>>> {
        let fits = |user: &User| self.passwords.knows(&user.password_hash, password);
        let user = self.users.find_by_name(name)?.filter(fits);
        Ok(user.map(|user| Arc::new(user.caller(None))))
    }
}

impl TokenIssuer for LocalIdentity {
    fn issue(&self, request: &TokenRequest) -> Result<IssuedToken> {
        let user = self.authenticate(self.find(&request.user)?, &request.password)?;
        let token = random::token()?;
        let issued_at = self.clock.now();
        let record = TokenRecord {
            digest: TokenDigest::of(&token),
            user_id: user.id.clone(),
            project: request.project.clone(),
            issued_at,
            expires_at: issued_at + self.settings.token_lifetime,
        };
        may_scope(&record, &user)?;
        self.tokens.insert(&record)?;
        self.still_the_same(&user)?;
        Ok(IssuedToken { token, info: info(record, user) })
    }

    fn describe(&self, token: &str) -> Result<TokenInfo> {
        self.open(&TokenDigest::of(token)).map(|(record, user)| info(record, user))
    }
}

/// A token opens a project in which its user has a role, or none.
fn may_scope(record: &TokenRecord, user: &User) -> Result<()> {
    match &record.project {
        Some(project) if user.roles_in(project).is_empty() => Err(Error::Unauthenticated),
        _ => Ok(()),
    }
}

fn info(record: TokenRecord, user: User) -> TokenInfo {
    TokenInfo {
        scope: record
            .project
            .map(|project| ProjectScope { roles: user.roles_in(&project), project }),
        user_id: user.id,
        user_name: user.name,
        issued_at: record.issued_at,
        expires_at: record.expires_at,
    }
}
