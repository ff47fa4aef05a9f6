//! What can go wrong, said without a word of HTTP or SQL.

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of the domain. Each face maps every variant to its own status and body.
///
/// The texts are for the client; only [`Error::Unavailable`] and [`Error::Internal`] carry a cause,
/// and that is for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is not this caller's to see.
    #[error("{reason}")]
    NotFound {
        /// What was looked for, in words.
        reason: String,
    },
    /// No action of this name is configured.
    #[error("unknown action '{name}'")]
    UnknownAction {
        /// The name as it was asked for.
        name: String,
    },
    /// It collides with something that exists.
    #[error("{reason}")]
    Conflict {
        /// What it collides with.
        reason: String,
    },
    /// The caller is nobody known: no credentials, or wrong ones.
    #[error("the request requires authentication")]
    Unauthenticated,
    /// The caller is known and may not do this.
    #[error("permission '{permission}' is required")]
    Forbidden {
        /// The permission or policy rule that was missing.
        permission: &'static str,
    },
    /// The data breaks a rule.
    #[error("{field}: {reason}")]
    Invalid {
        /// The field at fault, as a dotted path.
        field: String,
        /// What is wrong, and what is allowed.
        reason: String,
    },
    /// A required field is missing.
    #[error("'{field}' is a required property")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// What would be kept is larger than allowed.
    #[error("{reason}")]
    TooLarge {
        /// How large it would be, and how large it may be.
        reason: String,
    },
    /// The request needs a body and has none.
    #[error("Missing request body")]
    MissingBody,
    /// The caller's precondition does not hold (a version has moved on).
    #[error("{reason}")]
    PreconditionFailed {
        /// What was expected, and what is.
        reason: String,
    },
    /// The key of a request stands for another request.
    #[error(
        "this idempotency key was used for another request within the last 24 hours; take a new one"
    )]
    KeyReused,
    /// Something that is needed cannot be reached just now; to ask again later may help.
    #[error("{reason}")]
    Unavailable {
        /// What is out of reach, for the client.
        reason: &'static str,
        /// Why, for the log.
        #[source]
        cause: anyhow::Error,
    },
    /// A defect, or a broken store.
    #[error("internal error")]
    Internal(#[source] anyhow::Error),
}

impl Error {
    /// An [`Error::Invalid`] for `field`.
    pub fn invalid(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid { field: field.into(), reason: reason.into() }
    }

    /// An [`Error::NotFound`] because of `reason`.
    pub fn not_found(reason: impl Into<String>) -> Self {
        Self::NotFound { reason: reason.into() }
    }

    /// An [`Error::Conflict`] because of `reason`.
    pub fn conflict(reason: impl Into<String>) -> Self {
        Self::Conflict { reason: reason.into() }
    }

    /// An [`Error::Internal`] with its cause.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::Internal(cause.into())
    }
}

/// Longest piece of a request that an error repeats, in characters.
const MAX_SHOWN: usize = 64;

/// The beginning of `text`: enough to recognize it in an error.
pub(crate) fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
