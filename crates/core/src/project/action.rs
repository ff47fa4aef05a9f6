//! The action document: what it must hold, and what the service adds to it.

use serde_json::{Map, Value};

use super::fields::{boolean, count, integer, present, string, word, wrong_type};
use super::{ActionId, ProjectId, schedule};
use crate::document::{Indexed, StoredDocument, check_readable, merge_patch};
use crate::error::{Error, Result};

const KINDS: &[&str] = &["backup", "restore", "info", "admin", "exec"];
const MODES: &[&str] =
    &["fs", "mongo", "mysql", "sqlserver", "cinder", "glance", "cindernative", "nova"];
const STORAGES: &[&str] = &["local", "swift", "ssh", "s3", "ftp", "ftps"];
const ENGINES: &[&str] = &["tar", "rsync", "rsyncv2", "nova", "osbrick", "glance"];
const TEXTS: &[&str] = &[
    "freezer_action.backup_name",
    "freezer_action.container",
    "freezer_action.path_to_backup",
    "freezer_action.restore_abs_path",
    "freezer_action.log_file",
];

/// Keys of `freezer_action` that are always there, null when not given: existing clients lean on it.
const ALWAYS_PRESENT: &[&str] = &[
    "backup_name",
    "action",
    "mode",
    "container",
    "timeout",
    "priority",
    "path_to_backup",
    "log_file",
];

/// Keys that the service alone decides; what a body says of them is ignored.
const DECIDED_HERE: &[&str] = &["project_id", "action_id", "user_id", "_version"];

/// Keys that stand at the head of the listed document, in this order, before everything else.
const HEAD: &[&str] =
    &["max_retries", "max_retries_interval", "mandatory", "timeout", "freezer_action"];

/// Longest `description`, in bytes of UTF-8.
const MAX_DESCRIPTION: usize = 64;

/// Retries of an action that does not say how many.
const DEFAULT_MAX_RETRIES: u32 = 5;
/// Minutes between retries of an action that does not say.
const DEFAULT_MAX_RETRIES_INTERVAL: u32 = 6;

/// What a client sent to create or replace an action: a JSON object, not yet checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectActionBody(Map<String, Value>);

impl ProjectActionBody {
    /// Takes the body of a request.
    ///
    /// # Errors
    /// [`Error::MissingBody`] for nothing at all, [`Error::Invalid`] for what is not an object.
    pub fn new(body: Value) -> Result<Self> {
        match body {
            Value::Object(body) => Ok(Self(body)),
            Value::Null => Err(Error::MissingBody),
            other => Err(wrong_type("body", &other, "object")),
        }
    }

    /// The id that the client wants for the action, if it names one.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it cannot be an id.
    pub fn action_id(&self) -> Result<Option<ActionId>> {
        string(&self.0, "action_id")?.map(ActionId::parse).transpose()
    }
}

/// A project action: who it belongs to, and its document.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectAction {
    project: ProjectId,
    id: ActionId,
    user_id: String,
    version: u64,
    /// The document without what the service decides.
    body: Map<String, Value>,
}

impl ProjectAction {
    /// A new action, at version 1.
    ///
    /// # Errors
    /// [`Error::Missing`] and [`Error::Invalid`] when the body breaks a rule.
    pub fn create(
        project: ProjectId,
        id: ActionId,
        user_id: String,
        body: ProjectActionBody,
    ) -> Result<Self> {
        let body = checked(body.0)?;
        Ok(Self { project, id, user_id, version: 1, body })
    }

    /// An action that another service has kept, as that one lists it: with its id and its owner, at
    /// version 1.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it is another project's; those of [`ProjectAction::create`].
    pub fn take_over(project: ProjectId, listed: Value) -> Result<Self> {
        let body = ProjectActionBody::new(listed)?;
        let id = body.action_id()?.ok_or(Error::Missing { field: "action_id" })?;
        if string(&body.0, "project_id")?.is_some_and(|id| id != project.as_str()) {
            return Err(Error::invalid("project_id", "is another project's"));
        }
        let user_id = string(&body.0, "user_id")?;
        let user_id = user_id.ok_or(Error::Missing { field: "user_id" })?.to_owned();
        Self::create(project, id, user_id, body)
    }

    /// Whether both are the same but for their version.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let Self { project, id, user_id, body, version: _ } = self;
        (project, id, user_id, body) == (&other.project, &other.id, &other.user_id, &other.body)
    }

    /// The next version, which is what `other` is.
    pub fn give_way(self, other: Self) -> Self {
        Self { version: self.version + 1, ..other }
    }

    /// Reads an action back from its stored document.
    ///
    /// # Errors
    /// [`Error::Internal`] when the store holds what this service did not write.
    pub fn restore(project: ProjectId, id: ActionId, stored: &StoredDocument) -> Result<Self> {
        let mut body: Map<String, Value> =
            serde_json::from_str(&stored.text).map_err(Error::internal)?;
        let user_id = body.get("user_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        body.retain(|key, _| !DECIDED_HERE.contains(&key.as_str()));
        Ok(Self { project, id, user_id, version: stored.version, body })
    }

    /// The next version, with a whole new document. It stays its creator's.
    ///
    /// # Errors
    /// As [`ProjectAction::create`].
    pub fn replace(self, body: ProjectActionBody) -> Result<Self> {
        Ok(Self { version: self.version + 1, body: checked(body.0)?, ..self })
    }

    /// The next version, with a merge patch applied.
    ///
    /// # Errors
    /// As [`ProjectAction::create`], about the merged document.
    pub fn patch(mut self, mut patch: Map<String, Value>) -> Result<Self> {
        patch.retain(|key, _| !DECIDED_HERE.contains(&key.as_str()));
        merge_patch(&mut self.body, patch);
        Ok(Self { version: self.version + 1, body: checked(self.body)?, ..self })
    }

    /// The action's id.
    pub fn id(&self) -> &ActionId {
        &self.id
    }

    /// 1 at creation, one more at every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The document as show and list return it.
    pub fn into_listed(self) -> Map<String, Value> {
        let mut listed = Map::with_capacity(DECIDED_HERE.len() + self.body.len());
        listed.insert("project_id".into(), self.project.as_str().into());
        listed.insert("action_id".into(), self.id.as_str().into());
        listed.insert("user_id".into(), self.user_id.into());
        for (key, value) in self.body {
            if key == "freezer_action" {
                listed.insert("_version".into(), self.version.into());
            }
            listed.insert(key, value);
        }
        listed
    }

    /// The action as a store takes it.
    pub fn into_indexed(self) -> Indexed {
        let (project, version) = (self.project.clone(), self.version);
        Indexed::new(&project, version, &self.into_listed())
    }
}

/// Checks a body, and gives it its defaults and its order.
fn checked(mut body: Map<String, Value>) -> Result<Map<String, Value>> {
    check_readable(&body)?;
    body.retain(|key, _| !DECIDED_HERE.contains(&key.as_str()));
    let max_retries = count(&body, "max_retries", DEFAULT_MAX_RETRIES)?;
    let interval = count(&body, "max_retries_interval", DEFAULT_MAX_RETRIES_INTERVAL)?;
    let mandatory = boolean(&body, "mandatory", false)?;
    integer(&body, "timeout")?;
    integer(&body, "priority")?;
    check_description(&body)?;
    schedule::check(body.get("job_schedule"))?;
    let freezer_action = body.get_mut("freezer_action").map(Value::take);
    let freezer_action = checked_freezer_action(freezer_action)?;
    let timeout = body.get_mut("timeout").map(Value::take).unwrap_or_default();

    let mut ordered = Map::with_capacity(HEAD.len() + body.len());
    let head = [max_retries, interval, mandatory.into(), timeout, freezer_action.into()];
    for (key, value) in HEAD.iter().zip(head) {
        ordered.insert((*key).to_owned(), value);
    }
    let rest = body.into_iter().filter(|(key, _)| !HEAD.contains(&key.as_str()));
    ordered.extend(rest);
    Ok(ordered)
}

fn checked_freezer_action(action: Option<Value>) -> Result<Map<String, Value>> {
    let mut action = match action {
        None | Some(Value::Null) => return Err(Error::Missing { field: "freezer_action" }),
        Some(Value::Object(action)) => action,
        Some(other) => return Err(wrong_type("freezer_action", &other, "object")),
    };
    if present(&action, "action").is_none() {
        return Err(Error::Missing { field: "freezer_action.action" });
    }
    word(&action, "freezer_action.action", KINDS)?;
    word(&action, "freezer_action.mode", MODES)?;
    word(&action, "freezer_action.storage", STORAGES)?;
    word(&action, "freezer_action.engine_name", ENGINES)?;
    for path in TEXTS {
        string(&action, path)?;
    }
    for key in ALWAYS_PRESENT {
        action.entry(*key).or_insert(Value::Null);
    }
    Ok(action)
}

fn check_description(body: &Map<String, Value>) -> Result<()> {
    let length = string(body, "description")?.map_or(0, str::len);
    if length > MAX_DESCRIPTION {
        let reason =
            format!("{length} bytes long; at most {MAX_DESCRIPTION} bytes of UTF-8 are allowed");
        return Err(Error::invalid("description", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn create(body: Value) -> Result<ProjectAction> {
        let (project, id) = (ProjectId::new("p"), ActionId::parse("a")?);
        ProjectAction::create(project, id, "u".into(), ProjectActionBody::new(body)?)
    }

    fn text(action: &ProjectAction) -> String {
        action.clone().into_indexed().document.text
    }

    #[track_caller]
    fn refused(body: Value, words: &str) {
        let error = create(body.clone()).unwrap_err().to_string();
        assert!(error.contains(words), "{body}: {error}");
    }

    #[test]
    fn a_minimal_action_gets_its_defaults_and_its_order() {
        let action = create(json!({"freezer_action": {"action": "backup"}})).unwrap();
        assert_eq!(
            text(&action),
            r#"{"project_id":"p","action_id":"a","user_id":"u","max_retries":5,"max_retries_interval":6,"mandatory":false,"timeout":null,"_version":1,"freezer_action":{"action":"backup","backup_name":null,"mode":null,"container":null,"timeout":null,"priority":null,"path_to_backup":null,"log_file":null}}"#
        );
    }

    #[test]
    fn what_was_stored_comes_back_as_it_was() {
        let sent = r#"{"note":"é中😀","freezer_action":{"z":123456789012345678901234567890,"action":"exec","a":{"d":[{"k":1.0}],"n":null},"max_retries":"many"},"user_id":5,"project_id":"other","_version":9,"extra":[1e3]}"#;
        let action = create(serde_json::from_str(sent).unwrap()).unwrap();
        let kept = r#""freezer_action":{"z":123456789012345678901234567890,"action":"exec","a":{"d":[{"k":1.0}],"n":null},"max_retries":"many","backup_name":null,"mode":null,"container":null,"timeout":null,"priority":null,"path_to_backup":null,"log_file":null},"note":"é中😀","extra":[1e+3]}"#;
        assert!(text(&action).ends_with(kept), "{}", text(&action));
        assert!(text(&action).contains(r#""user_id":"u""#));
    }

    #[test]
    fn refuses_what_breaks_a_rule_and_names_the_field() {
        refused(json!(null), "Missing request body");
        refused(json!([1]), "body: [1] is not of type 'object'");
        refused(json!({"max_retries": 1}), "'freezer_action' is a required property");
        refused(json!({"freezer_action": []}), "freezer_action: [] is not of type 'object'");
        refused(json!({"freezer_action": {}}), "'freezer_action.action' is a required property");
        let with =
            |key: &str, value: Value| json!({"freezer_action": {"action": "backup", key: value}});
        refused(
            json!({"freezer_action": {"action": "bogus"}}),
            "'backup', 'restore', 'info', 'admin', 'exec'",
        );
        refused(
            json!({"freezer_action": {"action": 5}}),
            "freezer_action.action: 5 is not of type 'string'",
        );
        refused(with("mode", json!("bogus")), "freezer_action.mode");
        refused(with("storage", json!("tape")), "freezer_action.storage");
        refused(with("engine_name", json!("zip")), "freezer_action.engine_name");
        refused(with("log_file", json!(false)), "freezer_action.log_file");
        let and =
            |key: &str, value: Value| json!({"freezer_action": {"action": "backup"}, key: value});
        refused(and("max_retries", json!(-1)), "max_retries: -1");
        refused(and("max_retries_interval", json!(1.5)), "max_retries_interval: 1.5");
        refused(and("mandatory", json!("yes")), "mandatory");
        refused(and("timeout", json!("12")), "timeout");
        refused(and("priority", json!(1.5)), "priority");
        refused(and("description", json!("é".repeat(33))), "description: 66 bytes");
        refused(and("job_schedule", json!({"event": "begin"})), "job_schedule.event");
        let body = ProjectActionBody::new(and("action_id", json!(5))).unwrap();
        assert_eq!(
            body.action_id().unwrap_err().to_string(),
            "action_id: 5 is not of type 'string'"
        );
    }

    #[test]
    fn whole_numbers_are_kept_as_they_were_written() {
        for number in ["0", "3.0", "2147483648", "99999999999999999999", "-0.0"] {
            let sent = format!(
                r#"{{"freezer_action":{{"action":"info"}},"max_retries":{number},"timeout":{number}}}"#
            );
            let action = text(&create(serde_json::from_str(&sent).unwrap()).unwrap());
            assert!(action.contains(&format!("\"max_retries\":{number},")), "{action}");
            assert!(action.contains(&format!("\"timeout\":{number},")), "{action}");
        }
    }

    #[test]
    fn patch_merges_and_keeps_the_creator() {
        let action = create(
            json!({"freezer_action": {"action": "backup", "mode": "fs", "x": 1}, "max_retries": 9}),
        )
        .unwrap();
        let patch = json!({"freezer_action": {"x": null, "container": "c"}, "max_retries": null, "user_id": "eve"});
        let patched = action.patch(patch.as_object().unwrap().clone()).unwrap();
        assert_eq!(patched.version(), 2);
        let listed = patched.into_listed();
        assert_eq!(listed["max_retries"], 5);
        assert_eq!(listed["user_id"], "u");
        assert_eq!(listed["freezer_action"]["container"], "c");
        assert_eq!(listed["freezer_action"]["mode"], "fs");
        assert!(listed["freezer_action"].get("x").is_none());
    }

    #[test]
    fn a_document_that_was_read_can_be_sent_back() {
        let sent = json!({"freezer_action": {"action": "info", "deep": {"n": null}}, "description": null, "timeout": 3});
        let action = create(sent).unwrap();
        let read = action.clone().into_listed();
        let same_but_version = |other: &ProjectAction| {
            text(other).replace("\"_version\":2", "\"_version\":1") == text(&action)
        };
        assert!(same_but_version(&action.clone().patch(read.clone()).unwrap()));
        assert!(same_but_version(&action.clone().replace(ProjectActionBody(read)).unwrap()));
    }

    #[test]
    fn no_patch_leaves_what_cannot_be_read_any_more() {
        let action = create(json!({"freezer_action": {"action": "info"}, "x": {"a": 1}})).unwrap();
        let key = "$serde_json::private::Number";
        let patch = json!({"x": {"b": 1, key: "no number", "a": null}});
        assert!(action.patch(patch.as_object().unwrap().clone()).is_err());
    }

    #[test]
    fn takes_over_what_another_service_lists() {
        let take = |listed: Value| ProjectAction::take_over(ProjectId::new("p"), listed);
        let row = json!({"project_id": "p", "user_id": "ann", "timeout": 9, "max_retries_interval": null,
            "max_retries": 2, "action_id": "x", "mandatory": true, "freezer_action": {"action": "exec"}});
        let action = take(row.clone()).unwrap();
        let listed = action.clone().into_listed();
        assert_eq!(
            (listed["user_id"].as_str(), listed["action_id"].as_str()),
            (Some("ann"), Some("x"))
        );
        assert_eq!(
            (listed["timeout"].as_u64(), listed["max_retries_interval"].as_u64()),
            (Some(9), Some(6))
        );
        let stored = action.clone().into_indexed().document;
        let read =
            ProjectAction::restore(ProjectId::new("p"), action.id().clone(), &stored).unwrap();
        assert!(read.says_the_same(&action));
        let with = |key: &str, value: Value| {
            let mut row = row.clone();
            row[key] = value;
            row
        };
        let other = take(with("user_id", json!("bob"))).unwrap();
        assert!(!read.says_the_same(&other));
        assert!(!read.says_the_same(&take(with("mandatory", json!(false))).unwrap()));
        let changed = read.give_way(other.clone());
        assert!(changed.version() == 2 && changed.says_the_same(&other));
        for (key, value, words) in [
            ("project_id", json!("q"), "project_id: is another project's"),
            ("user_id", Value::Null, "'user_id' is a required property"),
            ("action_id", Value::Null, "'action_id' is a required property"),
            ("action_id", json!("a b"), "does not match"),
            ("max_retries", json!(-1), "max_retries"),
            ("freezer_action", json!({"action": "bogus"}), "freezer_action.action"),
        ] {
            let error = take(with(key, value)).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn restores_what_it_stored() {
        let action = create(json!({"freezer_action": {"action": "admin"}, "note": "n"})).unwrap();
        let stored = action.clone().into_indexed().document;
        assert_eq!(
            ProjectAction::restore(ProjectId::new("p"), ActionId::parse("a").unwrap(), &stored)
                .unwrap(),
            action
        );
    }
}
