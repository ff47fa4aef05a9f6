//! The handlers of the identity face.

use std::sync::Arc;

use actiond_core::Error;
use actiond_core::identity::{TokenInfo, TokenRequest, UserRef};
use actiond_core::ports::TokenIssuer;
use actix_web::http::header::{HeaderName, VARY};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use anyhow::anyhow;

use super::errors::IdentityResult;
use super::request::Login;
use super::wire;
use crate::body::json;
use crate::header::sole;
use crate::path::origin;
use crate::rejection::Rejection;
use crate::services::{Api, familiar, with_store};

const AUTH_TOKEN: HeaderName = HeaderName::from_static("x-auth-token");
const SUBJECT_TOKEN: HeaderName = HeaderName::from_static("x-subject-token");

pub(super) async fn version(req: HttpRequest) -> HttpResponse {
    HttpResponse::Ok().insert_header((VARY, "X-Auth-Token")).json(wire::version(&origin(&req)))
}

/// Issues a token for a name and a password.
pub(super) async fn issue(req: HttpRequest, payload: Payload, api: Data<Api>) -> IdentityResult {
    let body = api.login(&req, payload).await?;
    let request = Login::read(json(&body, api.settings.max_depth)?)?.into_request()?;
    let issuer = issuer(&api)?;
    let gate = if is_familiar(&api, &request).await? { &api.store } else { &api.passwords };
    let issued = gate.run(move || Ok(issuer.issue(&request)?)).await?;
    Ok(answer(&mut HttpResponse::Created(), &req, &issued.token, &issued.info))
}

/// Whether the password is known to fit, so that there is nothing to check.
async fn is_familiar(api: &Data<Api>, request: &TokenRequest) -> Result<bool, Rejection> {
    let UserRef::Name(name) = &request.user else { return Ok(false) };
    let pair = Arc::new((name.clone(), request.password.clone()));
    Ok(familiar(api, pair).await?.is_some())
}

/// Says what a token is worth, to its user and to admins.
pub(super) async fn describe(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let issuer = issuer(&api)?;
    let asking = sole(req.headers(), &AUTH_TOKEN).ok_or(Error::Unauthenticated)?.to_owned();
    let subject = sole(req.headers(), &SUBJECT_TOKEN).ok_or(Rejection::Header {
        name: "X-Subject-Token",
        reason: "must be the token that is asked about",
    })?;
    let wanted = subject.to_owned();
    let info = with_store(api, move |_| {
        let caller = issuer.describe(&asking)?;
        let found = match issuer.describe(&wanted) {
            Err(Error::Unauthenticated) => None,
            found => Some(found?),
        };
        Ok(visible(&caller, found)?)
    });
    Ok(answer(&mut HttpResponse::Ok(), &req, subject, &info.await?))
}

/// What the caller may know of a token. That there is none is news for admins alone.
fn visible(caller: &TokenInfo, found: Option<TokenInfo>) -> Result<TokenInfo, Error> {
    let is_admin =
        caller.scope.as_ref().is_some_and(|scope| scope.roles.iter().any(|role| role == "admin"));
    match found {
        Some(info) if is_admin || info.user_id == caller.user_id => Ok(info),
        None if is_admin => Err(Error::not_found("Could not find the token.")),
        _ => Err(Error::Forbidden { permission: "identity:validate_token" }),
    }
}

fn answer(
    response: &mut HttpResponseBuilder,
    req: &HttpRequest,
    token: &str,
    info: &TokenInfo,
) -> HttpResponse {
    response
        .insert_header((SUBJECT_TOKEN, token))
        .insert_header((VARY, "X-Auth-Token"))
        .json(wire::token(token, info, &origin(req)))
}

fn issuer(api: &Api) -> Result<Arc<dyn TokenIssuer>, Rejection> {
    let issuer = api.services.tokens.clone();
    issuer.ok_or_else(|| Error::Internal(anyhow!("the identity face has no issuer")).into())
}
