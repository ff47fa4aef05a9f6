//! The service's own users and their tokens, as OpenStack Keystone's API v3 speaks: enough for its
//! clients to find the service, log in, and look up who and what there is.

mod directory;
mod errors;
mod request;
mod tokens;
mod wire;

use actix_web::http::Method;
use actix_web::{FromRequest, Handler, HttpRequest, Responder};

pub(crate) use errors::IdentityFace;
use errors::IdentityResult;
pub(crate) use wire::entry as version;

use crate::rejection::Rejection;
use crate::table::Resource;

pub(crate) fn routes() -> Vec<Resource> {
    vec![
        Resource::at("/v3").open(Method::GET, tokens::version).otherwise(not_allowed),
        Resource::at("/v3/auth/tokens")
            .open(Method::POST, tokens::issue)
            .open(Method::GET, tokens::describe)
            .open(Method::HEAD, tokens::describe)
            .open(Method::DELETE, tokens::revoke)
            .otherwise(not_allowed),
        look_up("/v3/auth/projects", directory::own_projects),
        look_up("/v3/auth/domains", directory::own_domains),
        look_up("/v3/auth/system", directory::own_systems),
        look_up("/v3/auth/catalog", directory::catalog),
        look_up("/v3/users/{id}/projects", directory::projects_of),
        look_up("/v3/users/{id}", directory::user),
        look_up("/v3/users", directory::users),
        look_up("/v3/projects/{id}", directory::project),
        look_up("/v3/projects", directory::projects),
        look_up("/v3/domains/{id}", directory::domain),
        look_up("/v3/domains", directory::domains),
        Resource::at("/v3/{rest}*").otherwise(nothing_here),
    ]
}

/// A resource that can be looked at; who may is the handler's to ask.
fn look_up<F, Args>(path: &'static str, handler: F) -> Resource
where
    F: Handler<Args>,
    F::Output: Responder + 'static,
    Args: FromRequest + 'static,
{
    Resource::at(path).open(Method::GET, handler).otherwise(not_allowed)
}

async fn not_allowed(_: HttpRequest, allow: String) -> IdentityResult {
    Err(Rejection::MethodNotAllowed { allow }.into())
}

async fn nothing_here(_: HttpRequest, _: String) -> IdentityResult {
    Err(Rejection::NoSuchPath.into())
}
