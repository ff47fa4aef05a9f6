//! The users of the cluster face and their tokens, as Redis Enterprise Software's REST API speaks.

mod accounts;
mod errors;
mod fields;
mod tokens;
mod wire;

use actix_web::HttpRequest;
use actix_web::http::Method;

pub(crate) use errors::UserFace;
use errors::UserResult;

use crate::cluster::authenticate;
use crate::rejection::Rejection;
use crate::table::Resource;

pub(crate) fn routes() -> [Resource; 4] {
    [
        Resource::at_either("/v1/users", "/users")
            .guarded(Method::GET, accounts::list)
            .guarded(Method::POST, accounts::create)
            .otherwise(not_allowed),
        Resource::at_either("/v1/users/authorize", "/users/authorize")
            .open(Method::POST, tokens::authorize)
            .otherwise(not_allowed),
        Resource::at_either("/v1/users/refresh_jwt", "/users/refresh_jwt")
            .open(Method::POST, tokens::refresh)
            .otherwise(not_allowed),
        Resource::at_either("/v1/users/{uid}", "/users/{uid}")
            .guarded(Method::GET, accounts::show)
            .guarded(Method::PUT, accounts::change)
            .guarded(Method::DELETE, accounts::remove)
            .otherwise(not_allowed),
    ]
}

async fn not_allowed(req: HttpRequest, allow: String) -> UserResult {
    authenticate(&req).await?;
    Err(Rejection::MethodNotAllowed { allow }.into())
}
