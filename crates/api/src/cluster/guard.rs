//! Who asks, and may they: HTTP Basic, and the role matrix.

use std::ops::Deref;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::access::{Caller, ClusterPass, cluster_permission::Permission};
use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::LocalBoxFuture;

use super::errors::ClusterError;
use crate::header::sole;
use crate::rejection::Rejection;
use crate::services::{Api, familiar};
use crate::table::Pass;

/// Proof that name and password are good and a role of the caller allows `P`.
pub(crate) struct Allowed<P>(ClusterPass<P>);

impl<P> Deref for Allowed<P> {
    type Target = ClusterPass<P>;

    fn deref(&self) -> &ClusterPass<P> {
        &self.0
    }
}

impl<P: Permission> Pass for Allowed<P> {
    fn permission() -> &'static str {
        P::PERMISSION.as_str()
    }
}

impl<P: Permission> FromRequest for Allowed<P> {
    type Error = ClusterError;
    type Future = LocalBoxFuture<'static, Result<Self, ClusterError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move { Ok(Self(ClusterPass::grant(authenticate(&req).await?)?)) })
    }
}

/// Finds out who is calling. Passwords are checked by a few at a time, and never here; whose password
/// is familiar does not wait for those who try others.
pub(super) async fn authenticate(req: &HttpRequest) -> Result<Arc<Caller>, Rejection> {
    let api = Api::of(req)?;
    let (name, password) = credentials(req.headers()).ok_or(Error::Unauthenticated)?;
    let pair = Arc::new((name, password));
    if let Some(caller) = familiar(api, pair.clone()).await? {
        return Ok(caller);
    }
    let identity = api.services.identity.clone();
    api.passwords.run(move || Ok(identity.by_password(&pair.0, &pair.1)?)).await
}

/// Name and password of an `Authorization` header that stands once.
fn credentials(headers: &HeaderMap) -> Option<(String, String)> {
    let (scheme, encoded) = sole(headers, AUTHORIZATION)?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (name, password) = decoded.split_once(':')?;
    Some((name.to_owned(), password.to_owned()))
}
