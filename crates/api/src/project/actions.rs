//! The handlers of project actions.

use std::sync::Arc;

use actiond_core::access::project_rule as rule;
use actiond_core::usecase::{Precondition, Written};
use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use serde_json::Value;

use super::conditions::precondition;
use super::errors::ProjectResult;
use super::guard::Allowed;
use super::listing::Listing;
use super::query::ListQuery;
use super::wire;
use crate::blocking::{Place, SMALL};
use crate::body::{Body, json};
use crate::deadline;
use crate::idempotency::request_key;
use crate::path;
use crate::pieces::PIECE;
use crate::rejection::Rejection;
use crate::services::{Api, point_read, with_store};

pub(super) async fn list(
    pass: Allowed<rule::GetAll>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let query = ListQuery::parse(req.query_string(), api.settings.max_depth)?;
    let body = api.body(&req, payload).await?;
    let (search, page) = if body.is_empty() {
        (query.search(&Value::Null)?, query.page)
    } else {
        let parse =
            move |api: &Api| Ok((query.search(&json(&body, api.settings.max_depth)?)?, query.page));
        with_store(api.clone(), parse).await?
    };
    if !search.is_empty() {
        deadline::extend(api.settings.search_time);
    }
    Ok(Listing::new(api, pass, search, page).answer().await?)
}

pub(super) async fn create(
    pass: Allowed<rule::Create>,
    req: HttpRequest,
    payload: Payload,
    api: Data<Api>,
) -> ProjectResult {
    let precondition = precondition(req.headers())?;
    let body = api.body(&req, payload).await?;
    if let Some(key) = request_key(req.headers(), &body)? {
        let written = with_store(api, move |api| {
            let body = json(&body, api.settings.max_depth)?;
            Ok(api.services.project.create_once(&pass, &precondition, body, &key)?)
        });
        return Ok(wire::created(&written.await?));
    }
    let (place, inside) = (Place::for_body(body.len()), api.clone());
    let written = api.store.begin(place, move || {
        let body = json(&body, inside.settings.max_depth)?;
        Ok(inside.services.project.create(&pass, &precondition, body))
    });
    Ok(wire::created(&written.await?))
}

pub(super) async fn show(
    pass: Allowed<rule::Get>,
    req: HttpRequest,
    api: Data<Api>,
) -> ProjectResult {
    let id = path::part(&req, "id").into_owned();
    let mut reserved = None;
    loop {
        let stored = point_read(&api, |api| api.services.project.show(&pass, &id)).await?;
        let (project, bytes) = (pass.project(), stored.text.len());
        if bytes <= PIECE {
            return Ok(wire::document(stored));
        }
        let share = match reserved.take() {
            None => api.answers.try_take(project, bytes),
            Some(mut share) => api.answers.resize(&mut share, bytes).then_some(share),
        };
        if let Some(share) = share {
            return Ok(wire::large_document(stored, share, api.settings.write_timeout));
        }
        // It waits for room without the document, and reads it again.
        drop(stored);
        reserved = Some(api.answers.take(project, bytes).await?);
    }
}

/// A change that a client has sent.
struct Patch {
    pass: Allowed<rule::Update>,
    id: String,
    precondition: Precondition,
    body: Body,
}

impl Patch {
    /// Makes the change without a thread that may block, if it is small and nobody else is faster.
    async fn try_at_once(self: Arc<Self>, api: Data<Api>) -> Result<Option<Written>, Rejection> {
        let inside = api.clone();
        let begin = move || {
            let Self { pass, id, precondition, body } = &*self;
            let body = json(body, inside.settings.max_depth)?;
            let project = &inside.services.project;
            Ok(project.patch_at_once(pass, id, precondition.clone(), body, SMALL))
        };
        api.store.begin(Place::Here, begin).await
    }

    fn apply(&self, api: &Api) -> Result<Written, Rejection> {
        let body = json(&self.body, api.settings.max_depth)?;
        Ok(api.services.project.patch(&self.pass, &self.id, &self.precondition, body)?)
    }
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
    let patch = Arc::new(Patch { pass, id, precondition, body });
    let written = match Place::for_body(patch.body.len()) {
        Place::Here => patch.clone().try_at_once(api.clone()).await?,
        Place::Pool => None,
    };
    let written = match written {
        Some(written) => written,
        None => with_store(api, move |api| patch.apply(api)).await?,
    };
    Ok(wire::changed(StatusCode::OK, &written))
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
    let key = request_key(req.headers(), &body)?;
    let written = with_store(api, move |api| {
        let body = json(&body, api.settings.max_depth)?;
        Ok(api.services.project.replace(&pass, &id, &precondition, body, key.as_ref())?)
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
