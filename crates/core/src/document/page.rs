//! Which part of a list is wanted.

use crate::error::{Error, Result};
use crate::project::ActionId;

/// How many rows a page has when nothing else is asked for.
pub const DEFAULT_LIMIT: u32 = 10;
/// How many rows a page has at most; more is cut to it.
pub const MAX_LIMIT: u32 = 1000;

/// A part of a list in creation order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many rows: 1 to [`MAX_LIMIT`].
    pub limit: u32,
    /// Start behind this row.
    pub after: Option<ActionId>,
    /// Pass over so many rows from there.
    pub skip: u64,
    /// The parameter that named `after`, for an error that concerns it.
    pub named_by: &'static str,
}

impl Default for Page {
    fn default() -> Self {
        Self { limit: DEFAULT_LIMIT, after: None, skip: 0, named_by: "marker" }
    }
}

impl Page {
    /// Reads the parameters `limit`, `offset` and `marker` of a request; an empty one counts as absent.
    ///
    /// `offset` is a number of rows, or the id of the last row seen, as `marker` always is.
    ///
    /// # Errors
    /// [`Error::Invalid`] naming the parameter that is negative or cannot be read.
    pub fn parse(limit: Option<&str>, offset: Option<&str>, marker: Option<&str>) -> Result<Self> {
        let given =
            |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let mut page = Self::default();
        if let Some(limit) = given(limit) {
            page.limit = match count(&limit).ok_or_else(|| bad_number("limit"))? {
                0 => DEFAULT_LIMIT,
                n => n.min(u64::from(MAX_LIMIT)) as u32,
            };
        }
        if let Some(marker) = given(marker) {
            page.after = Some(ActionId::parse(&marker).map_err(|_| unknown_marker("marker"))?);
        }
        if let Some(offset) = given(offset) {
            match count(&offset) {
                Some(rows) => page.skip = rows,
                None if is_number_like(&offset) => return Err(bad_number("offset")),
                None if page.after.is_some() => {
                    return Err(Error::invalid(
                        "offset",
                        "names a row, and so does marker: give one of them",
                    ));
                }
                None => {
                    page.after = Some(ActionId::parse(&offset).map_err(|_| bad_number("offset"))?);
                    page.named_by = "offset";
                }
            }
        }
        Ok(page)
    }
}

/// The failure of a page whose marker names no row.
pub(crate) fn unknown_marker(field: &str) -> Error {
    Error::invalid(
        field,
        "names no action of this project, nor one removed in the last day: start again without it",
    )
}

fn bad_number(field: &str) -> Error {
    let or_id = if field == "offset" { ", or the action_id of the last row seen" } else { "" };
    Error::invalid(field, format!("must be an integer of 0 or more{or_id}"))
}

/// A whole number of 0 or more; one beyond `i64` counts as the greatest.
fn count(text: &str) -> Option<u64> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits.parse().unwrap_or(u64::MAX).min(i64::MAX as u64))
}

/// Meant as a number, though not a good one: `-1`, `1.5`. An id may look like `1e5`, and some do.
fn is_number_like(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(limit: &str, offset: &str, marker: &str, expected: Option<(u32, Option<&str>, u64)>) {
        let page = Page::parse(Some(limit), Some(offset), Some(marker)).ok();
        let seen = page.as_ref().map(|p| (p.limit, p.after.as_ref().map(ActionId::as_str), p.skip));
        assert_eq!(seen, expected, "limit={limit} offset={offset} marker={marker}");
    }

    #[test]
    fn reads_limits() {
        check("", "", "", Some((10, None, 0)));
        check("0", "", "", Some((10, None, 0)));
        check(" 2", "", "", Some((2, None, 0)));
        check("+2", "", "", Some((2, None, 0)));
        check("1001", "", "", Some((1000, None, 0)));
        check("99999999999999999999", "", "", Some((1000, None, 0)));
        for bad in ["-1", "1.5", "abc", "0x2", "2;offset=1", "\0"] {
            check(bad, "", "", None);
        }
    }

    #[test]
    fn reads_offsets_as_numbers_or_markers() {
        check("", "7", "", Some((10, None, 7)));
        check("", "99999999999999999999", "", Some((10, None, i64::MAX as u64)));
        check("", "abc-1", "", Some((10, Some("abc-1"), 0)));
        check("", "1e5", "", Some((10, Some("1e5"), 0)));
        check("", "0", "abc", Some((10, Some("abc"), 0)));
        check("", "", "12", Some((10, Some("12"), 0)));
        for bad in ["-1", "1.5", "a b", "a/b"] {
            check("", bad, "", None);
        }
        check("", "abc", "def", None);
        check("", "", "a b", None);
    }

    #[test]
    fn remembers_which_parameter_named_the_row() {
        let named_by = |offset, marker| Page::parse(None, offset, marker).unwrap().named_by;
        assert_eq!(named_by(None, Some("abc")), "marker");
        assert_eq!(named_by(Some("7"), Some("abc")), "marker");
        assert_eq!(named_by(Some("abc"), None), "offset");
    }
}
