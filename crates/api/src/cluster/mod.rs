//! Cluster actions, as Redis Enterprise Software's REST API speaks.
//!
//! Exactly 200 on success, and never an empty body: some clients know nothing else.

mod actions;
mod errors;
mod guard;
mod wire;

use actix_web::HttpRequest;
use actix_web::http::Method;

pub(crate) use errors::ClusterFace;
use errors::ClusterResult;

use crate::rejection::Rejection;
use crate::table::Resource;

pub(crate) fn routes() -> [Resource; 2] {
    [
        Resource::at_either("/v1/cluster/actions", "/cluster/actions")
            .guarded(Method::GET, actions::list)
            .otherwise(not_allowed),
        // Whatever follows is taken for a name, so that one with a slash is simply unknown.
        Resource::at_either("/v1/cluster/actions/{action}*", "/cluster/actions/{action}*")
            .guarded(Method::GET, actions::show)
            .guarded(Method::POST, actions::start)
            .guarded(Method::DELETE, actions::cancel)
            .otherwise(not_allowed),
    ]
}

/// A path that nobody owns.
pub(crate) async fn nothing_here(req: HttpRequest) -> ClusterResult {
    guard::authenticate(&req).await?;
    Err(Rejection::NoSuchPath.into())
}

async fn not_allowed(req: HttpRequest, allow: String) -> ClusterResult {
    guard::authenticate(&req).await?;
    Err(Rejection::MethodNotAllowed { allow }.into())
}
