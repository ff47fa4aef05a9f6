//! A client that writes project actions and knows what must be there.

use std::collections::BTreeMap;

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::{Value, json};

use super::Acknowledged;
use crate::harness::{Client, chance};

const ACTIONS: &str = "/v2/default/actions";

/// An action of a writer, as far as it can be told by a few numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    version: u64,
    /// The operation that gave it a whole new document.
    replaced: u64,
    /// The operation that last wrote to it.
    written: u64,
}

/// A writer with actions of its own.
pub struct Writer {
    number: usize,
    chance: StdRng,
    operation: u64,
    rows: BTreeMap<String, Row>,
    /// The operation that first created each id: its place, which it keeps when it is removed.
    places: BTreeMap<String, u64>,
    /// What was under way when the server was killed: the id, and what it was to become.
    doubt: Option<(String, Option<Row>)>,
}

impl Writer {
    pub fn new(number: usize, seed: u64) -> Self {
        let (rows, places) = (BTreeMap::new(), BTreeMap::new());
        Self { number, chance: chance(seed), operation: 0, rows, places, doubt: None }
    }

    /// How many actions it has.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes something; answers whether it was acknowledged.
    pub fn write(&mut self, client: &Client, acknowledged: &Acknowledged) -> bool {
        self.operation += 1;
        let now = self.operation;
        let id = self.pick();
        let old = self.rows.get(&id).cloned();
        let next = |row: Row| Row { version: row.version + 1, written: now, ..row };
        let fresh = Row { version: 1, replaced: now, written: now };
        let path = format!("{ACTIONS}/{id}");
        let dice: u32 = self.chance.random_range(0..10);
        let (method, path, body, status, new) = match (dice, old) {
            (0..4, None) => ("POST", ACTIONS, self.document(&id), 201, Some(fresh)),
            (4.., None) => ("POST", &*path, self.document(&id), 201, Some(fresh)),
            (0, old) => ("POST", ACTIONS, self.document(&id), 409, old),
            (1..5, Some(row)) => ("PATCH", &*path, self.patch(), 200, Some(next(row))),
            (5..8, Some(row)) => {
                let row = Row { replaced: now, ..next(row) };
                ("POST", &*path, self.document(&id), 201, Some(row))
            }
            (_, Some(_)) => ("DELETE", &*path, Value::Null, 204, None),
        };
        let body = Some(body.to_string()).filter(|_| method != "DELETE");
        match client.try_send(method, path, body.as_ref().map(String::as_bytes)) {
            Ok(answer) => {
                assert_eq!(answer.status, status, "{method} {path}: {}", answer.text);
                self.know(id, new);
                let _ = acknowledged.send(());
                true
            }
            Err(_) => {
                self.doubt = Some((id, new));
                false
            }
        }
    }

    /// A new id mostly; sometimes one that is, or was, there.
    fn pick(&mut self) -> String {
        let known = self.chance.random_bool(0.45);
        let n = if known { self.chance.random_range(1..=self.operation) } else { self.operation };
        format!("w{}-{n}", self.number)
    }

    /// A text that stands in the documents that this operation writes, and in no other.
    fn mark(&self, operation: u64) -> String {
        format!("/srv/w{}/op{operation}/end", self.number)
    }

    fn document(&self, id: &str) -> Value {
        let now = self.operation;
        json!({
            "action_id": id, "replaced": now, "written": now, "writer": self.number,
            "freezer_action": {"action": "backup", "path_to_backup": self.mark(now)},
        })
    }

    fn patch(&self) -> Value {
        let now = self.operation;
        json!({"written": now, "freezer_action": {"path_to_backup": self.mark(now)}})
    }

    fn know(&mut self, id: String, row: Option<Row>) {
        if row.is_some() {
            self.places.entry(id.clone()).or_insert(self.operation);
        }
        match row {
            Some(row) => self.rows.insert(id, row),
            None => self.rows.remove(&id),
        };
    }

    /// Compares what is there with what must be.
    pub fn check(&mut self, context: &str, client: &Client, listed: &[Value]) {
        let mine: Vec<_> = listed.iter().filter(|row| row["writer"] == self.number).collect();
        let seen: Vec<_> = mine.iter().map(|row| read(row)).collect();
        if let Some((id, new)) = self.doubt.take() {
            let found = seen.iter().find(|(seen, ..)| *seen == id);
            let written = |row: &Row| (id.clone(), row.version, row.replaced, row.written);
            if found.cloned() == new.as_ref().map(written) {
                self.know(id, new);
            }
        }
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_by_key(|(id, _)| self.places[*id]);
        let expected: Vec<_> = rows
            .into_iter()
            .map(|(id, row)| (id.clone(), row.version, row.replaced, row.written))
            .collect();
        assert_eq!(seen, expected, "{context}: writer {}", self.number);
        self.check_searches(context, client, &mine);
    }

    /// What is found is what is there: by a value, and by a part of the text of late operations.
    fn check_searches(&self, context: &str, client: &Client, mine: &[&Value]) {
        let found = list(client, &json!({"match": [{"writer": self.number}]}).to_string());
        assert!(found.iter().eq(mine.iter().copied()), "{context}: writer {}", self.number);
        for operation in self.operation.saturating_sub(2)..=self.operation {
            let mark = self.mark(operation);
            let found = list(client, &json!({"match": [{"_all": mark}]}).to_string());
            let holds = |row: &&&Value| row["freezer_action"]["path_to_backup"] == *mark;
            let expected = mine.iter().filter(holds).copied();
            assert!(found.iter().eq(expected), "{context}: {mark} finds {found:?}");
        }
    }
}

/// What a document says about itself.
fn read(row: &Value) -> (String, u64, u64, u64) {
    let number = |key: &str| row[key].as_u64().unwrap_or_else(|| panic!("no {key} in {row}"));
    let id = row["action_id"].as_str().unwrap().to_owned();
    (id, number("_version"), number("replaced"), number("written"))
}

/// All actions that a search finds, page by page.
pub fn list(client: &Client, search: &str) -> Vec<Value> {
    let mut all: Vec<Value> = vec![];
    loop {
        let last = all.last().map_or("", |row| row["action_id"].as_str().unwrap());
        let path = format!("{ACTIONS}?limit=1000&offset={last}");
        let page = client.send("GET", &path, Some(search.as_bytes())).expect(200).json();
        let rows = page["actions"].as_array().unwrap();
        all.extend(rows.iter().cloned());
        if rows.len() < 1000 {
            return all;
        }
    }
}
