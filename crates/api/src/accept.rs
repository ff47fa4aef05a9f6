//! What a client is ready to read (RFC 9110, Accept).

use actix_web::http::header::{ACCEPT, HeaderMap};

use crate::rejection::Rejection;

/// Refuses a request whose client does not take JSON.
pub(crate) fn require_json(headers: &HeaderMap) -> Result<(), Rejection> {
    match quality(headers, "application", "json") {
        0 => Err(Rejection::NotAcceptable),
        _ => Ok(()),
    }
}

/// Refuses a request whose client takes neither JSON nor a home document.
pub(crate) fn require_home(headers: &HeaderMap) -> Result<(), Rejection> {
    match quality(headers, "application", "json-home") {
        0 => require_json(headers),
        _ => Ok(()),
    }
}

/// How welcome a media type is, in thousandths; 0 is not at all. Several headers are one list, and
/// the most specific range that fits decides. Who says nothing takes everything.
pub(crate) fn quality(headers: &HeaderMap, main: &str, sub: &str) -> u16 {
    let values = headers.get_all(ACCEPT).map(|value| value.to_str().unwrap_or("unreadable"));
    let ranges = values.flat_map(|value| value.split(','));
    let mut ranges = ranges.filter(|range| !range.trim().is_empty()).peekable();
    if ranges.peek().is_none() {
        return 1000;
    }
    ranges.filter_map(|range| fit(range, main, sub)).max().map_or(0, |(_, quality)| quality)
}

/// How specific a range is for the type, and its quality; `None` when it does not fit.
fn fit(range: &str, main: &str, sub: &str) -> Option<(u8, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let specificity = match parts.next()?.split_once('/')? {
        (m, s) if m.eq_ignore_ascii_case(main) && s.eq_ignore_ascii_case(sub) => 3,
        (m, "*") if m.eq_ignore_ascii_case(main) => 2,
        ("*", "*") => 1,
        _ => return None,
    };
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some((specificity, weight.map_or(1000, thousandths)))
}

/// A weight; an unreadable one counts as none given.
fn thousandths(weight: &str) -> u16 {
    match weight.trim().parse::<f32>() {
        Ok(weight) if (0.0..=1.0).contains(&weight) => (weight * 1000.0) as u16,
        _ => 1000,
    }
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn check(values: &[&str], expected: u16) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(ACCEPT, HeaderValue::from_str(value).unwrap());
        }
        assert_eq!(quality(&headers, "application", "json"), expected, "{values:?}");
    }

    #[test]
    fn the_most_specific_range_decides() {
        check(&[], 1000);
        check(&[""], 1000);
        check(&["*/*"], 1000);
        check(&["application/*"], 1000);
        check(&["APPLICATION/JSON"], 1000);
        check(&["application/json;charset=utf-8; q=0.5"], 500);
        check(&["text/html, application/json;q=0.1"], 100);
        check(&["text/html", "*/*;q=0.2"], 200);
        check(&["application/json;q=0, */*"], 0);
        check(&["*/*;q=0"], 0);
        check(&["application/*;q=0, */*;q=1"], 0);
    }

    #[test]
    fn other_types_do_not_admit_json() {
        check(&["text/html"], 0);
        check(&["application/json-home"], 0);
        check(&["application/vnd.x+json"], 0);
        check(&["garbage"], 0);
        check(&["*/json"], 0);
        check(&[",;,/"], 0);
        check(&["application/json;q=banana"], 1000);
    }
}
