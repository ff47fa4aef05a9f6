//! What this face sends.

use actiond_core::document::StoredDocument;
use actiond_core::usecase::Written;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, ETAG, HeaderValue};
use serde::Serialize;

use super::conditions::etag;

/// What this face sends, also where it sends nothing: Freezer does.
pub(super) const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// One action: the stored text as it is.
pub(super) fn document(stored: StoredDocument) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, JSON))
        .insert_header((ETAG, etag(stored.version)))
        .body(stored.text)
}

/// The text of a page: the stored texts, put side by side.
pub(super) fn join(documents: &[StoredDocument]) -> String {
    const HEAD: &str = "{\"actions\":[";
    let length: usize = documents.iter().map(|document| document.text.len() + 1).sum();
    let mut body = String::with_capacity(HEAD.len() + length + 2);
    body.push_str(HEAD);
    for (index, document) in documents.iter().enumerate() {
        if index > 0 {
            body.push(',');
        }
        body.push_str(&document.text);
    }
    body.push_str("]}");
    body
}

/// A page.
pub(super) fn page(text: String) -> HttpResponse {
    HttpResponse::Ok().insert_header((CONTENT_TYPE, JSON)).body(text)
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
    HttpResponse::Created()
        .insert_header((ETAG, etag(written.version)))
        .json(Created { action_id: written.id.as_str() })
}

/// A changed action's id and version.
pub(super) fn changed(status: StatusCode, written: &Written) -> HttpResponse {
    HttpResponse::build(status)
        .insert_header((ETAG, etag(written.version)))
        .json(Changed { action_id: written.id.as_str(), version: written.version })
}
