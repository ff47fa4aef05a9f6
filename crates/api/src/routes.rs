//! The route tables of all faces, and nothing else.

use actix_web::App;
use actix_web::web::{self, ServiceConfig};

use crate::faces::Faces;
use crate::table::RouteInfo;
use crate::{cluster, health, identity, project, users};

/// Registers the routes of these faces and answers what it registered. What nobody owns belongs to the
/// project face, where it is served, but for the places of the cluster face. `with_identity` adds the identity face to it.
pub fn configure(config: &mut ServiceConfig, faces: Faces, with_identity: bool) -> Vec<RouteInfo> {
    let mut resources = Vec::new();
    resources.extend(health::routes());
    if faces.project {
        resources.extend(project::routes());
    }
    if faces.cluster {
        resources.extend(cluster::routes());
        resources.extend(users::routes());
    }
    if faces.project && with_identity {
        resources.extend(identity::routes());
    }
    let mut table = Vec::new();
    for resource in resources {
        resource.add_to(config, &mut table);
    }
    if faces.project {
        if faces.cluster {
            for path in cluster::PLACES {
                config.service(web::resource(path).to(cluster::nothing_here));
            }
        }
        config.default_service(web::to(project::nothing_here));
    } else {
        config.default_service(web::to(cluster::nothing_here));
    }
    table
}

/// Every route of the server.
pub fn routes() -> Vec<RouteInfo> {
    let mut table = Vec::new();
    App::new().configure(|config| table = configure(config, Faces::ALL, true));
    table
}
