//! Searching by what documents hold.

use serde_json::{Map, Value};

use super::canonical::canonical;
use super::page::Page;
use super::terms::{Term, fold, values_by_key};
use crate::error::{Error, Result, shown};
use crate::project::ProjectId;

/// A search: every condition holds, and none of the excluded ones does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    matches: Vec<Condition>,
    match_nots: Vec<Condition>,
    /// Folded; empty means no condition.
    contains: String,
}

/// A key has a value; null stands for a key that is missing.
#[derive(Clone, Debug, PartialEq)]
struct Condition {
    key: String,
    value: Value,
}

/// A search in the words of the index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Terms that a document must have; never empty.
    pub required: Vec<Term>,
    /// Terms that it must not have.
    pub excluded: Vec<Term>,
    /// What one of its string values must contain, as [`searchable_text`](super::searchable_text)
    /// writes them.
    pub contains: Option<String>,
}

/// How many conditions a search may have, those inside `_all` with them: each costs a look into the
/// index, whatever it finds.
const MAX_CONDITIONS: usize = 64;

/// How long a text that is looked for may be, in characters.
const MAX_TEXT: usize = 1024;

/// How many rows a search for a text may pass over: it has to look at each of them.
const MAX_PASSED_OVER: u64 = 10_000;

/// The key that asks for a substring, or holds a list of matches as a string.
const ANYWHERE: &str = "_all";

impl Search {
    /// Reads `{"match":[{k:v}…],"match_not":[{k:v}…]}`.
    ///
    /// `{"_all": "…"}` in the first entry of `match` is a list of matches when the string holds a
    /// JSON list, and else a text that some string value contains, ignoring case.
    ///
    /// # Errors
    /// [`Error::Invalid`] for every other shape: a search that is not understood finds nothing; and
    /// for one with more than 64 conditions, or a text of more than 1024 characters.
    pub fn parse(body: &Value) -> Result<Self> {
        let Value::Object(body) = body else { return Err(shape("search", "an object")) };
        if let Some(unknown) =
            body.keys().find(|key| !["match", "match_not"].contains(&key.as_str()))
        {
            return Err(Error::invalid(
                format!("search.{}", shown(unknown)),
                "a search has match and match_not only",
            ));
        }
        let mut search = Self::default();
        for (index, entry) in entries(body, "match")?.into_iter().enumerate() {
            for (key, value) in entry {
                if index == 0 && key == ANYWHERE {
                    search.add_anywhere(value)?;
                } else {
                    search.matches.push(Condition { key: key.clone(), value: value.clone() });
                }
            }
        }
        for entry in entries(body, "match_not")? {
            search.match_nots.extend(conditions(entry));
        }
        search.check_size()?;
        Ok(search)
    }

    /// Reads the value of `_all`.
    fn add_anywhere(&mut self, value: &Value) -> Result<()> {
        let Value::String(text) = value else { return Err(shape("match._all", "a string")) };
        let Ok(Value::Array(list)) = serde_json::from_str(text) else {
            let length = text.chars().count();
            if length > MAX_TEXT {
                let reason = format!("{length} characters long; at most {MAX_TEXT} are allowed");
                return Err(Error::invalid("match._all", reason));
            }
            self.contains = fold(text);
            return Ok(());
        };
        for entry in &list {
            let entry =
                entry.as_object().ok_or_else(|| shape("match._all", "a list of objects"))?;
            self.matches.extend(conditions(entry));
        }
        Ok(())
    }

    fn check_size(&self) -> Result<()> {
        let count = self.matches.len() + self.match_nots.len();
        if count > MAX_CONDITIONS {
            let reason = format!("has {count} conditions; at most {MAX_CONDITIONS} are allowed");
            return Err(Error::invalid("search", reason));
        }
        Ok(())
    }

    /// Whether this search can start so far on.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a search for a text that is to pass over more than 10,000 rows.
    pub(crate) fn check_offset(&self, page: &Page) -> Result<()> {
        if self.contains.is_empty() || page.skip <= MAX_PASSED_OVER {
            return Ok(());
        }
        let reason = format!(
            "is at most {MAX_PASSED_OVER} in a search for a text: go on with marker, the action_id \
             of the last row seen"
        );
        Err(Error::invalid("offset", reason))
    }

    /// Whether nothing is asked for, so that every document is found.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether `document`, as listed, is found: the meaning of a search, without an index.
    pub fn finds(&self, document: &Map<String, Value>) -> bool {
        let values = values_by_key(document);
        let holds = |condition: &Condition| {
            let value = values.get(condition.key.as_str()).copied().unwrap_or(&Value::Null);
            canonical(value) == canonical(&condition.value)
        };
        self.matches.iter().all(holds)
            && !self.match_nots.iter().any(holds)
            && super::searchable_text(document).contains(&self.contains)
    }

    /// The search in the words of the index.
    pub fn plan(&self, project: &ProjectId) -> Plan {
        let mut plan = Plan {
            required: vec![],
            excluded: vec![],
            contains: Some(self.contains.clone()).filter(|text| !text.is_empty()),
        };
        for condition in &self.matches {
            let (term, is_present) = condition.term(project);
            if is_present { plan.required.push(term) } else { plan.excluded.push(term) }
        }
        for condition in &self.match_nots {
            let (term, is_present) = condition.term(project);
            if is_present { plan.excluded.push(term) } else { plan.required.push(term) }
        }
        if plan.required.is_empty() {
            plan.required.push(Term::any(project));
        }
        plan
    }
}

impl Condition {
    /// The term that decides, and whether the condition holds when the document has it.
    fn term(&self, project: &ProjectId) -> (Term, bool) {
        match &self.value {
            Value::Null => (Term::has(project, &self.key), false),
            value => (Term::equals(project, &self.key, value), true),
        }
    }
}

fn conditions(entry: &Map<String, Value>) -> impl Iterator<Item = Condition> {
    entry.iter().map(|(key, value)| Condition { key: key.clone(), value: value.clone() })
}

fn entries<'a>(body: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a Map<String, Value>>> {
    let list = match body.get(name) {
        None | Some(Value::Null) => return Ok(vec![]),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(shape(name, "a list of objects")),
    };
    list.iter()
        .map(|entry| entry.as_object().ok_or_else(|| shape(name, "a list of objects")))
        .collect()
}

fn shape(field: &str, wanted: &str) -> Error {
    Error::invalid(field, format!("must be {wanted}, as in {{\"match\":[{{\"key\":\"value\"}}]}}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Map<String, Value> {
        let document = json!({
            "action_id": "a1", "max_retries": 5, "mandatory": false, "timeout": null,
            "freezer_action": {
                "action": "backup", "mode": null, "path_to_backup": "/Srv/Data", "ratio": 3.0,
                "nested": {"deep": [{"key": "v", "n": null}], "nested": "inner"},
                "steps": [{"host": "h1"}, {"host": "h2"}], "lists": [[{"hidden": 1}]]
            }
        });
        document.as_object().unwrap().clone()
    }

    fn check(search: Value, found: bool) {
        let read = Search::parse(&search).unwrap();
        assert_eq!(read.finds(&document()), found, "{search}");
        let project = ProjectId::new("p");
        let terms = super::super::terms(&project, &document());
        let plan = read.plan(&project);
        let has = |term: &Term| terms.contains(term);
        let planned = plan.required.iter().all(has)
            && !plan.excluded.iter().any(has)
            && super::super::searchable_text(&document())
                .contains(plan.contains.as_deref().unwrap_or(""));
        assert_eq!(planned, found, "by terms: {search}");
    }

    #[test]
    fn finds_by_equality_at_any_depth() {
        check(json!({"match": [{"action_id": "a1"}, {"max_retries": 5}]}), true);
        check(json!({"match": [{"action": "backup", "key": "v"}]}), true);
        check(json!({"match": [{"ratio": 3}]}), true);
        check(json!({"match": [{"ratio": "3"}]}), false);
        check(json!({"match": [{"action": "Backup"}]}), false);
        check(json!({"match": [{"mandatory": 0}]}), false);
        check(json!({"match": [{"steps": [{"host": "h1"}, {"host": "h2"}]}]}), true);
        check(json!({"match": [{"freezer_action.action": "backup"}]}), false);
        check(json!({"match_not": [{"action": "restore"}]}), true);
        check(json!({"match_not": [{"action": "backup"}]}), false);
    }

    #[test]
    fn the_last_value_of_a_key_counts_and_its_inside_is_passed_over() {
        check(json!({"match": [{"host": "h2"}]}), true);
        check(json!({"match": [{"host": "h1"}]}), false);
        check(json!({"match": [{"nested": "inner"}]}), false);
        check(json!({"match": [{"hidden": 1}]}), false);
    }

    #[test]
    fn null_equals_a_missing_key() {
        check(json!({"match": [{"mode": null}, {"nosuch": null}, {"n": null}]}), true);
        check(json!({"match": [{"action": null}]}), false);
        check(json!({"match_not": [{"action": null}]}), true);
        check(json!({"match_not": [{"nosuch": null}]}), false);
    }

    #[test]
    fn all_is_a_list_of_matches_or_a_substring() {
        check(json!({"match": [{"_all": "[{\"action\": \"backup\"}, {\"key\": \"v\"}]"}]}), true);
        check(json!({"match": [{"_all": "[{\"action\": \"restore\"}]"}]}), false);
        check(json!({"match": [{"_all": "srv/dAT"}]}), true);
        check(json!({"match": [{"_all": "srv/date"}]}), false);
        check(json!({"match": [{"_all": "a1\u{1f}backup"}]}), false);
        check(json!({"match": [{"action": "backup"}, {"_all": "srv"}]}), false);
        check(json!({"match": [{"_all": ""}]}), true);
    }

    #[test]
    fn an_empty_search_asks_for_nothing() {
        for empty in [json!({}), json!({"match": []}), json!({"match": null, "match_not": [{}]})] {
            assert!(Search::parse(&empty).unwrap().is_empty(), "{empty}");
        }
    }

    #[test]
    fn refuses_what_is_too_large() {
        let many =
            |count: usize| -> Value { (0..count).map(|n| json!({ n.to_string(): n })).collect() };
        let inside = |count| json!([{ "_all": many(count).to_string() }]);
        let text = |length| json!([{ "_all": "é".repeat(length) }]);
        for (search, is_good) in [
            (json!({"match": many(64)}), true),
            (json!({"match": many(65)}), false),
            (json!({"match": many(32), "match_not": many(32)}), true),
            (json!({"match": many(32), "match_not": many(33)}), false),
            (json!({"match": inside(64)}), true),
            (json!({"match": inside(65)}), false),
            (json!({"match": inside(64), "match_not": many(1)}), false),
            (json!({"match": text(1024)}), true),
            (json!({"match": text(1025)}), false),
        ] {
            assert_eq!(Search::parse(&search).is_ok(), is_good, "{search}");
        }
        let said = Search::parse(&json!({"match": many(65)})).unwrap_err().to_string();
        assert_eq!(said, "search: has 65 conditions; at most 64 are allowed");
    }

    #[test]
    fn a_search_for_a_text_passes_over_few_rows() {
        let far = |skip, search| {
            let page = Page { skip, ..Page::default() };
            Search::parse(&search).unwrap().check_offset(&page)
        };
        far(10_000, json!({"match": [{"_all": "x"}]})).unwrap();
        far(u64::MAX, json!({"match": [{"a": "x"}]})).unwrap();
        let refused = far(10_001, json!({"match": [{"_all": "x"}]})).unwrap_err().to_string();
        assert!(refused.contains("offset") && refused.contains("marker"), "{refused}");
    }

    #[test]
    fn refuses_other_shapes() {
        for bad in [
            json!([1]),
            json!("x"),
            json!(5),
            json!({"match": "s"}),
            json!({"match": {"a": 1}}),
            json!({"match": [null]}),
            json!({"match_not": [1]}),
            json!({"query": {}}),
            json!({"match": [{"_all": 5}]}),
            json!({"match": [{"_all": "[\"a\"]"}]}),
        ] {
            assert!(Search::parse(&bad).is_err(), "{bad}");
        }
    }
}
