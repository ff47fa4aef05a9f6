//! Reads a policy file: a mapping of names to rules, in YAML or JSON, which is YAML too.

use std::collections::BTreeMap;

use actiond_core::access::RuleText;
use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, StrInput};

use super::Entry;

/// What is wrong in a file, and where.
#[derive(Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what helps.
    pub reason: String,
}

impl From<ScanError> for Fault {
    fn from(error: ScanError) -> Self {
        let reason = format!(
            "this is not YAML: {}; a text that begins with @, !, %, & or * must be in quotes",
            error.info()
        );
        Self { line: error.marker().line(), reason }
    }
}

/// The rules of a file, in its order. A file with nothing but comments has none.
pub fn entries(text: &str) -> Result<Vec<Entry>, Fault> {
    let mut file = Reader::of(text.strip_prefix('\u{feff}').unwrap_or(text));
    let rules = match file.node()? {
        Some((Node::Mapping, _)) => file.rules()?,
        Some((Node::Null, _)) | None => Vec::new(),
        Some((_, line)) => {
            let reason = "a policy file is a mapping of names to rules, such as \
                          actions:delete: role:admin";
            return Err(Fault { line, reason: reason.to_owned() });
        }
    };
    match file.node()? {
        None => Ok(rules),
        Some((_, line)) => {
            let reason = "a second document begins here; all rules belong into the first";
            Err(Fault { line, reason: reason.to_owned() })
        }
    }
}

/// What begins or ends in a file.
enum Node {
    Text(String),
    Null,
    List,
    Mapping,
    End,
}

struct Reader<'a> {
    events: Parser<'a, StrInput<'a>>,
}

impl<'a> Reader<'a> {
    fn of(text: &'a str) -> Self {
        Self { events: Parser::new_from_str(text) }
    }

    /// The next node, with its line; `None` at the end of the file.
    fn node(&mut self) -> Result<Option<(Node, usize)>, Fault> {
        loop {
            let Some(event) = self.events.next() else { return Ok(None) };
            let (event, span) = event?;
            let line = span.start.line();
            let (node, is_marked) = match event {
                Event::Scalar(text, style, anchor, tag) => {
                    let is_null = style == ScalarStyle::Plain
                        && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                    let node = if is_null { Node::Null } else { Node::Text(text.into_owned()) };
                    (node, anchor > 0 || tag.is_some())
                }
                Event::SequenceStart(anchor, tag) => (Node::List, anchor > 0 || tag.is_some()),
                Event::MappingStart(anchor, tag) => (Node::Mapping, anchor > 0 || tag.is_some()),
                Event::SequenceEnd | Event::MappingEnd => (Node::End, false),
                Event::Alias(_) => (Node::Null, true),
                _ => continue,
            };
            if is_marked {
                let reason = "YAML's tags (!), anchors (&) and aliases (*) have no meaning in a \
                              policy file; put the text in quotes, as in \"!\"";
                return Err(Fault { line, reason: reason.to_owned() });
            }
            return Ok(Some((node, line)));
        }
    }

    /// The next node inside something that the parser knows to be closed.
    fn inner(&mut self) -> Result<(Node, usize), Fault> {
        Ok(self.node()?.unwrap_or((Node::End, 1)))
    }

    /// The rules of a mapping that has begun.
    fn rules(&mut self) -> Result<Vec<Entry>, Fault> {
        let (mut rules, mut lines) = (Vec::new(), BTreeMap::new());
        loop {
            let (name, line) = match self.inner()? {
                (Node::End, _) => return Ok(rules),
                (Node::Text(name), line) => (name, line),
                (_, line) => {
                    let reason = "the name of a rule is a text, such as actions:delete";
                    return Err(Fault { line, reason: reason.to_owned() });
                }
            };
            if let Some(first) = lines.insert(name.clone(), line) {
                let reason = format!("{name}: it is there already, in line {first}; keep one");
                return Err(Fault { line, reason });
            }
            let text = self.rule(&name)?;
            rules.push(Entry { name, text, line });
        }
    }

    fn rule(&mut self, name: &str) -> Result<RuleText, Fault> {
        match self.inner()? {
            (Node::Text(text), _) => Ok(RuleText::Text(text)),
            // For oslo.policy that is an empty rule.
            (Node::Null, _) => Ok(RuleText::Text(String::new())),
            (Node::List, _) => self.lists(name),
            (_, line) => Err(not_a_rule(name, line)),
        }
    }

    /// The items of a list that has begun: texts, or lists of texts.
    fn lists(&mut self, name: &str) -> Result<RuleText, Fault> {
        let mut lists = Vec::new();
        loop {
            match self.inner()? {
                (Node::End, _) => return Ok(RuleText::Lists(lists)),
                (Node::Text(text), _) => lists.push(vec![text]),
                (Node::List, _) => lists.push(self.texts(name)?),
                (_, line) => return Err(not_a_rule(name, line)),
            }
        }
    }

    fn texts(&mut self, name: &str) -> Result<Vec<String>, Fault> {
        let mut texts = Vec::new();
        loop {
            match self.inner()? {
                (Node::End, _) => return Ok(texts),
                (Node::Text(text), _) => texts.push(text),
                (_, line) => return Err(not_a_rule(name, line)),
            }
        }
    }
}

fn not_a_rule(name: &str, line: usize) -> Fault {
    let reason = format!("{name}: a rule is a text, or a list of texts and lists of texts");
    Fault { line, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str, text: &str, line: usize) -> Entry {
        Entry { name: name.to_owned(), text: RuleText::Text(text.to_owned()), line }
    }

    fn lists(name: &str, lists: &[&[&str]], line: usize) -> Entry {
        let owned = |list: &&[&str]| list.iter().map(|text| (*text).to_owned()).collect();
        let text = RuleText::Lists(lists.iter().map(owned).collect());
        Entry { name: name.to_owned(), text, line }
    }

    #[test]
    fn reads_texts_of_every_style_and_lists() {
        let file = "---\n# mine\nactions:get: role:reader\n\"actions:create\": '@'\nfolded: >-\n  \
                    role:a\n  or role:b\nempty: \"\"\nnothing:\nlists:\n  - role:a\n  - [role:b, \
                    '!']\n  -\n    - role:c\nnone: []\n";
        let expected = [
            text("actions:get", "role:reader", 3),
            text("actions:create", "@", 4),
            text("folded", "role:a or role:b", 5),
            text("empty", "", 8),
            text("nothing", "", 9),
            lists("lists", &[&["role:a"], &["role:b", "!"], &["role:c"]], 10),
            lists("none", &[], 15),
        ];
        assert_eq!(entries(file).unwrap(), expected);
    }

    #[test]
    fn reads_json_also_with_tabs_and_a_byte_order_mark() {
        let file = "\u{feff}{\n\t\"a\": \"role:a\",\n\t\"b\": [[\"@\"], []], \"c\": null\n}\n";
        let expected = [text("a", "role:a", 2), lists("b", &[&["@"], &[]], 3), text("c", "", 3)];
        assert_eq!(entries(file).unwrap(), expected);
    }

    #[test]
    fn a_file_without_rules_is_good() {
        for file in
            ["", "\n", "# only\n#\"actions:get\": \"@\"\n", "---\n", "{}", "null", "---\n...\n"]
        {
            assert_eq!(entries(file), Ok(vec![]), "{file:?}");
        }
    }

    #[test]
    fn says_where_a_file_is_wrong_and_what_helps() {
        for (file, line, expected) in [
            ("a: '@'\nb: @\n", 2, "not YAML"),
            ("a: '@'\nb: !\n", 2, "put the text in quotes, as in \"!\""),
            ("a: &x '@'\n", 1, "anchors (&)"),
            ("a: '@'\nb: *x\n", 2, ""),
            ("a: '@'\nb: {c: d}\n", 2, "b: a rule is a text, or a list"),
            ("a:\n  - [[role:x]]\n", 2, "a: a rule is a text, or a list"),
            ("a: [null]\n", 1, "a: a rule is a text, or a list"),
            ("? [a]\n: '@'\n", 1, "the name of a rule is a text"),
            ("a: '@'\nb: '@'\na: '!'\n", 3, "a: it is there already, in line 1; keep one"),
            ("- role:a\n", 1, "a policy file is a mapping"),
            ("role:a\n", 1, "a policy file is a mapping"),
            ("a: '@'\n---\na: '!'\n", 3, "a second document begins here"),
            ("a: \"b\n", 1, "not YAML"),
        ] {
            let fault = entries(file).unwrap_err();
            assert!(fault.reason.contains(expected), "{file:?}: {fault:?}");
            assert_eq!(fault.line, line, "{file:?}: {fault:?}");
        }
    }
}
