//! Who asks, and may they: the extractor that every handler takes first.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::access::{Caller, ProjectPass, project_rule::Rule};
use actiond_core::project::ProjectId;
use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Either, LocalBoxFuture};

use super::errors::ProjectError;
use crate::accept::require_json;
use crate::header::sole;
use crate::path;
use crate::rejection::Rejection;
use crate::services::{Api, with_store};
use crate::table::Pass;

const TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SERVICE_TOKEN: HeaderName = HeaderName::from_static("x-service-token");

/// Proof that the token is good, the client takes JSON, and the policy lets the caller do what `R`
/// names in the path's project, in this order.
pub(crate) struct Allowed<R>(ProjectPass<R>);

impl<R> Deref for Allowed<R> {
    type Target = ProjectPass<R>;

    fn deref(&self) -> &ProjectPass<R> {
        &self.0
    }
}

impl<R: Rule> Pass for Allowed<R> {
    fn permission() -> &'static str {
        R::RULE.as_str()
    }
}

impl<R: Rule> FromRequest for Allowed<R> {
    type Error = ProjectError;
    type Future = Either<
        Ready<Result<Self, ProjectError>>,
        LocalBoxFuture<'static, Result<Self, ProjectError>>,
    >;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        if let Some(caller) = remembered(req) {
            return Either::Left(ready(grant(req, caller)));
        }
        let req = req.clone();
        Either::Right(Box::pin(async move {
            let caller = authenticate(&req).await?;
            grant(&req, caller)
        }))
    }
}

fn grant<R: Rule>(req: &HttpRequest, caller: Arc<Caller>) -> Result<Allowed<R>, ProjectError> {
    require_json(req.headers())?;
    let project = ProjectId::new(path::part(req, "project"));
    let policy = &*Api::of(req)?.services.policy;
    Ok(Allowed(ProjectPass::grant(policy, caller, project)?))
}

/// The caller, when the token alone says so and was seen a short while ago.
fn remembered(req: &HttpRequest) -> Option<Arc<Caller>> {
    if req.headers().contains_key(SERVICE_TOKEN) {
        return None;
    }
    Api::of(req).ok()?.services.identity.remembered(sole(req.headers(), &TOKEN)?)
}

/// Finds out who is calling. A service token beside the caller's must be good as well.
pub(crate) async fn authenticate(req: &HttpRequest) -> Result<Arc<Caller>, Rejection> {
    let caller = by_token(req, &TOKEN).await?;
    if req.headers().contains_key(SERVICE_TOKEN) {
        by_token(req, &SERVICE_TOKEN).await?;
    }
    Ok(caller)
}

async fn by_token(req: &HttpRequest, name: &HeaderName) -> Result<Arc<Caller>, Rejection> {
    let api = Api::of(req)?;
    let token = sole(req.headers(), name).ok_or(Error::Unauthenticated)?;
    if let Some(caller) = api.services.identity.remembered(token) {
        return Ok(caller);
    }
    let token = token.to_owned();
    with_store(api.clone(), move |api| Ok(api.services.identity.by_token(&token)?)).await
}
