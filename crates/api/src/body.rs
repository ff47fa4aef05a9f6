//! Bodies: read within limits, then taken for JSON.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;
use serde_json::Value;
use tokio::time::timeout;

use crate::rejection::Rejection;

/// Reads a body of at most `limit` bytes. One that says beforehand that it is longer is not read.
pub(crate) async fn read(
    req: &HttpRequest,
    payload: Payload,
    limit: usize,
    patience: Duration,
) -> Result<Bytes, Rejection> {
    let announced = req.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if announced.is_some_and(|text| text.parse().is_ok_and(|length: u64| length > limit as u64)) {
        return Err(Rejection::TooLarge { limit });
    }
    timeout(patience, collect(payload, limit)).await.unwrap_or(Err(Rejection::TooSlow))
}

async fn collect(mut payload: Payload, limit: usize) -> Result<Bytes, Rejection> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
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
}
