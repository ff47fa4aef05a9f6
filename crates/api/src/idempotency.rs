//! `Idempotency-Key`: a request that is done once, however often it is sent.

use actiond_core::once::RequestKey;
use actix_web::HttpResponse;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::header::sole;
use crate::rejection::Rejection;

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// The key of a request with this body, if it has one.
pub(crate) fn request_key(
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<RequestKey>, Rejection> {
    if !headers.contains_key(&KEY) {
        return Ok(None);
    }
    let key = sole(headers, &KEY).and_then(|key| RequestKey::new(key, body).ok());
    let reason = "must stand once, and be 1 to 255 visible ASCII characters";
    key.map(Some).ok_or(Rejection::Header { name: "Idempotency-Key", reason })
}

/// Says that this is what the first such request was answered, if so.
pub(crate) fn mark(mut response: HttpResponse, is_replay: bool) -> HttpResponse {
    if is_replay {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    response
}
