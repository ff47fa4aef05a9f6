//! The handlers of project actions.

use actiond_core::access::project_rule as rule;
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};

use super::conditions::precondition;
use super::errors::ProjectResult;
use super::guard::Allowed;
use super::query::{ListQuery, parameter};
use super::wire;
use crate::body::json;
use crate::path;
use crate::services::{Api, point_read, with_store};

pub(super) async fn list(
    pass: Allowed<rule::GetAll>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let query = ListQuery::parse(req.query_string(), api.settings.max_depth)?;
    let body = api.body(&req, payload).await?;
    let page = with_store(api, move |api| {
        let search = query.search(&json(&body, api.settings.max_depth)?)?;
        let found = api.services.project.list(&pass, &search, &query.page).map_err(parameter)?;
        Ok(wire::join(&found))
    });
    Ok(wire::page(page.await?))
}

pub(super) async fn create(
    pass: Allowed<rule::Create>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let body = api.body(&req, payload).await?;
    let written = with_store(api, move |api| {
        let body = json(&body, api.settings.max_depth)?;
        Ok(api.services.project.create(&pass, body)?)
    });
    Ok(wire::created(&written.await?))
}

pub(super) async fn show(
    pass: Allowed<rule::Get>,
    req: HttpRequest,
    api: Data<Api>,
) -> ProjectResult {
    let id = path::part(&req, "id").into_owned();
    let stored = point_read(api, move |api| Ok(api.services.project.show(&pass, &id)?));
    Ok(wire::document(stored.await?))
}

pub(super) async fn patch(
    pass: Allowed<rule::Update>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let id = path::part(&req, "id").into_owned();
    let precondition = precondition(req.headers())?;
    let body = api.body(&req, payload).await?;
    let written = with_store(api, move |api| {
        let body = json(&body, api.settings.max_depth)?;
        Ok(api.services.project.patch(&pass, &id, &precondition, body)?)
    });
    Ok(wire::changed(StatusCode::OK, &written.await?))
}

pub(super) async fn replace(
    pass: Allowed<rule::Replace>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let id = path::part(&req, "id").into_owned();
    let precondition = precondition(req.headers())?;
    let body = api.body(&req, payload).await?;
    let written = with_store(api, move |api| {
        let body = json(&body, api.settings.max_depth)?;
        Ok(api.services.project.replace(&pass, &id, &precondition, body)?)
    });
    Ok(wire::changed(StatusCode::CREATED, &written.await?))
}

pub(super) async fn delete(
    pass: Allowed<rule::Delete>,
    req: HttpRequest,
    api: Data<Api>,
) -> ProjectResult {
    let id = path::part(&req, "id").into_owned();
    let precondition = precondition(req.headers())?;
    let done =
        with_store(api, move |api| Ok(api.services.project.delete(&pass, &id, &precondition)?));
    done.await?;
    Ok(wire::gone())
}
