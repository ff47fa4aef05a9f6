//! Headers that must stand once.

use actix_web::http::header::{AsHeaderName, HeaderMap};

/// The value of a header that stands once, is text, and is not empty.
pub(crate) fn sole(headers: &HeaderMap, name: impl AsHeaderName) -> Option<&str> {
    let mut values = headers.get_all(name);
    let value = values.next()?.to_str().ok()?;
    (values.next().is_none() && !value.is_empty()).then_some(value)
}
