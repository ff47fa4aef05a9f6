//! Requests that reach no handler.

use actix_web::http::Method;
use actix_web::http::header::{ALLOW, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse};

use super::errors::ProjectResult;
use super::guard::authenticate;
use super::wire::JSON;
use crate::accept::require_json;
use crate::rejection::Rejection;

/// The methods of HTTP; any other word is not one.
const METHODS: [Method; 9] = [
    Method::CONNECT,
    Method::DELETE,
    Method::GET,
    Method::HEAD,
    Method::OPTIONS,
    Method::PATCH,
    Method::POST,
    Method::PUT,
    Method::TRACE,
];

/// A path that nobody owns.
pub(crate) async fn nothing_here(req: HttpRequest) -> ProjectResult {
    authenticate(&req).await?;
    require_json(req.headers())?;
    require_known(req.method())?;
    Err(Rejection::NoSuchPath.into())
}

/// A method that a resource of this face does not have.
pub(super) async fn other_method(req: HttpRequest, allow: String) -> ProjectResult {
    authenticate(&req).await?;
    require_json(req.headers())?;
    without_token(req, allow).await
}

/// A method that an open resource does not have.
pub(super) async fn without_token(req: HttpRequest, allow: String) -> ProjectResult {
    if req.method() == Method::OPTIONS {
        let mut response = HttpResponse::Ok();
        response.insert_header((ALLOW, allow)).insert_header((CONTENT_TYPE, JSON));
        return Ok(response.finish());
    }
    not_allowed(req, format!("{allow}, OPTIONS")).await
}

/// A method that a resource outside the faces does not have.
pub(crate) async fn not_allowed(req: HttpRequest, allow: String) -> ProjectResult {
    require_known(req.method())?;
    Err(Rejection::MethodNotAllowed { allow }.into())
}

fn require_known(method: &Method) -> Result<(), Rejection> {
    if METHODS.contains(method) { Ok(()) } else { Err(Rejection::UnknownMethod) }
}
