//! A client that starts and cancels a cluster action and knows what must be there.

use rand::RngExt;
use rand::rngs::StdRng;
use serde_json::Value;

use super::Acknowledged;
use crate::harness::{Client, chance, path_of};

/// What is known of an action.
#[derive(Debug, Default)]
struct Known {
    /// The last run that was accepted.
    task: Option<String>,
    /// A cancel of it was accepted; of a run that has ended, that removes the result.
    is_cancelled: bool,
}

/// An operator of one action.
pub struct Operator {
    name: &'static str,
    chance: StdRng,
    known: Known,
    /// The method that was under way when the server was killed.
    doubt: Option<&'static str>,
}

impl Operator {
    pub fn new(name: &'static str, seed: u64) -> Self {
        Self { name, chance: chance(seed), known: Known::default(), doubt: None }
    }

    /// Starts or cancels; answers whether there was an answer.
    pub fn act(&mut self, client: &Client, acknowledged: &Acknowledged) -> bool {
        let method = if self.chance.random_bool(0.5) { "POST" } else { "DELETE" };
        let Ok(answer) = client.try_send(method, &path_of(self.name), None) else {
            self.doubt = Some(method);
            return false;
        };
        match (method, answer.status) {
            ("POST", 200) => {
                let task = answer.json()["task_id"].as_str().unwrap().to_owned();
                self.known = Known { task: Some(task), is_cancelled: false };
            }
            ("POST", 409) => assert!(self.known.task.is_some(), "who else would be in the way?"),
            ("DELETE", 200) => self.known.is_cancelled = true,
            ("DELETE", 404) => {
                assert!(self.known.task.is_none() || self.known.is_cancelled, "{:?}", self.known);
                self.known = Known::default();
            }
            (_, status) => panic!("{method} {}: {status} {}", self.name, answer.text),
        }
        let _ = acknowledged.send(());
        true
    }

    /// Compares what is there with what must be.
    pub fn check(&mut self, client: &Client) {
        let answer = client.get(&path_of(self.name));
        let (known, doubt) = (&self.known, self.doubt.take());
        let context = format!("{}: {known:?}, {doubt:?}, but {}", self.name, answer.text);
        if answer.status == 404 {
            let may_be_gone = known.task.is_none() || known.is_cancelled || doubt == Some("DELETE");
            assert!(may_be_gone, "{context}");
            self.known = Known::default();
            return;
        }
        let seen = answer.expect(200).json();
        let task = seen["task_id"].as_str().map(str::to_owned);
        let is_known = task == known.task;
        assert!(is_known || doubt == Some("POST"), "{context}");
        let goes_on = ["queued", "completed"].iter().any(|status| seen["status"] == *status);
        assert!(!(is_known && known.is_cancelled && goes_on), "{context}");
        assert!(seen["status"] != Value::Null, "{context}");
        let is_cancelled = is_known && (known.is_cancelled || doubt == Some("DELETE"));
        self.known = Known { task, is_cancelled };
    }
}
