//! The differences that are meant, one exchange a line, each with the decisions that explain it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// Where the list is, for people.
pub const FILE: &str = "tests/parity/differences";

/// What an exchange answers otherwise than it was recorded, in words; by its number.
pub type Found = BTreeMap<u32, Difference>;

#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// What the exchange is about.
    pub case: String,
    pub what: String,
}

/// The list.
pub struct Listed {
    head: String,
    decisions: BTreeSet<String>,
    lines: BTreeMap<u32, Line>,
}

struct Line {
    what: String,
    decisions: String,
}

impl Listed {
    /// Reads the list: `= name: words` explains a decision, `number | what | names` lists a
    /// difference, and all else at its head is for people.
    pub fn read(text: &str) -> Result<Self, String> {
        let is_line = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        let head = text.lines().take_while(|line| !is_line(line));
        let names = head.clone().filter_map(|line| line.strip_prefix("= ")?.split_once(": "));
        let decisions = names.map(|(name, _)| name.to_owned()).collect();
        let mut lines = BTreeMap::new();
        for line in text.lines().skip_while(|line| !is_line(line)) {
            let parts = line.split_once(" | ").and_then(|(id, rest)| {
                let (what, decisions) = rest.rsplit_once(" | ")?;
                let (what, decisions) = (what.to_owned(), decisions.to_owned());
                Some((id.parse().ok()?, Line { what, decisions }))
            });
            let (id, parts) = parts.ok_or_else(|| format!("{FILE}: no difference: {line}"))?;
            if lines.insert(id, parts).is_some() {
                return Err(format!("{FILE}: exchange {id} is listed twice"));
            }
        }
        let head = head.map(|line| format!("{line}\n")).collect();
        Ok(Self { head, decisions, lines })
    }

    /// Compares the list with what was found.
    pub fn check(&self, found: &Found) -> Result<(), String> {
        let mut wrong = String::new();
        for (id, Difference { case, what }) in found {
            let says = match self.lines.get(id) {
                Some(line) if line.what == *what => continue,
                Some(line) => format!("differs, but not as listed:\n  listed: {}", line.what),
                None => "differs from what freezer-api answers, and that is not listed:".to_owned(),
            };
            let _ = writeln!(
                wrong,
                "exchange {id} ({case}) {says}\n  found:  {what}\n  Mend the server. If the \
                 difference is meant, the line in {FILE} is\n  {id} | {what} | DECISION"
            );
        }
        for id in self.lines.keys().filter(|id| !found.contains_key(id)) {
            let _ = writeln!(
                wrong,
                "exchange {id} is listed in {FILE}, but answers as freezer-api does: remove its line"
            );
        }
        self.check_decisions(&mut wrong);
        if wrong.is_empty() { Ok(()) } else { Err(wrong) }
    }

    fn check_decisions(&self, wrong: &mut String) {
        let mut used = BTreeSet::new();
        for (id, line) in &self.lines {
            for name in line.decisions.split(", ") {
                used.insert(name);
                if !self.decisions.contains(name) {
                    let _ = writeln!(
                        wrong,
                        "exchange {id} is explained by {name:?}, which is no decision at the head of {FILE}"
                    );
                }
            }
        }
        for name in self.decisions.iter().filter(|name| !used.contains(name.as_str())) {
            let _ =
                writeln!(wrong, "no difference needs the decision {name:?}: remove it from {FILE}");
        }
    }

    /// The list as it has to be, with the decisions that are known.
    pub fn of(&self, found: &Found) -> String {
        let lines = found.iter().map(|(id, Difference { what, .. })| {
            let decisions = self.lines.get(id).map_or("?", |line| line.decisions.as_str());
            format!("{id} | {what} | {decisions}\n")
        });
        self.head.clone() + &lines.collect::<String>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "# For people.\n= better: It is.\n7 | status 500 → 400 | better\n";

    fn found(differences: &[(u32, &str)]) -> Found {
        let difference = |what: &str| Difference { case: "a case".into(), what: what.into() };
        differences.iter().map(|(id, what)| (*id, difference(what))).collect()
    }

    #[track_caller]
    fn refused(list: &str, differences: &[(u32, &str)], words: &[&str]) {
        let error =
            Listed::read(list).and_then(|list| list.check(&found(differences))).unwrap_err();
        for words in words {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_listed_passes() {
        let list = Listed::read(LIST).unwrap();
        let found = found(&[(7, "status 500 → 400")]);
        list.check(&found).unwrap();
        assert_eq!(list.of(&found), LIST);
    }

    #[test]
    fn everything_else_fails_and_says_how_to_mend_it() {
        let listed = (7, "status 500 → 400");
        refused(
            LIST,
            &[listed, (8, "etag: + 1")],
            &["exchange 8 (a case)", "not listed", "8 | etag: + 1 |"],
        );
        refused(LIST, &[], &["exchange 7 is listed", "remove its line"]);
        refused(LIST, &[(7, "status 500 → 404")], &["not as listed", "7 | status 500 → 404 |"]);
        refused(
            &LIST.replace("| better", "| worse"),
            &[listed],
            &["explained by \"worse\"", "needs the decision \"better\""],
        );
        refused(&format!("{LIST}7 | x | better\n"), &[listed], &["listed twice"]);
        refused(&format!("{LIST}some words\n"), &[listed], &["no difference: some words"]);
    }
}
