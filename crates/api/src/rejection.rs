//! Why a request is refused, before each face finds its own words for it.

use std::fmt;
use std::marker::PhantomData;

use actiond_core::Error;
use actix_web::http::header::{ALLOW, RETRY_AFTER};
use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError};

/// Seconds after which a client may try again what was out of reach.
const RETRY_AFTER_SECONDS: u32 = 5;

/// Why a request is refused. The texts are for clients.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Rejection {
    /// A use case said so.
    #[error(transparent)]
    Domain(#[from] Error),
    #[error("The \"{name}\" parameter is invalid. The value {reason}.")]
    Parameter { name: String, reason: String },
    #[error("The value of the \"{name}\" header {reason}.")]
    Header { name: &'static str, reason: &'static str },
    #[error("Only application/json is served; the Accept header must admit it.")]
    NotAcceptable,
    #[error("There is nothing at this path.")]
    NoSuchPath,
    #[error("This method is not allowed here; allowed are {allow}.")]
    MethodNotAllowed { allow: String },
    #[error("Invalid HTTP method")]
    UnknownMethod,
    #[error("The body must be JSON, sent as application/json.")]
    MediaType,
    #[error("The body is not JSON: {0}.")]
    NotJson(String),
    #[error("The body is nested deeper than {limit} levels.")]
    TooDeep { limit: usize },
    #[error("The body is longer than {limit} bytes.")]
    TooLarge { limit: usize },
    #[error("The body took too long to arrive.")]
    TooSlow,
    #[error("The body broke off.")]
    BrokenOff,
    #[error("Too many requests are waiting; try again in a moment.")]
    Busy,
}

impl Rejection {
    /// Sets the headers that a status calls for on every face.
    pub(crate) fn add_headers(&self, response: &mut HttpResponseBuilder) {
        match self {
            Self::MethodNotAllowed { allow } => {
                response.insert_header((ALLOW, allow.as_str()));
            }
            Self::Busy | Self::Domain(Error::Unavailable { .. }) => {
                response.insert_header((RETRY_AFTER, RETRY_AFTER_SECONDS));
            }
            // What is left of the body is not worth reading.
            Self::TooLarge { .. } | Self::TooSlow | Self::BrokenOff => {
                response.force_close();
            }
            _ => {}
        }
    }

    /// What the log is told and the client is not.
    pub(crate) fn cause(&self) -> Option<&anyhow::Error> {
        match self {
            Self::Domain(Error::Unavailable { cause, .. } | Error::Internal(cause)) => Some(cause),
            _ => None,
        }
    }
}

/// One of the faces: how it words a rejection.
pub(crate) trait Face: 'static {
    /// The answer to a request that is refused.
    fn answer(rejection: &Rejection) -> HttpResponse;
}

/// A rejection that face `F` answers.
pub(crate) struct Refused<F> {
    pub(crate) rejection: Rejection,
    face: PhantomData<F>,
}

impl<F, R: Into<Rejection>> From<R> for Refused<F> {
    fn from(rejection: R) -> Self {
        Self { rejection: rejection.into(), face: PhantomData }
    }
}

impl<F: Face> ResponseError for Refused<F> {
    fn error_response(&self) -> HttpResponse {
        F::answer(&self.rejection)
    }
}

impl<F> fmt::Debug for Refused<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rejection.fmt(f)
    }
}

impl<F> fmt::Display for Refused<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rejection.fmt(f)
    }
}
