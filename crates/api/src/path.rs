//! Paths: tidied before they are routed, decoded when they are read.

use std::borrow::Cow;

use actiond_core::project::ProjectId;
use actix_web::HttpRequest;
use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::header::HOST;
use actix_web::http::uri::{Authority, PathAndQuery};
use percent_encoding::percent_decode_str;

use crate::header::sole;
use crate::services::Api;

/// Drops slashes at the end and double ones, so that every path has one form.
pub(crate) fn tidy(req: &mut ServiceRequest) {
    let path = req.uri().path();
    if path.len() < 2 || !(path.ends_with('/') || path.contains("//")) {
        return;
    }
    if let Some(uri) = tidied(req.uri()) {
        req.match_info_mut().get_mut().update(&uri);
        req.head_mut().uri = uri;
    }
}

fn tidied(uri: &Uri) -> Option<Uri> {
    let mut tidy = String::with_capacity(uri.path().len());
    for segment in uri.path().split('/').filter(|segment| !segment.is_empty()) {
        tidy.push('/');
        tidy.push_str(segment);
    }
    if tidy.is_empty() {
        tidy.push('/');
    }
    if let Some(query) = uri.query() {
        tidy.push('?');
        tidy.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(tidy).ok()?);
    Uri::from_parts(parts).ok()
}

/// A named part of the path. What is not UTF-8 is replaced by a character that no name has.
pub(crate) fn part<'a>(req: &'a HttpRequest, name: &str) -> Cow<'a, str> {
    // The router has decoded all but `/`, `%` and `+`.
    percent_decode_str(req.match_info().get(name).unwrap_or_default()).decode_utf8_lossy()
}

/// The project in the path. NUL is replaced as well: not every store keeps it.
pub(crate) fn project(req: &HttpRequest) -> ProjectId {
    ProjectId::new(part(req, "project").replace('\0', "\u{fffd}"))
}

/// The whole path, decoded.
pub(crate) fn decoded(req: &HttpRequest) -> Cow<'_, str> {
    percent_decode_str(req.path()).decode_utf8_lossy()
}

/// Scheme and authority under which clients reach this server: as the settings say, else as the
/// client wrote them, as far as that makes sense. What a proxy would add is not believed: anybody can
/// send it.
pub(crate) fn origin(req: &HttpRequest) -> String {
    let set = Api::of(req).ok().and_then(|api| api.settings.public_url.as_deref());
    if let Some(url) = set {
        return url.trim_end_matches('/').to_owned();
    }
    let of_form = |c: char| c.is_ascii_alphanumeric() || ".-_:[]".contains(c);
    let host = sole(req.headers(), HOST).or(req.uri().authority().map(Authority::as_str));
    let host = host.filter(|host| host.chars().all(of_form));
    let scheme = if req.app_config().secure() { "https" } else { "http" };
    format!("{scheme}://{}", host.unwrap_or_else(|| req.app_config().host()))
}
