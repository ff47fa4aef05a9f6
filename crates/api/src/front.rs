//! What happens to every request, whatever its face: an id, a tidy path, and a line in the log
//! when it fails.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use tracing::{debug, error};
use uuid::Uuid;

use crate::cluster::ClusterFace;
use crate::deadline;
use crate::identity::IdentityFace;
use crate::path;
use crate::project::ProjectFace;
use crate::rejection::{Face, Refused, Rejection};
use crate::services::Api;
use crate::users::UserFace;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-openstack-request-id");

/// The longest request id that is taken from a client.
const MAX_ID_LENGTH: usize = 64;

pub(crate) async fn front<B: MessageBody>(
    mut req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let id = request_id(req.headers());
    path::tidy(&mut req);
    let time = Api::of(req.request()).map_or(None, |api| api.settings.answer_time);
    let mut response = deadline::allow(time, next.call(req)).await?;
    if response.status().as_u16() >= 400 {
        challenge(&mut response);
        log(&response, &id);
    }
    response.headers_mut().insert(REQUEST_ID, id);
    Ok(response)
}

/// The client's own id when it is plain, else a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    match headers.get(REQUEST_ID) {
        Some(id) if is_plain(id.as_bytes()) => id.clone(),
        _ => new_id(),
    }
}

fn is_plain(id: &[u8]) -> bool {
    let of_form = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    id.len() > 4 && id.len() <= MAX_ID_LENGTH && id.starts_with(b"req-") && id.iter().all(of_form)
}

fn new_id() -> HeaderValue {
    let id = format!("req-{}", Uuid::new_v4());
    HeaderValue::try_from(id).unwrap_or(HeaderValue::from_static("req-"))
}

/// Where a 401 does not say how to log in, it is by a token of Keystone, or of what stands in for it.
fn challenge<B>(response: &mut ServiceResponse<B>) {
    let unsaid = !response.headers().contains_key(WWW_AUTHENTICATE);
    if response.status() == StatusCode::UNAUTHORIZED && unsaid {
        let request = response.request();
        let set = Api::of(request).ok().and_then(|api| api.settings.authenticate_uri.clone());
        let uri = set.unwrap_or_else(|| format!("{}/v3", path::origin(request)));
        let text = format!("Keystone uri=\"{uri}\"");
        if let Ok(value) = HeaderValue::try_from(text) {
            response.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
    }
}

/// The one line that a failed request leaves. It has the path, never the query, a header or a body; why a
/// request was refused may quote a parameter, which is for who debugs.
fn log<B>(response: &ServiceResponse<B>, id: &HeaderValue) {
    let rejection = response.response().error().and_then(rejection);
    let reason = || rejection.map(ToString::to_string).unwrap_or_default();
    let (request, status) = (response.request(), response.status().as_u16());
    let (method, path) = (request.method(), request.path());
    let request_id = id.to_str().unwrap_or_default();
    if response.status().is_server_error() {
        let cause = rejection.and_then(Rejection::cause).map(|cause| format!("{cause:#}"));
        error!(request_id, %method, path, status, cause, "request failed: {}", reason());
    } else {
        debug!(request_id, %method, path, status, "request refused: {}", reason());
    }
}

fn rejection(error: &actix_web::Error) -> Option<&Rejection> {
    fn of<F: Face>(error: &actix_web::Error) -> Option<&Rejection> {
        error.as_error::<Refused<F>>().map(|refused| &refused.rejection)
    }
    of::<ProjectFace>(error)
        .or_else(|| of::<ClusterFace>(error))
        .or_else(|| of::<UserFace>(error))
        .or_else(|| of::<IdentityFace>(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(id: &str, plain: bool) {
        assert_eq!(is_plain(id.as_bytes()), plain, "{id}");
    }

    #[test]
    fn only_plain_ids_are_taken_over() {
        check("req-3f2a-ABC", true);
        check(&format!("req-{}", "a".repeat(60)), true);
        check(&format!("req-{}", "a".repeat(61)), false);
        check("req-", false);
        check("abc", false);
        check("req-a b", false);
        check("req-a\u{e9}", false);
        check("req-a;b", false);
    }
}
