//! The users of the service's own store, and the tokens that they were issued.

use std::sync::Arc;

use actiond_core::access::Caller;
use actiond_core::identity::{
    AccountKey, IssuedToken, LoginFailures, Project, ProjectRef, Proof, TokenDigest, TokenInfo,
    TokenRecord, TokenRequest, TokenScope, User, UserRef, UserSummary,
};
use actiond_core::ports::{
    Clock, IdentityProvider, LoginFailureRepository, TokenCredentials, TokenIssuer,
    TokenRepository, UserRepository,
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
    failures: Arc<dyn LoginFailureRepository>,
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
        failures: Arc<dyn LoginFailureRepository>,
        passwords: Arc<dyn Passwords>,
        clock: Arc<dyn Clock>,
        settings: LocalSettings,
    ) -> Result<Self> {
        settings.check()?;
        let (keep, at_most) = (settings.remember_passwords_for, settings.remember_at_most);
        let passwords = FamiliarPasswords::new(passwords, Arc::clone(&clock), keep, at_most)?;
        let nobodys_hash = passwords.hash(random::generate_password()?.expose_secret())?;
        let callers =
            TokenCache::new(Arc::clone(&clock), settings.remember_for, settings.remember_at_most);
        Ok(Self { users, tokens, failures, passwords, clock, settings, callers, nobodys_hash })
    }

    /// The user whose password this is. What does not fit costs one verification and one note, whoever
    /// asks and for whom: neither a lock nor the lack of a user shows. Several at once may be one or two
    /// more than lock the account.
    fn authenticate(&self, user: Option<User>, named: &str, password: &str) -> Result<User> {
        let account = AccountKey::of(user.as_ref().map_or(named, |user| &user.name));
        let (failures, now) = (self.failures(&account)?, self.clock.now());
        // With the hash of a user who is locked, what is remembered would show that a password fits.
        let candidate = user.as_ref().filter(|_| !failures.is_locked(now));
        let hash = candidate.map_or(&self.nobodys_hash, |user| &user.password_hash);
        if self.passwords.verify(named, hash, password)
            && let Some(user) = candidate
        {
            if failures.is_something() {
                self.failures.forget(&account)?;
            }
            return Ok(user.clone());
        }
        let policy = &self.settings.lockout;
        let was_locked = failures.is_locked(now);
        if policy.max_failures > 0 && !was_locked {
            let failures = self.failures.note(&account, now, policy)?;
            // What others than users are called is nobody's business: it may be a password.
            if let Some(user) = user.filter(|_| failures.is_locked(now)) {
                tracing::warn!(user = user.name, "wrong passwords have locked a user");
            }
        }
        Err(Error::Unauthenticated)
    }

    fn failures(&self, account: &AccountKey) -> Result<LoginFailures> {
        if self.settings.lockout.max_failures == 0 {
            return Ok(LoginFailures::default());
        }
        Ok(self.failures.find(&[*account])?.remove(account).unwrap_or_default())
    }

    /// The user of this name or e-mail address whose password this is.
    pub(crate) fn log_in(&self, login: &str, password: &str) -> Result<User> {
        self.authenticate(self.users.find_by_login(login)?, login, password)
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

    /// The user that a request for a token proves to be, and the token that proves it, if one does.
    fn prove(&self, proof: &Proof) -> Result<(User, Option<TokenRecord>)> {
        match proof {
            Proof::Password { user, password } => {
                let named = match user {
                    UserRef::Name(name) => name.clone(),
                    // No name has a colon.
                    UserRef::Id(id) => format!("id:{id}"),
                };
                Ok((self.authenticate(self.find(user)?, &named, password)?, None))
            }
            Proof::Token(token) => {
                let (record, user) = self.open(&TokenDigest::of(token)).map_err(no_token)?;
                Ok((user, Some(record)))
            }
        }
    }

    /// The project that is meant, if there is such a one.
    fn project(&self, named: &ProjectRef) -> Result<Project> {
        let is_meant = |project: &Project| match named {
            ProjectRef::Id(id) => project.id == *id,
            ProjectRef::Name(name) => project.name == *name,
        };
        self.users.projects()?.into_iter().find(is_meant).ok_or(Error::Unauthenticated)
    }

    /// A change of the password while a token was made removed the tokens that there were, and so
    /// perhaps not this one; and so did the end of the token that it was got for. It is given out only
    /// when all that it stands on is still there.
    fn still_stands(&self, user: &User, parent: Option<&TokenRecord>) -> Result<()> {
        let now = self.users.find_by_id(&user.id)?;
        let same = now.is_some_and(|now| now.password_hash == user.password_hash);
        let parent = parent.map(|parent| self.tokens.find(&parent.digest)).transpose()?;
        if same && parent.is_none_or(|found| found.is_some()) {
            return Ok(());
        }
        Err(Error::Unauthenticated)
    }

    fn info(&self, record: TokenRecord, user: User) -> Result<TokenInfo> {
        let project = record.project.map(|id| self.project(&ProjectRef::Id(id))).transpose()?;
        let scope = |project: Project| TokenScope { roles: user.roles_in(&project.id), project };
        Ok(TokenInfo {
            scope: project.map(scope),
            user_id: user.id,
            user_name: user.name,
            chain: record.chain,
            issued_at: record.issued_at,
            expires_at: record.expires_at,
        })
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
        Ok(Arc::new(self.log_in(name, password)?.caller(None)))
    }

    fn familiar(&self, name: &str, password: &str) -> Result<Option<Arc<Caller>>> {
        let fits = |user: &User| self.passwords.knows(name, &user.password_hash, password);
        let Some(user) = self.users.find_by_login(name)?.filter(fits) else { return Ok(None) };
        let failures = self.failures(&AccountKey::of(&user.name))?;
        let open = !failures.is_locked(self.clock.now());
        Ok(open.then(|| Arc::new(user.caller(None))))
    }
}

impl TokenIssuer for LocalIdentity {
    fn issue(&self, request: &TokenRequest) -> Result<IssuedToken> {
        let (user, parent) = self.prove(&request.proof)?;
        let token = random::token()?;
        let issued_at = self.clock.now();
        let record = TokenRecord {
            digest: TokenDigest::of(&token),
            user_id: user.id.clone(),
            project: request.project.as_ref().map(|p| Ok(self.project(p)?.id)).transpose()?,
            chain: parent.as_ref().map(|parent| parent.chain.unwrap_or(parent.digest)),
            issued_at,
            expires_at: match &parent {
                Some(parent) => parent.expires_at,
                None => issued_at + self.settings.token_lifetime,
            },
        };
        may_scope(&record, &user)?;
        self.tokens.insert(&record)?;
        if let Err(error) = self.still_stands(&user, parent.as_ref()) {
            self.tokens.remove(&record.digest)?;
            return Err(error);
        }
        Ok(IssuedToken { token, info: self.info(record, user)? })
    }

    fn describe(&self, token: &str) -> Result<TokenInfo> {
        let (record, user) = self.open(&TokenDigest::of(token))?;
        self.info(record, user)
    }

    fn revoke(&self, token: &str) -> Result<()> {
        self.tokens.remove(&TokenDigest::of(token))?;
        // Which other tokens it took along is not known here.
        self.callers.clear();
        Ok(())
    }

    fn users(&self) -> Result<Vec<UserSummary>> {
        Ok(self.users.list()?.into_iter().map(UserSummary::from).collect())
    }

    fn projects(&self) -> Result<Vec<Project>> {
        self.users.projects()
    }
}

/// A token that proves nothing is one that is not found, in Keystone's words.
fn no_token(error: Error) -> Error {
    match error {
        Error::Unauthenticated => Error::not_found("Failed to validate token"),
        other => other,
    }
}

/// A token opens a project in which its user has a role, or none.
fn may_scope(record: &TokenRecord, user: &User) -> Result<()> {
    match &record.project {
        Some(project) if user.roles_in(project).is_empty() => Err(Error::Unauthenticated),
        _ => Ok(()),
    }
}
