//! Tokens of the cluster face: signed, and kept nowhere.

use std::sync::Arc;
use std::time::Duration;

use actiond_core::access::Caller;
use actiond_core::identity::{ClusterToken, SigningKey, TokenLife, User};
use actiond_core::ports::{Clock, ClusterTokens, Inserted, SigningKeyRepository, UserRepository};
use actiond_core::{Error, Result, Timestamp};
use anyhow::anyhow;
use base64ct::{Base64UrlUnpadded, Encoding};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{LocalIdentity, hmac, random};

/// Who signs, in every token.
const ISSUER: &str = "actiond";
const ALMOST_A_SECOND: Duration = Duration::from_nanos(999_999_999);
/// How long a key signs before another takes its place.
const KEY_AGE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Signs tokens with HMAC-SHA256 (HS256) and no other algorithm.
///
/// A token says whose it is and until when. What its user may do is looked up at each request, and a
/// token whose user has another password by now is worth nothing: it bears a digest of the hash that
/// the password had. Keys are in the store, so that all its servers know them; a new one comes when the
/// last is a month old, and those before it stay good for as long as the longest token that they signed.
pub struct SignedTokens {
    users: Arc<dyn UserRepository>,
    keys: SigningKeys,
    logins: Arc<LocalIdentity>,
    clock: Arc<dyn Clock>,
}

/// The keys that tokens are signed with.
pub struct SigningKeys {
    /// Where they are kept.
    pub keys: Arc<dyn SigningKeyRepository>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// The user's id.
    sub: String,
    /// The user's name, for people.
    name: String,
    /// Seconds since the Unix epoch, as all times.
    iat: i64,
    exp: i64,
    /// A digest of the hash of the user's password.
    pwd: String,
}

impl SigningKeys {
    /// All keys, the newest first.
    ///
    /// # Errors
    /// Those of the store.
    pub fn list(&self) -> Result<Vec<SigningKey>> {
        self.keys.list()
    }

    /// Makes a key, which signs from now on. Those before it are good for `overlap` more.
    ///
    /// # Errors
    /// Those of the store, and [`Error::Internal`] without randomness.
    pub fn rotate(&self, overlap: Duration) -> Result<SigningKey> {
        let key = self.make()?;
        self.keys.rotate(&key, key.made_at + overlap)?;
        Ok(key)
    }

    fn make(&self) -> Result<SigningKey> {
        Ok(SigningKey {
            id: Base64UrlUnpadded::encode_string(&random::bytes::<9>()?),
            secret: random::bytes::<32>()?.to_vec(),
            made_at: self.clock.now(),
            good_until: None,
        })
    }

    /// The key that signs, or a new one when that is old or there is none; another server may be faster
    /// with one.
    fn signing(&self) -> Result<SigningKey> {
        let last = self.last()?;
        let is_young = |key: &SigningKey| self.clock.now() < key.made_at + KEY_AGE;
        if let Some(key) = last.clone().filter(is_young) {
            return Ok(key);
        }
        let (key, id) = (self.make()?, last.map(|key| key.id));
        let until = key.made_at + TokenLife::MAX.duration();
        match self.keys.rotate_after(id.as_deref(), &key, until)? {
            Inserted::Stored => Ok(key),
            Inserted::Taken => self.last()?.ok_or_else(|| Error::internal(anyhow!("no key signs"))),
        }
    }

    /// The one whose time is not up, whenever it was made by the clock that made it.
    fn last(&self) -> Result<Option<SigningKey>> {
        Ok(self.keys.list()?.into_iter().find(|key| key.good_until.is_none()))
    }
}

impl SignedTokens {
    /// Tokens for those who can log in.
    pub fn new(
        users: Arc<dyn UserRepository>,
        keys: Arc<dyn SigningKeyRepository>,
        logins: Arc<LocalIdentity>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        hmac::install();
        Self { users, keys: SigningKeys { keys, clock: clock.clone() }, logins, clock }
    }

    fn sign(&self, user: &User, life: TokenLife) -> Result<ClusterToken> {
        let key = self.keys.signing()?;
        let now = self.clock.now();
        let iat = now.timestamp();
        // Rounded up: not even a second is less than was asked for.
        let exp = (now + life.duration() + ALMOST_A_SECOND).timestamp();
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: user.id.clone(),
            name: user.name.clone(),
            iat,
            exp,
            pwd: fingerprint(user),
        };
        let header = Header { kid: Some(key.id), ..Header::new(Algorithm::HS256) };
        let token = encode(&header, &claims, &EncodingKey::from_secret(&key.secret));
        Ok(ClusterToken {
            token: token.map_err(Error::internal)?,
            expires_at: Timestamp::from_timestamp(exp, 0).ok_or(Error::Unauthenticated)?,
        })
    }

    /// Whose token it is.
    fn user(&self, token: &str) -> Result<User> {
        let claims = self.claims(token)?;
        let user = self.users.find_by_id(&claims.sub)?.ok_or(Error::Unauthenticated)?;
        let is_current = fingerprint(&user) == claims.pwd;
        if is_current { Ok(user) } else { Err(Error::Unauthenticated) }
    }

    /// What a token says that one of the keys has signed, and that has not expired.
    fn claims(&self, token: &str) -> Result<Claims> {
        let refused = |_| Error::Unauthenticated;
        let header = jsonwebtoken::decode_header(token).map_err(refused)?;
        let kid = header.kid.ok_or(Error::Unauthenticated)?;
        let now = self.clock.now();
        let mut keys = self.keys.list()?.into_iter();
        let key = keys.find(|key| key.id == kid && key.is_good(now));
        let key = DecodingKey::from_secret(&key.ok_or(Error::Unauthenticated)?.secret);
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        // The time is a port, here as everywhere.
        validation.validate_exp = false;
        let claims = decode::<Claims>(token, &key, &validation).map_err(refused)?.claims;
        if now.timestamp() < claims.exp { Ok(claims) } else { Err(Error::Unauthenticated) }
    }
}

impl ClusterTokens for SignedTokens {
    fn authorize(&self, login: &str, password: &str, life: TokenLife) -> Result<ClusterToken> {
        self.sign(&self.logins.log_in(login, password)?, life)
    }

    fn refresh(&self, token: &str, life: TokenLife) -> Result<ClusterToken> {
        self.sign(&self.user(token)?, life)
    }

    fn caller(&self, token: &str) -> Result<Arc<Caller>> {
        Ok(Arc::new(self.user(token)?.caller(None)))
    }
}

/// Says which password a user has, and nothing of it: a digest of what argon2 made of it.
fn fingerprint(user: &User) -> String {
    let digest = Sha256::digest(user.password_hash.as_bytes());
    Base64UrlUnpadded::encode_string(&digest[..16])
}
