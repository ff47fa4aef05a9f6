//! Who asks, and may they: HTTP Basic or a signed token, and the role matrix.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use actiond_core::Error;
use actiond_core::access::{Caller, ClusterPass, cluster_permission::Permission};
use actiond_core::cluster::Target;
use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpRequest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use futures_util::future::LocalBoxFuture;

use super::errors::ClusterError;
use crate::header::sole;
use crate::path;
use crate::rejection::Rejection;
use crate::services::{Api, familiar, with_store};
use crate::table::Pass;

/// What the path of a route names.
pub(crate) trait Place: Send + 'static {
    /// The target of a request.
    fn target(req: &HttpRequest) -> Target;

    /// The name of the permission to do `P` there.
    fn permission<P: Permission>() -> &'static str;
}

/// The whole cluster.
pub(crate) struct OnCluster;

impl Place for OnCluster {
    fn target(_: &HttpRequest) -> Target {
        Target::Cluster
    }

    fn permission<P: Permission>() -> &'static str {
        P::PERMISSION.as_str()
    }
}

/// The node of the uid in the path.
pub(crate) struct OnNode;

impl Place for OnNode {
    fn target(req: &HttpRequest) -> Target {
        Target::node(path::part(req, "uid"))
    }

    fn permission<P: Permission>() -> &'static str {
        P::ON_NODE.as_str()
    }
}

/// Proof that the credentials are good and a role of the caller allows `P` where the path says.
pub(crate) struct Allowed<P, L = OnCluster> {
    pass: ClusterPass<P>,
    place: PhantomData<L>,
}

impl<P, L> Deref for Allowed<P, L> {
    type Target = ClusterPass<P>;

    fn deref(&self) -> &ClusterPass<P> {
        &self.pass
    }
}

impl<P: Permission, L: Place> Pass for Allowed<P, L> {
    fn permission() -> &'static str {
        L::permission::<P>()
    }
}

impl<P: Permission, L: Place> FromRequest for Allowed<P, L> {
    type Error = ClusterError;
    type Future = LocalBoxFuture<'static, Result<Self, ClusterError>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let req = req.clone();
        Box::pin(async move {
            let caller = authenticate(&req).await?;
            Ok(Self { pass: ClusterPass::grant_on(L::target(&req), caller)?, place: PhantomData })
        })
    }
}

/// What a request brings to say whose it is. Secrets.
pub(crate) enum Credentials {
    /// A name, or an e-mail address, and a password.
    Password(String, String),
    /// A signed token.
    Token(String),
}

impl Credentials {
    /// Those of an `Authorization` header that stands once.
    pub(crate) fn of(req: &HttpRequest) -> Option<Self> {
        let (scheme, value) = sole(req.headers(), AUTHORIZATION)?.split_once(' ')?;
        let value = value.trim();
        if ["jwt", "bearer"].iter().any(|token| scheme.eq_ignore_ascii_case(token)) {
            return Some(Self::Token(value.to_owned()));
        }
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let decoded = String::from_utf8(BASE64_STANDARD.decode(value).ok()?).ok()?;
        let (name, password) = decoded.split_once(':')?;
        Some(Self::Password(name.to_owned(), password.to_owned()))
    }
}

/// Finds out who is calling. Passwords are checked by a few at a time, and never here; whose password
/// is familiar does not wait for those who try others.
pub(crate) async fn authenticate(req: &HttpRequest) -> Result<Arc<Caller>, Rejection> {
    let api = Api::of(req)?;
    let pair = match Credentials::of(req).ok_or(Error::Unauthenticated)? {
        Credentials::Password(name, password) => Arc::new((name, password)),
        Credentials::Token(token) => {
            let look = move |api: &Api| Ok(api.services.cluster_tokens.caller(&token)?);
            return with_store(api.clone(), look).await;
        }
    };
    if let Some(caller) = familiar(api, pair.clone()).await? {
        return Ok(caller);
    }
    let identity = api.services.identity.clone();
    api.passwords.run(move || Ok(identity.by_password(&pair.0, &pair.1)?)).await
}
