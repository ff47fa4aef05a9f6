//! Requests that are done once, however often they are sent: each under a key that its client names.

use chrono::TimeDelta;
use sha2::{Digest as _, Sha256};

use crate::Timestamp;
use crate::error::{Error, Result};

/// Longest key of a request, in bytes.
const MAX_KEY_LENGTH: usize = 255;

/// A SHA-256.
pub type Digest = [u8; 32];

/// The key of a request, as its client names it, and what the request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestKey {
    key: String,
    body: Digest,
}

impl RequestKey {
    /// The key of a request with this body.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a key other than 1 to 255 visible characters of ASCII.
    pub fn new(key: &str, body: &[u8]) -> Result<Self> {
        if key.is_empty()
            || key.len() > MAX_KEY_LENGTH
            || !key.bytes().all(|b| b.is_ascii_graphic())
        {
            let allowed = format!("1 to {MAX_KEY_LENGTH} visible ASCII characters are allowed");
            return Err(Error::invalid("Idempotency-Key", allowed));
        }
        Ok(Self { key: key.to_owned(), body: Sha256::digest(body).into() })
    }

    /// The request for what `asked` names, by whom `by` names: nobody meets another's keys.
    pub(crate) fn request(&self, by: &[&str], asked: &[&str]) -> Request {
        let name = digest(by.iter().chain([&&*self.key]).map(|part| part.as_bytes()));
        let said = digest(asked.iter().map(|part| part.as_bytes()).chain([&self.body[..]]));
        Request { name, said }
    }
}

/// The digest of parts, each with its length before it, so that none runs into the next.
fn digest<'a>(parts: impl Iterator<Item = &'a [u8]>) -> Digest {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// A request under its key, as one caller sends it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    /// Whose key it is.
    pub(crate) name: Digest,
    /// What it says.
    said: Digest,
}

impl Request {
    /// What is kept when the request is done.
    pub(crate) fn receipt(&self, subject: String, version: u64, now: Timestamp) -> Receipt {
        Receipt { name: self.name, said: self.said, subject, version, kept_at: now }
    }

    /// The receipt of the same request, if it was done within [`Receipt::LIFE`].
    ///
    /// # Errors
    /// [`Error::KeyReused`] when that was another request.
    pub(crate) fn judge(&self, kept: Option<Receipt>, now: Timestamp) -> Result<Option<Receipt>> {
        match kept.filter(|receipt| receipt.kept_at > now - Receipt::LIFE) {
            Some(receipt) if receipt.said != self.said => Err(Error::KeyReused),
            kept => Ok(kept),
        }
    }
}

/// What is kept of a request that was done, so that it is answered again, and not done again. A store
/// keeps it in the transaction of the write itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Whose key it is. Unique.
    pub name: Digest,
    /// What the request said.
    pub said: Digest,
    /// The id of what was written.
    pub subject: String,
    /// The version that it had then.
    pub version: u64,
    /// When that was.
    pub kept_at: Timestamp,
}

impl Receipt {
    /// How long a key stands for its request; then it is as good as new.
    pub const LIFE: TimeDelta = TimeDelta::hours(24);

    /// Before which moment a receipt was kept that does not count any more when this one is.
    pub fn expired(&self) -> Timestamp {
        self.kept_at - Self::LIFE
    }
}

/// Does what `act` does, unless it has been done: then answers what `recall` finds.
pub(crate) fn once<T>(
    recall: impl Fn() -> Result<Option<T>>,
    act: impl FnOnce() -> Result<T>,
) -> Result<T> {
    if let Some(answer) = recall()? {
        return Ok(answer);
    }
    // Of two at the same moment one is done, and what it has done is in the way of the other.
    act().or_else(|refused| recall()?.ok_or(refused))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(key: &str, by: &[&str], asked: &[&str], body: &str) -> Request {
        RequestKey::new(key, body.as_bytes()).unwrap().request(by, asked)
    }

    #[test]
    fn a_key_is_its_callers_and_a_request_all_that_it_says() {
        let one = request("k", &["p", "ann"], &["create"], "{}");
        assert_eq!(one, request("k", &["p", "ann"], &["create"], "{}"));
        for other in [("k", "pa", "nn"), ("k", "p", "bob"), ("l", "p", "ann")] {
            let other = request(other.0, &[other.1, other.2], &["create"], "{}");
            assert!(other.name != one.name && other.said == one.said);
        }
        for (asked, body) in [("create", "{ }"), ("replace", "{}")] {
            let other = request("k", &["p", "ann"], &[asked], body);
            assert!(other.name == one.name && other.said != one.said);
        }
    }

    #[test]
    fn a_receipt_counts_for_a_day() {
        let (one, now) = (request("k", &[], &[], "1"), Timestamp::UNIX_EPOCH);
        let receipt = one.receipt("a".to_owned(), 1, now);
        let day = Receipt::LIFE;
        let almost = day - TimeDelta::microseconds(1);
        assert_eq!(one.judge(Some(receipt.clone()), now + almost).unwrap(), Some(receipt.clone()));
        assert_eq!(one.judge(Some(receipt.clone()), now + day).unwrap(), None);
        let other = request("k", &[], &[], "2");
        let reused = other.judge(Some(receipt.clone()), now + almost);
        assert!(matches!(reused, Err(Error::KeyReused)), "{reused:?}");
        assert_eq!(other.judge(Some(receipt), now + day).unwrap(), None, "it is as good as new");
    }

    #[test]
    fn a_key_is_visible_and_not_long() {
        for good in ["a", "\"8e03978e-40d5-43dd-bc93-6894a57f9324\"", &"x".repeat(255)] {
            assert!(RequestKey::new(good, b"").is_ok(), "{good}");
        }
        for bad in ["", "a b", "a\n", "é", &"x".repeat(256)] {
            assert!(RequestKey::new(bad, b"").is_err(), "{bad}");
        }
    }
}
