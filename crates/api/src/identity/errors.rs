//! Keystone's words for a refusal: `{"error": {"code", "message", "title"}}`.

use actiond_core::Error;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use crate::rejection::{Face, Refused, Rejection};

/// The identity face.
pub(crate) struct IdentityFace;

pub(super) type IdentityError = Refused<IdentityFace>;

/// The answer of a handler of this face.
pub(super) type IdentityResult = Result<HttpResponse, IdentityError>;

impl Face for IdentityFace {
    fn answer(rejection: &Rejection) -> HttpResponse {
        let status = status(rejection);
        let mut response = HttpResponse::build(status);
        rejection.add_headers(&mut response);
        response.json(json!({"error": {
            "code": status.as_u16(),
            "message": message(rejection),
            "title": status.canonical_reason().unwrap_or_default(),
        }}))
    }
}

fn status(rejection: &Rejection) -> StatusCode {
    use StatusCode as S;
    match rejection {
        Rejection::Domain(error) => match error {
            Error::NotFound { .. } | Error::UnknownAction { .. } => S::NOT_FOUND,
            Error::Conflict { .. } | Error::PreconditionFailed { .. } => S::CONFLICT,
            Error::Unauthenticated => S::UNAUTHORIZED,
            Error::Forbidden { .. } => S::FORBIDDEN,
            Error::Invalid { .. } | Error::Missing { .. } | Error::MissingBody => S::BAD_REQUEST,
            Error::KeyReused => S::UNPROCESSABLE_ENTITY,
            Error::TooLarge { .. } => S::PAYLOAD_TOO_LARGE,
            Error::Unavailable { .. } => S::SERVICE_UNAVAILABLE,
            Error::Internal(_) => S::INTERNAL_SERVER_ERROR,
        },
        Rejection::NotAcceptable => S::NOT_ACCEPTABLE,
        Rejection::NoSuchPath => S::NOT_FOUND,
        Rejection::MethodNotAllowed { .. } => S::METHOD_NOT_ALLOWED,
        Rejection::MediaType => S::UNSUPPORTED_MEDIA_TYPE,
        Rejection::TooLarge { .. } => S::PAYLOAD_TOO_LARGE,
        Rejection::TooSlow => S::REQUEST_TIMEOUT,
        Rejection::Busy => S::SERVICE_UNAVAILABLE,
        Rejection::Parameter { .. }
        | Rejection::Header { .. }
        | Rejection::UnknownMethod
        | Rejection::NotJson(_)
        | Rejection::TooDeep { .. }
        | Rejection::BrokenOff => S::BAD_REQUEST,
    }
}

fn message(rejection: &Rejection) -> String {
    match rejection {
        Rejection::Domain(Error::Unauthenticated) => {
            "The request you have made requires authentication.".to_owned()
        }
        Rejection::Domain(Error::Forbidden { permission }) => {
            format!("You are not authorized to perform the requested action: {permission}.")
        }
        Rejection::Domain(Error::Internal(_)) => {
            "An unexpected error prevented the server from fulfilling your request.".to_owned()
        }
        other => other.to_string(),
    }
}
