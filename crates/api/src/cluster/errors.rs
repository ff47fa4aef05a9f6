//! Words for a refusal that every reader of this API knows:
//! `{"error_code", "description", "message", "status_code"}`.

use actiond_core::Error;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::WWW_AUTHENTICATE;
use serde::Serialize;

use crate::rejection::{Face, Refused, Rejection};

/// The cluster face.
pub(crate) struct ClusterFace;

pub(super) type ClusterError = Refused<ClusterFace>;

/// The answer of a handler of this face.
pub(super) type ClusterResult = Result<HttpResponse, ClusterError>;

#[derive(Serialize)]
struct Body<'a> {
    error_code: &'a str,
    description: &'a str,
    message: &'a str,
    status_code: u16,
}

impl Face for ClusterFace {
    fn answer(rejection: &Rejection) -> HttpResponse {
        refusal(rejection, |code| code)
    }
}

/// The answer to a request that is refused, with codes that `called` gives other names.
pub(crate) fn refusal(
    rejection: &Rejection,
    called: fn(&'static str) -> &'static str,
) -> HttpResponse {
    let (status, error_code) = words(rejection);
    let error_code = called(error_code);
    let mut response = HttpResponse::build(status);
    rejection.add_headers(&mut response);
    if status == StatusCode::UNAUTHORIZED {
        response.insert_header((WWW_AUTHENTICATE, "Basic realm=\"actiond\""));
    }
    let text = rejection.to_string();
    response.json(Body {
        error_code,
        description: &text,
        message: &text,
        status_code: status.as_u16(),
    })
}

/// Status and error code.
fn words(rejection: &Rejection) -> (StatusCode, &'static str) {
    use StatusCode as S;
    match rejection {
        Rejection::Domain(error) => match error {
            Error::NotFound { .. } => (S::NOT_FOUND, "action_not_found"),
            Error::UnknownAction { .. } => (S::BAD_REQUEST, "invalid_action"),
            Error::Conflict { .. } | Error::PreconditionFailed { .. } => {
                (S::CONFLICT, "action_in_progress")
            }
            Error::Unauthenticated => (S::UNAUTHORIZED, "unauthorized"),
            Error::Forbidden { .. } => (S::FORBIDDEN, "forbidden"),
            Error::Invalid { .. } | Error::Missing { .. } | Error::MissingBody => {
                (S::BAD_REQUEST, "invalid_content")
            }
            Error::KeyReused => (S::UNPROCESSABLE_ENTITY, "invalid_content"),
            Error::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "invalid_content"),
            Error::Unavailable { .. } => (S::SERVICE_UNAVAILABLE, "unavailable"),
            Error::Internal(_) => (S::INTERNAL_SERVER_ERROR, "internal_error"),
        },
        Rejection::NoSuchPath => (S::NOT_FOUND, "action_not_found"),
        Rejection::MethodNotAllowed { .. } => (S::METHOD_NOT_ALLOWED, "invalid_action"),
        Rejection::UnknownMethod => (S::BAD_REQUEST, "invalid_action"),
        Rejection::NotAcceptable => (S::NOT_ACCEPTABLE, "invalid_content"),
        Rejection::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "invalid_content"),
        Rejection::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, "invalid_content"),
        Rejection::TooSlow => (S::REQUEST_TIMEOUT, "invalid_content"),
        Rejection::Parameter { .. }
        | Rejection::Header { .. }
        | Rejection::NotJson(_)
        | Rejection::TooDeep { .. }
        | Rejection::BrokenOff => (S::BAD_REQUEST, "invalid_content"),
        Rejection::Busy => (S::SERVICE_UNAVAILABLE, "unavailable"),
    }
}
