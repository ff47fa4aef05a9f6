//! What can go wrong while reading.

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why freezer-api or Keystone cannot be read. No text holds a secret.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A variable is missing, or does not go with another one.
    #[error("{0}")]
    Credentials(String),
    /// There was no answer.
    #[error("no answer from {url}: {cause}")]
    Unreachable {
        /// What was asked.
        url: String,
        /// Why there was none.
        cause: Box<ureq::Error>,
    },
    /// The answer was a refusal.
    #[error("{url} answers {status}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// What was said, or what to do.
        message: String,
    },
    /// The answer is not what the service is known to answer.
    #[error("{url} answers what cannot be understood: {reason}")]
    NotUnderstood {
        /// What was asked.
        url: String,
        /// What is wrong.
        reason: String,
    },
}
