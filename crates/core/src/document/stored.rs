//! A document as a store keeps it.

use serde_json::{Map, Value};

use super::{Term, searchable_text, terms};
use crate::project::ProjectId;

/// A document as it comes from a store: the text that clients read, ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDocument {
    /// 1 at creation, one more at every change.
    pub version: u64,
    /// The document as listed, as JSON text.
    pub text: String,
}

/// A document as it goes to a store: its text, and what it can be found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Indexed {
    /// The version and the text.
    pub document: StoredDocument,
    /// What a search for equality finds it by, in order. No term stands twice.
    pub terms: Vec<Term>,
    /// Its string values, folded: what a search for a substring finds it by.
    pub searchable: String,
}

impl Indexed {
    /// Prepares `document`, as listed, for the store.
    pub fn new(project: &ProjectId, version: u64, document: &Map<String, Value>) -> Self {
        Self {
            terms: terms(project, document),
            searchable: searchable_text(document),
            document: StoredDocument { version, text: to_text(document) },
        }
    }
}

fn to_text(document: &Map<String, Value>) -> String {
    // Writing a `Value` as text cannot fail: its keys are strings and the writer is memory.
    serde_json::to_string(document).unwrap_or_default()
}
