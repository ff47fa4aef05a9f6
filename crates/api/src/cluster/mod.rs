//! Actions of the cluster and of its nodes, as Redis Enterprise Software's REST API speaks.
//!
//! Exactly 200 on success, and never an empty body: some clients know nothing else.

mod actions;
mod errors;
mod guard;
mod query;
mod tasks;
mod wire;

use actix_web::HttpRequest;
use actix_web::http::Method;

pub(crate) use actions::require_json;
pub(crate) use errors::{ClusterFace, refusal};
pub(crate) use guard::{Allowed, Credentials, authenticate};

use errors::ClusterResult;
use guard::{OnCluster, OnNode};

use crate::rejection::Rejection;
use crate::table::Resource;

pub(crate) fn routes() -> [Resource; 9] {
    [
        Resource::at_either("/v1/cluster/actions", "/cluster/actions")
            .guarded(Method::GET, actions::list::<OnCluster>)
            .otherwise(not_allowed),
        // Whatever follows is taken for a name, so that one with a slash is simply unknown.
        Resource::at_either("/v1/cluster/actions/{action}*", "/cluster/actions/{action}*")
            .guarded(Method::GET, actions::show::<OnCluster>)
            .guarded(Method::POST, actions::start::<OnCluster>)
            .guarded(Method::DELETE, actions::cancel::<OnCluster>)
            .otherwise(not_allowed),
        Resource::at_either("/v1/nodes/actions", "/nodes/actions")
            .guarded(Method::GET, actions::list_of_nodes)
            .otherwise(not_allowed),
        Resource::at_either("/v1/nodes/{uid}/actions", "/nodes/{uid}/actions")
            .guarded(Method::GET, actions::list::<OnNode>)
            .otherwise(not_allowed),
        Resource::at_either("/v1/nodes/{uid}/actions/{action}*", "/nodes/{uid}/actions/{action}*")
            .guarded(Method::GET, actions::show::<OnNode>)
            .guarded(Method::POST, actions::start::<OnNode>)
            .guarded(Method::DELETE, actions::cancel::<OnNode>)
            .otherwise(not_allowed),
        Resource::at_either("/v1/actions", "/actions")
            .guarded(Method::GET, tasks::list_v1)
            .otherwise(not_allowed),
        Resource::at_either("/v1/actions/{uid}*", "/actions/{uid}*")
            .guarded(Method::GET, tasks::show_v1)
            .otherwise(not_allowed),
        Resource::at("/v2/actions").guarded(Method::GET, tasks::list_v2).otherwise(not_allowed),
        Resource::at("/v2/actions/{uid}")
            .guarded(Method::GET, tasks::show_v2)
            .otherwise(not_allowed),
    ]
}

/// Whatever is asked for here is asked of the cluster face, beside the project face too.
pub(crate) const PLACES: [&str; 5] =
    ["/v1/{rest}*", "/cluster/{rest}*", "/nodes/{rest}*", "/actions/{rest}*", "/users/{rest}*"];

/// A path that nobody owns.
pub(crate) async fn nothing_here(req: HttpRequest) -> ClusterResult {
    guard::authenticate(&req).await?;
    Err(Rejection::NoSuchPath.into())
}

async fn not_allowed(req: HttpRequest, allow: String) -> ClusterResult {
    guard::authenticate(&req).await?;
    Err(Rejection::MethodNotAllowed { allow }.into())
}
