//! What the query of a list asks for.

use actiond_core::Error;
use actiond_core::document::{Page, Search};
use serde_json::Value;

use crate::body;
use crate::rejection::Rejection;

/// A list's page, and the search of the query, if there is one.
pub(super) struct ListQuery {
    pub(super) page: Page,
    search: Option<Value>,
}

impl ListQuery {
    /// Reads `limit`, `offset`, `marker` and `search`; the last of each counts, others do not.
    pub(super) fn parse(query: &str, max_depth: usize) -> Result<Self, Rejection> {
        let (mut limit, mut offset, mut marker, mut search) = (None, None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "limit" => limit = Some(value),
                "offset" => offset = Some(value),
                "marker" => marker = Some(value),
                "search" => search = Some(value),
                _ => {}
            }
        }
        let page = Page::parse(limit.as_deref(), offset.as_deref(), marker.as_deref());
        Ok(Self {
            page: page.map_err(parameter)?,
            search: search.map(|text| parse_search(&text, max_depth)).transpose()?,
        })
    }

    /// The search of the body, or else that of the query. Null asks for nothing.
    pub(super) fn search(&self, body: &Value) -> Result<Search, Error> {
        let asked = if body.is_null() { self.search.as_ref() } else { Some(body) };
        match asked {
            None | Some(Value::Null) => Ok(Search::default()),
            Some(search) => Search::parse(search),
        }
    }
}

fn parse_search(text: &str, max_depth: usize) -> Result<Value, Rejection> {
    body::json(text.as_bytes(), max_depth).map_err(|_| Rejection::Parameter {
        name: "search".to_owned(),
        reason: "must be a JSON object, as in {\"match\":[{\"key\":\"value\"}]}".to_owned(),
    })
}

/// A fault of the page, as the parameter's that it names.
pub(super) fn parameter(fault: impl Into<Rejection>) -> Rejection {
    match fault.into() {
        Rejection::Domain(Error::Invalid { field: name, reason }) => {
            Rejection::Parameter { name, reason }
        }
        other => other,
    }
}
