//! What this face sends.

use std::time::Duration;

use actiond_core::document::StoredDocument;
use actiond_core::usecase::Written;
use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use serde::Serialize;

use super::conditions::etag;
use crate::budget::FairShare;
use crate::idempotency::mark;
use crate::pieces::{Outgoing, Pieces};

/// What this face sends, also where it sends nothing: Freezer does.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One action: the stored text as it is.
pub(super) fn document(stored: StoredDocument) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((ETAG, etag(stored.version)))
        .body(stored.text)
}

/// One action whose text is large: counted while it is on its way.
pub(super) fn large_document(
    stored: StoredDocument,
    share: FairShare,
    patience: Duration,
) -> HttpResponse {
    let mut pieces = Pieces::default();
    pieces.push(stored.text);
    let outgoing = Outgoing::new(pieces.finish(), share, patience);
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((ETAG, etag(stored.version)))
        .body(SizedStream::new(outgoing.length(), outgoing))
}

/// Nothing: it is gone.
pub(super) fn gone() -> HttpResponse {
    HttpResponse::NoContent().insert_header((CONTENT_TYPE, JSON)).finish()
}

#[derive(Serialize)]
struct Created<'a> {
    action_id: &'a str,
}

#[derive(Serialize)]
struct Changed<'a> {
    action_id: &'a str,
    version: u64,
}

/// A new action's id.
pub(super) fn created(written: &Written) -> HttpResponse {
    let response = HttpResponse::Created()
        .insert_header((ETAG, etag(written.version)))
        .json(Created { action_id: written.id.as_str() });
    mark(response, written.is_replay)
}

/// A changed action's id and version.
pub(super) fn changed(status: StatusCode, written: &Written) -> HttpResponse {
    let response = HttpResponse::build(status)
        .insert_header((ETAG, etag(written.version)))
        .json(Changed { action_id: written.id.as_str(), version: written.version });
    mark(response, written.is_replay)
}
