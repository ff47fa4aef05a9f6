//! Who asks, and may they: the extractor that every handler takes first.

use std::future::{Ready, ready};
use std::ops::Deref;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::access::{Caller, ProjectPass, project_rule::Rule};
use actiond_core::ports::TokenCredentials;
use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::{Either, LocalBoxFuture};

use super::errors::ProjectError;
use crate::accept::require_json;
use crate::header::sole;
use crate::path;
use crate::rejection::Rejection;
use crate::services::Api;
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
    let policy = &*Api::of(req)?.services.policy;
    Ok(Allowed(ProjectPass::grant(policy, caller, path::project(req))?))
}

/// The caller, when the tokens were seen a short while ago.
fn remembered(req: &HttpRequest) -> Option<Arc<Caller>> {
    let path = path::decoded(req);
    Api::of(req).ok()?.services.identity.remembered(&credentials(req, &path)?)
}

/// Finds out who is calling. A service token beside the caller's must be good as well.
pub(crate) async fn authenticate(req: &HttpRequest) -> Result<Arc<Caller>, Rejection> {
    let api = Api::of(req)?;
    let path = path::decoded(req).into_owned();
    let brought = credentials(req, &path).ok_or(Error::Unauthenticated)?;
    if let Some(caller) = api.services.identity.remembered(&brought) {
        return Ok(caller);
    }
    let [token, method] = [brought.token, brought.method].map(str::to_owned);
    let service_token = brought.service_token.map(str::to_owned);
    let identity = api.services.identity.clone();
    let find = move || {
        let service_token = service_token.as_deref();
        let (token, method, path) = (&*token, &*method, &*path);
        Ok(identity.by_token(&TokenCredentials { token, service_token, method, path })?)
    };
    api.tokens.run(find).await
}

/// What the request brings; `None` without a token, and for a header that stands twice.
fn credentials<'a>(req: &'a HttpRequest, path: &'a str) -> Option<TokenCredentials<'a>> {
    let service_token = match req.headers().contains_key(SERVICE_TOKEN) {
        true => Some(sole(req.headers(), &SERVICE_TOKEN)?),
        false => None,
    };
    let token = sole(req.headers(), &TOKEN)?;
    Some(TokenCredentials { token, service_token, method: req.method().as_str(), path })
}
