//! The documents that say what there is.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::errors::ProjectResult;
use super::guard::authenticate;
use crate::accept::{require_home, require_json};
use crate::identity;
use crate::path::origin;
use crate::services::Api;

/// The versions of this API, and of the identity API beside it; needs no token.
pub(super) async fn versions(req: HttpRequest) -> ProjectResult {
    require_json(req.headers())?;
    let origin = origin(&req);
    let mut versions = vec![json!({
        "id": "v2",
        "status": "CURRENT",
        "updated": "2018-02-21T13:30:00",
        "links": [{"href": format!("{origin}/v2/"), "rel": "self"}],
    })];
    // Clients that are told to log in here, and not at /v3, find it so.
    if Api::of(&req)?.services.tokens.is_some() {
        versions.push(identity::version(&origin));
    }
    Ok(HttpResponse::MultipleChoices().json(json!({"versions": versions})))
}

/// The resources of version 2 of the API, as freezer-api names them, and the actions, which it does
/// not name. Those that this server does not have are served beside it, behind the same endpoint.
/// Any valid token will do.
pub(super) async fn home(req: HttpRequest) -> ProjectResult {
    authenticate(&req).await?;
    require_home(req.headers())?;
    let formats = json!({"application/json": {}});
    let home = json!({"resources": {
        "rel/backups": {
            "href-template": "/v2/{project_id}/backups/{backup_id}",
            "href-vars": {"project_id": "param/project_id", "backup_id": "param/backup_id"},
            "hints": {"allow": ["GET"], "formats": formats},
        },
        "rel/jobs": {
            "href-template": "/v2/{project_id}/jobs{?all_projects,offset,limit}",
            "href-vars": {
                "project_id": "param/project_id",
                "all_projects": "param/all_projects",
                "offset": "param/offset",
                "limit": "param/limit",
            },
            "hints": {"allow": ["GET", "POST"], "formats": formats},
        },
        "rel/job": {
            "href-template": "/v2/{project_id}/jobs/{job_id}",
            "href-vars": {"project_id": "param/project_id", "job_id": "param/job_id"},
            "hints": {"allow": ["GET", "PATCH", "POST", "DELETE"], "formats": formats},
        },
        "rel/actions": {
            "href-template": "/v2/{project_id}/actions{?limit,offset,marker,search}",
            "href-vars": {
                "project_id": "param/project_id",
                "limit": "param/limit",
                "offset": "param/offset",
                "marker": "param/marker",
                "search": "param/search",
            },
            "hints": {"allow": ["GET", "POST"], "formats": formats},
        },
        "rel/action": {
            "href-template": "/v2/{project_id}/actions/{action_id}",
            "href-vars": {"project_id": "param/project_id", "action_id": "param/action_id"},
            "hints": {"allow": ["GET", "PATCH", "POST", "DELETE"], "formats": formats},
        },
    }});
    Ok(HttpResponse::Ok().content_type("application/json-home").body(format!("{home:#}")))
}
