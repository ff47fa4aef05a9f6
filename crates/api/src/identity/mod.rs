//! The service's own users and their tokens, as OpenStack Keystone's API v3 speaks: enough for its
//! clients to find the service, log in, and look a token up.

mod errors;
mod request;
mod tokens;
mod wire;

use actix_web::HttpRequest;
use actix_web::http::Method;

pub(crate) use errors::IdentityFace;
use errors::IdentityResult;

use crate::rejection::Rejection;
use crate::table::Resource;

pub(crate) fn routes() -> [Resource; 3] {
    [
        Resource::at("/v3").open(Method::GET, tokens::version).otherwise(not_allowed),
        Resource::at("/v3/auth/tokens")
            .open(Method::POST, tokens::issue)
            .open(Method::GET, tokens::describe)
            .open(Method::HEAD, tokens::describe)
            .otherwise(not_allowed),
        Resource::at("/v3/{rest}*").otherwise(nothing_here),
    ]
}

async fn not_allowed(_: HttpRequest, allow: String) -> IdentityResult {
    Err(Rejection::MethodNotAllowed { allow }.into())
}

async fn nothing_here(_: HttpRequest, _: String) -> IdentityResult {
    Err(Rejection::NoSuchPath.into())
}
