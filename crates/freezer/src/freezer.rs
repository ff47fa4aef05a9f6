//! The actions of a project, read page by page.

use serde_json::Value;

use crate::error::Result;
use crate::http::{Reply, encoded};
use crate::session::Session;

/// Farther than any project reaches.
const BEYOND: u64 = i32::MAX as u64;

/// A running freezer-api.
pub struct Freezer {
    session: Session,
    /// Without version.
    endpoint: String,
}

/// An action as freezer-api lists it.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// The action.
    Action(Value),
    /// There is one, and freezer-api cannot show it.
    Unreadable {
        /// Its id, when that could be found out.
        action_id: Option<String>,
        /// What freezer-api answers instead.
        reason: String,
    },
}

/// What came of the request for a page.
enum Page {
    Rows(Vec<Value>),
    /// One of the actions on it cannot be shown, and so no other either.
    Broken {
        action_id: Option<String>,
        reason: String,
    },
}

impl Freezer {
    /// The freezer-api at this address, with or without `/v2`.
    pub fn new(session: Session, endpoint: &str) -> Self {
        let endpoint = endpoint.trim_end_matches('/');
        let endpoint = endpoint.strip_suffix("/v2").unwrap_or(endpoint).to_owned();
        Self { session, endpoint }
    }

    /// The login.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where it is, without a version.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Up to `limit` actions of a project, after the first `offset`, in freezer-api's order. Fewer are
    /// the last ones.
    ///
    /// One action that freezer-api cannot write makes every list fail that it is on. Such a list is
    /// read in halves, until that action is alone.
    ///
    /// # Errors
    /// Those of the login, and [`Error::Refused`](crate::Error::Refused).
    pub fn read(&self, project: &str, offset: u64, limit: u64) -> Result<Vec<Row>> {
        match self.page(project, offset, limit)? {
            Page::Rows(rows) => {
                Ok(rows.into_iter().map(without_odd_copy).map(Row::Action).collect())
            }
            Page::Broken { .. } if limit > 1 => {
                let half = limit / 2;
                let mut rows = self.read(project, offset, half)?;
                if rows.len() as u64 == half {
                    rows.extend(self.read(project, offset + half, limit - half)?);
                }
                Ok(rows)
            }
            Page::Broken { action_id, reason } => {
                self.require_health(project)?;
                Ok(vec![Row::Unreadable { action_id, reason }])
            }
        }
    }

    fn page(&self, project: &str, offset: u64, limit: u64) -> Result<Page> {
        let reply = self.ask(project, offset, limit)?;
        let broken = |action_id, reason| Ok(Page::Broken { action_id, reason });
        match reply.status {
            200 => match reply.json() {
                Ok(mut body) => match body["actions"].take() {
                    Value::Array(rows) => Ok(Page::Rows(rows)),
                    _ => Err(reply.not_understood("no actions")),
                },
                Err(_) => broken(action_id(&reply.body), why_unreadable(&reply.body)),
            },
            500 => broken(None, "freezer-api answers 500 when it is to list it".to_owned()),
            _ => Err(refused(&reply)),
        }
    }

    fn ask(&self, project: &str, offset: u64, limit: u64) -> Result<Reply> {
        let project = encoded(project);
        let url = format!("{}/v2/{project}/actions?limit={limit}&offset={offset}", self.endpoint);
        self.session.get(&url)
    }

    /// Whether it is the one action: behind the last there is none that could be at fault.
    fn require_health(&self, project: &str) -> Result<()> {
        let reply = self.ask(project, BEYOND, 1)?;
        if reply.status == 200 { Ok(()) } else { Err(refused(&reply)) }
    }
}

fn refused(reply: &Reply) -> crate::Error {
    reply.refusal(match reply.status {
        403 => "reading the actions of every project takes the role admin or service",
        401 => "freezer-api does not take Keystone's token",
        404 => "is this freezer-api? See --endpoint",
        _ => "",
    })
}

/// What the list of one action holds that is no JSON.
fn why_unreadable(body: &[u8]) -> String {
    match serde_json::from_slice::<Value>(body) {
        Err(error) => format!("cannot be read as freezer-api lists it: {error}"),
        Ok(_) => String::new(),
    }
}

/// An action without its `timeout` when that is no integer. It is a copy of the one in `freezer_action`,
/// which may be anything.
fn without_odd_copy(mut row: Value) -> Value {
    if row["timeout"].as_i64().is_none()
        && let Some(row) = row.as_object_mut()
    {
        row.shift_remove("timeout");
    }
    row
}

/// The id of the one action on a list that is no JSON. It stands before everything that a client
/// wrote into the action.
fn action_id(body: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let (_, rest) = text.split_once("\"action_id\": \"")?;
    rest.split_once('"').map(|(id, _)| id.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_copied_is_an_integer_or_left_out() {
        let row = |timeout: Value| json!({"a": 1, "timeout": timeout, "b": 2});
        assert_eq!(without_odd_copy(row(json!(120))), row(json!(120)));
        for odd in [json!("abc"), json!(null), json!([1]), json!(1.5)] {
            assert_eq!(without_odd_copy(row(odd)), json!({"a": 1, "b": 2}));
        }
    }

    #[test]
    fn the_id_of_an_action_is_found_in_what_is_no_json() {
        let row = r#"{"actions": [{"project_id": "p", "action_id": "a", "freezer_action": {"action_id": "b", "x": NaN}}]}"#;
        assert_eq!(action_id(row.as_bytes()).as_deref(), Some("a"));
        assert!(why_unreadable(row.as_bytes()).contains("lists it: expected value"));
        assert_eq!(action_id(b"<html>"), None);
    }
}
