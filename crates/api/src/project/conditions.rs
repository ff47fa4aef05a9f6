//! Versions in headers: `ETag` out, `If-Match` in (RFC 9110).

use actiond_core::usecase::Precondition;
use actix_web::http::header::{HeaderMap, IF_MATCH};

use crate::rejection::Rejection;

/// A version as an entity tag.
pub(super) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}

/// Reads `If-Match`. Several headers are one list; a weak tag, and one that is no version, match
/// nothing.
pub(super) fn precondition(headers: &HeaderMap) -> Result<Precondition, Rejection> {
    let mut versions = None;
    for value in headers.get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| unreadable())?.trim();
        if text == "*" && headers.get_all(IF_MATCH).count() == 1 {
            return Ok(Precondition::Exists);
        }
        read_tags(text, versions.get_or_insert_with(Vec::new)).ok_or_else(unreadable)?;
    }
    Ok(versions.map_or(Precondition::None, Precondition::Versions))
}

/// Reads tags, separated by commas, at least one; `None` when they are not of the form.
fn read_tags(mut text: &str, versions: &mut Vec<u64>) -> Option<()> {
    loop {
        let tag = text.trim_start();
        let (is_weak, tag) = tag.strip_prefix("W/").map_or((false, tag), |tag| (true, tag));
        let (opaque, rest) = tag.strip_prefix('"')?.split_once('"')?;
        if !is_weak {
            versions.extend(version(opaque));
        }
        match rest.trim_start() {
            "" => return Some(()),
            rest => text = rest.strip_prefix(',')?,
        }
    }
}

/// The version of a tag that [`etag`] wrote.
fn version(opaque: &str) -> Option<u64> {
    opaque.parse().ok().filter(|version: &u64| version.to_string() == opaque)
}

fn unreadable() -> Rejection {
    Rejection::Header {
        name: "If-Match",
        reason: "must be a list of entity tags, as in \"1\", or a single *",
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(values: &[&str], expected: Option<Precondition>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(precondition(&headers).ok(), expected, "{values:?}");
    }

    fn versions(versions: &[u64]) -> Option<Precondition> {
        Some(Precondition::Versions(versions.to_vec()))
    }

    #[test]
    fn reads_lists_stars_and_weak_tags() {
        check(&[], Some(Precondition::None));
        check(&["*"], Some(Precondition::Exists));
        check(&[r#""7""#], versions(&[7]));
        check(&[r#" "1" ,"2", W/"3" "#], versions(&[1, 2]));
        check(&[r#""1""#, r#""4""#], versions(&[1, 4]));
        check(&[r#"W/"1""#], versions(&[]));
        check(&[r#""a,b", "01", "+1", "99999999999999999999""#], versions(&[]));
    }

    #[test]
    fn refuses_what_is_no_list_of_tags() {
        for bad in ["", "1", r#""1"#, r#""1","#, r#""1" "2""#, r#"w/"1""#, r#""1", *"#, "é"] {
            check(&[bad], None);
        }
        check(&["*", r#""1""#], None);
        check(&["*", "*"], None);
    }
}
