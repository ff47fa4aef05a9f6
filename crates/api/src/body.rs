//! Bodies: read within limits, then taken for JSON.

use std::ops::Deref;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream::once;
use serde_json::Value;
use tokio::time::timeout;

use crate::budget::{Budget, Share};
use crate::rejection::Rejection;

/// A body, and its share of the bytes that bodies may take. The share goes back with it.
pub(crate) struct Body {
    bytes: Bytes,
    _share: Option<Share>,
}

impl Deref for Body {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a body of at most `limit` bytes. One that says beforehand that it is longer is not read.
///
/// When its first bytes are there, room for the whole is taken from `budget`: as much as it says that
/// it is long, or the limit when it does not say. So a client that sends nothing takes no room, and
/// no two requests wait for each other's.
pub(crate) async fn read(
    req: &HttpRequest,
    mut payload: Payload,
    limit: usize,
    budget: &Budget,
    patience: Duration,
) -> Result<Body, Rejection> {
    let announced = req.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    let announced = announced.and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Rejection::TooLarge { limit });
    }
    let first = timeout(patience, payload.next()).await.map_err(|_| Rejection::TooSlow)?;
    let Some(first) = first else { return Ok(Body { bytes: Bytes::new(), _share: None }) };
    let share = budget.take(announced.map_or(limit, |length| length as usize)).await?;
    let rest = collect(first, payload, limit);
    let bytes = timeout(patience, rest).await.unwrap_or(Err(Rejection::TooSlow))?;
    Ok(Body { bytes, _share: Some(share) })
}

async fn collect(
    first: Result<Bytes, PayloadError>,
    payload: Payload,
    limit: usize,
) -> Result<Bytes, Rejection> {
    let mut body = BytesMut::new();
    let mut chunks = once(ready(first)).chain(payload);
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| Rejection::BrokenOff)?;
        if body.len() + chunk.len() > limit {
            return Err(Rejection::TooLarge { limit });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Takes a body for JSON; an empty one is null.
///
/// Nesting is looked at first, and without recursion: only then is the text parsed.
pub(crate) fn json(body: &[u8], max_depth: usize) -> Result<Value, Rejection> {
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if depth(body) > max_depth {
        return Err(Rejection::TooDeep { limit: max_depth });
    }
    serde_json::from_slice(body).map_err(|error| Rejection::NotJson(error.to_string()))
}

/// How deep arrays and objects are nested, by their brackets alone.
fn depth(body: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = body.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => skip_string(&mut bytes),
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut std::slice::Iter<'_, u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => _ = bytes.next(),
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::{FromRequest, dev};
    use futures_util::FutureExt;
    use futures_util::future::pending;

    use super::*;

    fn check(body: &str, expected: usize) {
        assert_eq!(depth(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn counts_brackets_outside_strings() {
        check("", 0);
        check("5", 0);
        check("[]", 1);
        check(r#"{"a":[1,{"b":[]}],"c":{}}"#, 4);
        check(r#"["[[[", "\"[[", "\\"]"#, 1);
        check(r#"["[[["#, 1);
        check("]]][[", 2);
        check(&"[".repeat(10_000), 10_000);
    }

    #[test]
    fn depth_is_judged_before_syntax() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(json(nested(100).as_bytes(), 100).is_ok());
        assert!(matches!(json(nested(101).as_bytes(), 100), Err(Rejection::TooDeep { .. })));
        assert!(matches!(json("[".repeat(10_000).as_bytes(), 100), Err(Rejection::TooDeep { .. })));
        assert!(matches!(json(b"[", 100), Err(Rejection::NotJson(_))));
        assert!(matches!(json(b"", 100), Ok(Value::Null)));
        // The reader takes what the limit can be set to.
        assert!(json(nested(127).as_bytes(), 127).is_ok());
    }
    /// Starts to read a body of 600 KiB whose first bytes are there, and no others.
    fn half_sent(budget: &Budget) -> impl Future<Output = Result<Body, Rejection>> {
        let req =
            TestRequest::default().insert_header((CONTENT_LENGTH, 600 * 1024)).to_http_request();
        let chunks =
            once(ready(Ok(Bytes::from_static(b"{")))).chain(pending().into_stream()).boxed_local();
        let mut payload = dev::Payload::Stream { payload: chunks };
        async move {
            let payload = Payload::from_request(&req, &mut payload).await.unwrap();
            read(&req, payload, 1024 * 1024, budget, Duration::from_secs(600)).await
        }
    }

    #[actix_web::test]
    async fn bodies_take_no_more_room_than_there_is() {
        let budget = Budget::new(1024 * 1024, Duration::ZERO);
        let mut first = Box::pin(half_sent(&budget));
        assert!((&mut first).now_or_never().is_none());
        assert_eq!(budget.free(), 424 * 1024);
        assert!(matches!(half_sent(&budget).await, Err(Rejection::Busy)));
        drop(first);
        assert_eq!(budget.free(), 1024 * 1024);
    }
}
