//! The right side of a check: a text, with places for what the request is about (`%(project_id)s`).

use std::borrow::Cow;
use std::fmt;

use super::fault::Fault;
use super::question::Question;

/// A text with places in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// The name of something in the request.
    Place(String),
}

impl Template {
    /// Reads `text`, in which `%%` stands for a percent sign.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let malformed = || Fault::Place { text: text.to_owned() };
        let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some((before, after)) = rest.split_once('%') {
            plain.push_str(before);
            if let Some(after) = after.strip_prefix('%') {
                plain.push('%');
                rest = after;
                continue;
            }
            let place = after.strip_prefix('(').and_then(|after| after.split_once(")s"));
            let (name, after) = place.ok_or_else(malformed)?;
            if name.contains(['(', ')', '%']) {
                return Err(malformed());
            }
            push(&mut parts, &mut plain);
            parts.push(Part::Place(name.to_owned()));
            rest = after;
        }
        plain.push_str(rest);
        if plain.contains(['(', ')']) {
            return Err(Fault::Parenthesis { text: text.to_owned() });
        }
        push(&mut parts, &mut plain);
        Ok(Self(parts))
    }

    /// The text for a question; `None` when it has a place that the question has nothing for.
    pub(super) fn fill<'a>(&'a self, question: &Question<'a>) -> Option<Cow<'a, str>> {
        let piece = |part: &'a Part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::Place(name) => question.target(name),
        };
        match self.0.as_slice() {
            [] => Some(Cow::Borrowed("")),
            [part] => piece(part).map(Cow::Borrowed),
            parts => parts.iter().map(piece).collect::<Option<String>>().map(Cow::Owned),
        }
    }

    /// The names of its places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Place(name) => Some(name.as_str()),
            Part::Text(_) => None,
        })
    }

    /// Whether it is a text in quotes, which are part of it.
    pub(super) fn is_quoted(&self) -> bool {
        matches!(self.0.as_slice(), [Part::Text(text)] if text.starts_with(['\'', '"']))
    }
}

fn push(parts: &mut Vec<Part>, plain: &mut String) {
    if !plain.is_empty() {
        parts.push(Part::Text(std::mem::take(plain)));
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(&text.replace('%', "%%")),
            Part::Place(name) => write!(f, "%({name})s"),
        })
    }
}
