//! The handlers that give out tokens.

use std::sync::Arc;

use actiond_core::Error;
use actiond_core::identity::{ClusterToken, TokenLife};
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};

use super::errors::UserResult;
use super::fields::Fields;
use super::wire::Token;
use crate::body;
use crate::cluster::{Credentials, require_json};
use crate::rejection::Rejection;
use crate::services::{Api, familiar, with_store};

/// A token for a name and a password, which stand in the body or in the header.
pub(super) async fn authorize(req: HttpRequest, payload: Payload, api: Data<Api>) -> UserResult {
    let mut fields = read(&req, payload, &api).await?;
    let life = fields.ttl()?;
    let (username, email) = (fields.text("username")?, fields.text("email")?);
    let (login, password) = (username.or(email), fields.text("password")?);
    fields.end()?;
    let pair = match (login, password, Credentials::of(&req)) {
        (Some(login), Some(password), _) => (login, password),
        (None, None, Some(Credentials::Password(name, password))) => (name, password),
        (None, None, _) => return Err(Error::Unauthenticated.into()),
        (None, ..) => return Err(Error::Missing { field: "username" }.into()),
        (_, None, _) => return Err(Error::Missing { field: "password" }.into()),
    };
    answer(by_password(&api, pair, life).await?)
}

/// Another token for one that is good, which stands in the body or in the header. A name and a
/// password do as well.
pub(super) async fn refresh(req: HttpRequest, payload: Payload, api: Data<Api>) -> UserResult {
    let mut fields = read(&req, payload, &api).await?;
    let (life, jwt) = (fields.ttl()?, fields.text("jwt")?);
    fields.end()?;
    let token = match jwt.map(Credentials::Token).or_else(|| Credentials::of(&req)) {
        None => return Err(Error::Unauthenticated.into()),
        Some(Credentials::Password(name, password)) => {
            by_password(&api, (name, password), life).await?
        }
        Some(Credentials::Token(token)) => {
            let refresh = move |api: &Api| Ok(api.services.cluster_tokens.refresh(&token, life)?);
            with_store(api, refresh).await?
        }
    };
    answer(token)
}

/// Whose password is familiar does not wait for those who try others.
async fn by_password(
    api: &Data<Api>,
    (name, password): (String, String),
    life: TokenLife,
) -> Result<ClusterToken, Rejection> {
    let pair = Arc::new((name, password));
    let is_familiar = familiar(api, pair.clone()).await?.is_some();
    let gate = if is_familiar { &api.store } else { &api.passwords };
    let tokens = api.services.cluster_tokens.clone();
    gate.run(move || Ok(tokens.authorize(&pair.0, &pair.1, life)?)).await
}

async fn read(req: &HttpRequest, payload: Payload, api: &Api) -> Result<Fields, Rejection> {
    let body = api.login(req, payload).await?;
    require_json(req, &body)?;
    Ok(Fields::of(body::json(&body, api.settings.max_depth)?)?)
}

fn answer(token: ClusterToken) -> UserResult {
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(Token::from(token)))
}
