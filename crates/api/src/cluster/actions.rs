//! The handlers of the actions of the cluster and of its nodes.

use actiond_core::Error;
use actiond_core::access::cluster_permission as may;
use actiond_core::usecase::StartRequest;
use actix_web::web::{Data, Payload};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::errors::ClusterResult;
use super::guard::{Allowed, Place};
use super::query::waits;
use super::wire::{self, Shape};
use crate::body;
use crate::idempotency::{mark, request_key};
use crate::path;
use crate::rejection::Rejection;
use crate::services::{Api, with_store};

pub(super) async fn list<L: Place>(pass: Allowed<may::View, L>, api: Data<Api>) -> ClusterResult {
    let found = with_store(api, move |api| {
        Ok(wire::list(Shape::Status, &api.services.cluster.list(&pass)?))
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

pub(super) async fn list_of_nodes(
    pass: Allowed<may::ViewAllNodes>,
    api: Data<Api>,
) -> ClusterResult {
    let found = with_store(api, move |api| {
        Ok(wire::list(Shape::Status, &api.services.cluster.list_of_nodes(&pass)?))
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

pub(super) async fn show<L: Place>(
    pass: Allowed<may::View, L>,
    req: HttpRequest,
    api: Data<Api>,
) -> ClusterResult {
    let name = path::part(&req, "action").into_owned();
    let found = with_store(api, move |api| {
        Ok(wire::object(Shape::Status, &api.services.cluster.show(&pass, &name)?))
    });
    Ok(HttpResponse::Ok().json(found.await?))
}

pub(super) async fn start<L: Place>(
    pass: Allowed<may::Start, L>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ClusterResult {
    let name = path::part(&req, "action").into_owned();
    let waits = waits(req.query_string())?;
    let body = api.body(&req, payload).await?;
    require_json(&req, &body)?;
    let key = request_key(req.headers(), &body)?;
    let accepted = with_store(api, move |api| {
        let parameters = parameters(&body, api.settings.max_depth)?;
        let request = StartRequest { parameters, waits, key };
        let started = api.services.cluster.start(&pass, &name, request)?;
        let accepted = (started.action, started.definition);
        Ok((wire::object(Shape::Accepted, &accepted), started.is_replay))
    });
    let (accepted, is_replay) = accepted.await?;
    Ok(mark(HttpResponse::Ok().json(accepted), is_replay))
}

pub(super) async fn cancel<L: Place>(
    pass: Allowed<may::Cancel, L>,
    req: HttpRequest,
    api: Data<Api>,
) -> ClusterResult {
    let name = path::part(&req, "action").into_owned();
    let waits = waits(req.query_string())?;
    let cancel = move |api: &Api| match waits {
        true => Ok(api.services.cluster.cancel_waiting(&pass, &name)?),
        false => Ok(api.services.cluster.cancel(&pass, &name)?),
    };
    with_store(api, cancel).await?;
    Ok(HttpResponse::Ok().json(json!({})))
}

/// Refuses a body that says it is something else than JSON. One that says nothing may be.
pub(crate) fn require_json(req: &HttpRequest, body: &[u8]) -> Result<(), Rejection> {
    let named = req.content_type();
    if body.is_empty() || named.is_empty() || named.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(Rejection::MediaType)
}

fn parameters(body: &[u8], max_depth: usize) -> Result<Map<String, Value>, Rejection> {
    match body::json(body, max_depth)? {
        Value::Object(parameters) => Ok(parameters),
        Value::Null => Ok(Map::new()),
        _ => Err(Error::invalid("body", "must be a JSON object, or empty").into()),
    }
}
