//! Freezer's words for a refusal: `{"title", "description"}`.

use actiond_core::Error;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::VARY;
use serde::Serialize;
use serde_json::json;

use crate::rejection::{Face, Refused, Rejection};

/// The project face.
pub(crate) struct ProjectFace;

pub(crate) type ProjectError = Refused<ProjectFace>;

/// The answer of a handler of this face.
pub(crate) type ProjectResult = Result<HttpResponse, ProjectError>;

/// Freezer's status for a body that is not JSON, which HTTP does not know.
const SYNTAX_ERROR: u16 = 753;

#[derive(Serialize)]
struct Body<'a> {
    title: &'a str,
    description: &'a str,
}

impl Face for ProjectFace {
    fn answer(rejection: &Rejection) -> HttpResponse {
        let (status, title, fixed) = words(rejection);
        let mut response = HttpResponse::build(status);
        rejection.add_headers(&mut response);
        if status == StatusCode::UNAUTHORIZED {
            return response.json(unauthorized());
        }
        if status.as_u16() == SYNTAX_ERROR {
            response.reason("Syntax Error");
        }
        let description = fixed.map_or_else(|| rejection.to_string(), str::to_owned);
        response.insert_header((VARY, "Accept"));
        response.json(Body { title, description: &description })
    }
}

/// Status, title, and a description where the rejection's own text will not do.
fn words(rejection: &Rejection) -> (StatusCode, &'static str, Option<&'static str>) {
    use StatusCode as S;
    const BAD: &str = "Bad request format";
    const LARGE: &str = "Request Entity Too Large";
    match rejection {
        Rejection::Domain(error) => match error {
            Error::NotFound { .. } | Error::UnknownAction { .. } => {
                (S::NOT_FOUND, "Not Found", None)
            }
            Error::Conflict { .. } => (S::CONFLICT, "Document already existing", None),
            Error::Unauthenticated => (S::UNAUTHORIZED, "Unauthorized", None),
            Error::Forbidden { .. } => (
                S::FORBIDDEN,
                "Access Forbidden",
                Some("You are not allowed to access this resource"),
            ),
            Error::Invalid { .. } | Error::Missing { .. } | Error::MissingBody => {
                (S::BAD_REQUEST, BAD, None)
            }
            Error::KeyReused => (S::UNPROCESSABLE_ENTITY, "Unprocessable Entity", None),
            Error::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, LARGE, None),
            Error::PreconditionFailed { .. } => {
                (S::PRECONDITION_FAILED, "Precondition Failed", None)
            }
            Error::Unavailable { .. } => (S::SERVICE_UNAVAILABLE, "Service Unavailable", None),
            Error::Internal(_) => (
                S::INTERNAL_SERVER_ERROR,
                "Internal Server Error",
                Some("An unexpected error occurred on the server."),
            ),
        },
        Rejection::Parameter { .. } => (S::BAD_REQUEST, "Invalid parameter", None),
        Rejection::Header { .. } => (S::BAD_REQUEST, "Invalid header value", None),
        Rejection::NotAcceptable => (S::NOT_ACCEPTABLE, "Not Acceptable", None),
        Rejection::NoSuchPath => (S::NOT_FOUND, "404 Not Found", None),
        Rejection::MethodNotAllowed { .. } => {
            (S::METHOD_NOT_ALLOWED, "405 Method Not Allowed", None)
        }
        Rejection::UnknownMethod => (S::BAD_REQUEST, "Bad request", None),
        Rejection::MediaType => (S::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type", None),
        Rejection::NotJson(_) => {
            (S::from_u16(SYNTAX_ERROR).unwrap_or(S::BAD_REQUEST), "Malformed JSON", None)
        }
        Rejection::TooDeep { .. } | Rejection::BrokenOff => (S::BAD_REQUEST, BAD, None),
        Rejection::TooLarge { .. } => (S::PAYLOAD_TOO_LARGE, LARGE, None),
        Rejection::TooSlow => (S::REQUEST_TIMEOUT, "Request Timeout", None),
        Rejection::Busy => (S::SERVICE_UNAVAILABLE, "Service Unavailable", None),
    }
}

/// What Keystone's middleware answers in Freezer's stead.
fn unauthorized() -> serde_json::Value {
    json!({"error": {
        "code": 401,
        "title": "Unauthorized",
        "message": "The request you have made requires authentication.",
    }})
}
