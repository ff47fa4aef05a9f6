//! The recorded exchanges.

use std::collections::BTreeMap;

use serde::Deserialize;

/// A request, and what was answered.
#[derive(Deserialize)]
pub struct Exchange {
    pub id: u32,
    /// What it is about, in words.
    pub case: String,
    pub request: Request,
    pub answer: Answer,
}

#[derive(Deserialize)]
pub struct Request {
    pub method: String,
    pub path: Text,
    #[serde(default = "current")]
    pub version: String,
    /// All but `Host`, `Connection`, and the right `Content-Length`.
    pub headers: Vec<(String, Text)>,
    pub body: Option<Body>,
}

fn current() -> String {
    "HTTP/1.1".to_owned()
}

/// A text, in parts where one letter is repeated many times.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Text {
    Plain(String),
    Parts(Vec<Part>),
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Part {
    Plain(String),
    Repeated { repeat: String, times: usize },
}

#[derive(Deserialize)]
#[serde(untagged)]
pub enum Body {
    /// Bytes that are no text.
    Bytes {
        base64: String,
    },
    Text(Text),
}

/// An answer, recorded or just given; without a status when the connection was closed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Answer {
    pub status: Option<u16>,
    /// By name in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Text {
    pub fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Parts(parts) => parts.iter().map(Part::written).collect(),
        }
    }
}

impl Part {
    fn written(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Repeated { repeat, times } => repeat.repeat(*times),
        }
    }
}

/// All exchanges, in the order in which they were recorded.
pub fn all() -> Vec<Exchange> {
    let lines = include_str!("recordings.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}
