//! The route tables of all faces, and nothing else.

use actix_web::App;
use actix_web::web::{self, ServiceConfig};

use crate::table::RouteInfo;
use crate::{cluster, health, identity, project};

/// Registers every route and answers what it registered. What no other face owns belongs to the
/// project face. `with_identity` adds the identity face.
pub fn configure(config: &mut ServiceConfig, with_identity: bool) -> Vec<RouteInfo> {
    let mut resources = Vec::new();
    resources.extend(health::routes());
    resources.extend(project::routes());
    resources.extend(cluster::routes());
    if with_identity {
        resources.extend(identity::routes());
    }
    let mut table = Vec::new();
    for resource in resources {
        resource.add_to(config, &mut table);
    }
    config.default_service(web::to(project::nothing_here));
    table
}

/// Every route of the server.
pub fn routes() -> Vec<RouteInfo> {
    let mut table = Vec::new();
    App::new().configure(|config| table = configure(config, true));
    table
}
