//! Bodies with a few fields, each taken once.

use actiond_core::access::ClusterRole;
use actiond_core::identity::TokenLife;
use actiond_core::{Error, Result};
use serde_json::{Map, Value};

/// What other services keep for a user, and this one does not; also what cannot be written.
const IGNORED: [&str; 5] =
    ["email_alerts", "bdbs_email_alerts", "cluster_email_alerts", "uid", "password_issue_date"];

/// The fields of a body that are not taken yet. Errors never repeat a value: it may be a password.
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// The fields of an object, or of nothing.
    pub(super) fn of(body: Value) -> Result<Self> {
        match body {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null => Ok(Self(Map::new())),
            _ => Err(Error::invalid("body", "must be a JSON object")),
        }
    }

    /// A text, if there is one.
    pub(super) fn text(&mut self, key: &str) -> Result<Option<String>> {
        match self.0.remove(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::invalid(key, "must be a string")),
        }
    }

    /// How long a token is to live.
    pub(super) fn ttl(&mut self) -> Result<TokenLife> {
        match self.0.remove("ttl") {
            None | Some(Value::Null) => Ok(TokenLife::default()),
            Some(value) => TokenLife::from_seconds(value.as_u64().unwrap_or_default()),
        }
    }

    /// A role, if there is one.
    pub(super) fn role(&mut self) -> Result<Option<ClusterRole>> {
        let role = |text: String| {
            let all = ClusterRole::ALL.map(ClusterRole::as_str).join(", ");
            ClusterRole::parse(&text).ok_or(Error::invalid("role", format!("must be one of {all}")))
        };
        self.text("role")?.map(role).transpose()
    }

    /// How the user logs in: by its password, and in no other way.
    pub(super) fn require_regular(&mut self) -> Result<()> {
        match self.text("auth_method")?.as_deref() {
            None | Some("regular") => Ok(()),
            Some(_) => Err(Error::invalid("auth_method", "must be \"regular\"")),
        }
    }

    /// Whether a lock is to end.
    pub(super) fn unlock(&mut self) -> Result<bool> {
        match self.text("status")?.as_deref() {
            Some("active") => Ok(true),
            // A client that sends back what it was shown means no change.
            None | Some("locked") => Ok(false),
            Some(_) => Err(Error::invalid("status", "must be \"active\", which ends a lock")),
        }
    }

    /// Refuses what nobody has taken.
    pub(super) fn end(self) -> Result<()> {
        let known = |key: &str| IGNORED.contains(&key);
        match self.0.into_iter().find(|(key, _)| !known(key)) {
            None => Ok(()),
            Some((key, Value::Array(uids))) if key == "role_uids" && uids.is_empty() => Ok(()),
            Some((key, _)) if key == "role_uids" => {
                Err(Error::invalid(key, "is not served: name a role as \"role\""))
            }
            Some((key, _)) => Err(Error::invalid(key, "is no field of this request")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn said<T>(outcome: Result<T>) -> String {
        outcome.map(|_| ()).unwrap_err().to_string()
    }

    fn fields(body: Value) -> Fields {
        Fields::of(body).unwrap()
    }

    #[test]
    fn fields_are_of_their_types_and_errors_repeat_no_value() {
        assert_eq!(said(Fields::of(json!([]))), "body: must be a JSON object");
        assert_eq!(
            said(fields(json!({"password": 7})).text("password")),
            "password: must be a string"
        );
        for ttl in [json!(0), json!("300"), json!(1.5), json!(-1), json!(86_401)] {
            let text = said(fields(json!({"ttl": ttl})).ttl());
            assert_eq!(text, "ttl: must be a whole number of seconds from 1 to 86400");
        }
        assert_eq!(fields(json!({"ttl": 7})).ttl().unwrap().duration().as_secs(), 7);
        assert!(
            said(fields(json!({"role": "king"})).role()).starts_with("role: must be one of ad")
        );
        assert!(said(fields(json!({"auth_method": "ldap"})).require_regular()).contains("regular"));
        assert!(said(fields(json!({"status": "off"})).unlock()).contains("\"active\""));
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        fields(json!({"email_alerts": true, "uid": 7, "role_uids": []})).end().unwrap();
        assert_eq!(said(fields(json!({"tlt": 1})).end()), "tlt: is no field of this request");
        assert!(said(fields(json!({"role_uids": [1]})).end()).starts_with("role_uids: is not"));
    }
}
