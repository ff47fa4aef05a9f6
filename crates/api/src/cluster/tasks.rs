//! The handlers of `/v1/actions` and `/v2/actions`: actions by their uid, whatever they are done to.

use actiond_core::access::cluster_permission as may;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::errors::ClusterResult;
use super::guard::Allowed;
use super::wire::{self, Shape};
use crate::path;
use crate::services::{Api, with_store};

pub(super) async fn list_v1(pass: Allowed<may::ViewAll>, api: Data<Api>) -> ClusterResult {
    list(Shape::V1, pass, api).await
}

pub(super) async fn list_v2(pass: Allowed<may::ViewAll>, api: Data<Api>) -> ClusterResult {
    list(Shape::V2, pass, api).await
}

pub(super) async fn show_v1(
    pass: Allowed<may::ViewAll>,
    req: HttpRequest,
    api: Data<Api>,
) -> ClusterResult {
    show(Shape::V1, pass, &req, api).await
}

pub(super) async fn show_v2(
    pass: Allowed<may::ViewAll>,
    req: HttpRequest,
    api: Data<Api>,
) -> ClusterResult {
    show(Shape::V2, pass, &req, api).await
}

async fn list(shape: Shape, pass: Allowed<may::ViewAll>, api: Data<Api>) -> ClusterResult {
    let found =
        with_store(api, move |api| Ok(wire::list(shape, &api.services.cluster.list_all(&pass)?)));
    Ok(HttpResponse::Ok().json(found.await?))
}

async fn show(
    shape: Shape,
    pass: Allowed<may::ViewAll>,
    req: &HttpRequest,
    api: Data<Api>,
) -> ClusterResult {
    let uid = path::part(req, "uid").into_owned();
    let found = with_store(api, move |api| {
        Ok(wire::object(shape, &api.services.cluster.show_task(&pass, &uid)?))
    });
    Ok(HttpResponse::Ok().json(found.await?))
}
