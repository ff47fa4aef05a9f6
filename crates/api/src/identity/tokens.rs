//! The handlers of the identity face.

use std::sync::Arc;

use actiond_core::Error;
use actiond_core::identity::{Proof, TokenInfo, TokenRequest, UserRef};
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

/// Issues a token for a name and a password, or for another token.
pub(super) async fn issue(req: HttpRequest, payload: Payload, api: Data<Api>) -> IdentityResult {
    let body = api.login(&req, payload).await?;
    let request = Login::read(json(&body, api.settings.max_depth)?)?.into_request()?;
    let issuer = issuer(&api)?;
    let gate = if is_familiar(&api, &request).await? { &api.store } else { &api.passwords };
    let issued = gate.run(move || Ok(issuer.issue(&request)?)).await?;
    Ok(answer(&mut HttpResponse::Created(), &req, &issued.token, &issued.info))
}

/// Whether there is no password to check, or one that is known to fit.
async fn is_familiar(api: &Data<Api>, request: &TokenRequest) -> Result<bool, Rejection> {
    match &request.proof {
        Proof::Password { user: UserRef::Name(name), password } => {
            let pair = Arc::new((name.clone(), password.clone()));
            Ok(familiar(api, pair).await?.is_some())
        }
        Proof::Password { .. } => Ok(false),
        Proof::Token(_) => Ok(true),
    }
}

/// Says what a token is worth, to its user and to admins.
pub(super) async fn describe(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let info = with_subject(&req, api, "identity:validate_token", |_, _, info| Ok(info)).await?;
    Ok(answer(&mut HttpResponse::Ok(), &req, subject(&req)?, &info))
}

/// Ends a token, for its user and for admins.
pub(super) async fn revoke(req: HttpRequest, api: Data<Api>) -> IdentityResult {
    let revoke = |issuer: &dyn TokenIssuer, token: &str, _| Ok(issuer.revoke(token)?);
    with_subject(&req, api, "identity:revoke_token", revoke).await?;
    Ok(HttpResponse::NoContent().insert_header((VARY, "X-Auth-Token")).finish())
}

/// The token that a request is about.
fn subject(req: &HttpRequest) -> Result<&str, Rejection> {
    sole(req.headers(), &SUBJECT_TOKEN).ok_or(Rejection::Header {
        name: "X-Subject-Token",
        reason: "must be the token that is meant",
    })
}

/// Does something with the token that a request is about. That there is none is news for admins alone.
async fn with_subject<T, F>(
    req: &HttpRequest,
    api: Data<Api>,
    permission: &'static str,
    call: F,
) -> Result<T, Rejection>
where
    F: FnOnce(&dyn TokenIssuer, &str, TokenInfo) -> Result<T, Rejection> + Send + 'static,
    T: Send + 'static,
{
    let (asking, subject) = (auth_token(req)?, subject(req)?.to_owned());
    let issuer = issuer(&api)?;
    let look = move |_: &Api| {
        let caller = issuer.describe(&asking)?;
        let found = match issuer.describe(&subject) {
            Err(Error::Unauthenticated) => None,
            found => Some(found?),
        };
        let is_own = found.as_ref().is_some_and(|info| info.user_id == caller.user_id);
        caller.require(is_own, permission)?;
        let info = found.ok_or_else(|| Error::not_found("Could not find the token."))?;
        call(&*issuer, &subject, info)
    };
    with_store(api, look).await
}

/// The token that a request is made with.
pub(super) fn auth_token(req: &HttpRequest) -> Result<String, Rejection> {
    Ok(sole(req.headers(), &AUTH_TOKEN).ok_or(Error::Unauthenticated)?.to_owned())
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

pub(super) fn issuer(api: &Api) -> Result<Arc<dyn TokenIssuer>, Rejection> {
    let issuer = api.services.tokens.clone();
    issuer.ok_or_else(|| Error::Internal(anyhow!("the identity face has no issuer")).into())
}
