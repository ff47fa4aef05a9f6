//! Project actions, as OpenStack Freezer's API v2 speaks.
//!
//! The checks come in one order on every route: token, Accept, route and method, policy, query,
//! body, store; the first that fails answers.

mod actions;
mod conditions;
mod documents;
mod errors;
mod fallback;
mod guard;
mod listing;
mod query;
mod wire;

use actix_web::http::Method;

pub(crate) use errors::{ProjectFace, ProjectResult};
pub(crate) use fallback::{not_allowed, nothing_here};

use crate::table::Resource;

pub(crate) fn routes() -> [Resource; 4] {
    [
        Resource::at("/v2/{project}/actions/{id}")
            .guarded(Method::DELETE, actions::delete)
            .guarded(Method::GET, actions::show)
            .guarded(Method::PATCH, actions::patch)
            .guarded(Method::POST, actions::replace)
            .otherwise(fallback::other_method),
        Resource::at("/v2/{project}/actions")
            .guarded(Method::GET, actions::list)
            .guarded(Method::POST, actions::create)
            .otherwise(fallback::other_method),
        Resource::at("/v2").open(Method::GET, documents::home).otherwise(fallback::other_method),
        Resource::at("/").open(Method::GET, documents::versions).otherwise(fallback::without_token),
    ]
}
