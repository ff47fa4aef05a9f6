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

/// The list, for one identity provider.
pub struct Listed {
    head: String,
    decisions: BTreeSet<String>,
    /// By the number of their exchange.
    lines: BTreeMap<u32, Line>,
    /// Those that are for other providers.
    others: BTreeMap<u32, (String, Line)>,
}

struct Line {
    what: String,
    decisions: String,
}

impl Listed {
    /// Reads the list: `= name: words` explains a decision, `number | what | names` lists a
    /// difference, `number provider | what | names` one that there is with that provider alone, and
    /// all else at its head is for people.
    pub fn read(text: &str, provider: &str) -> Result<Self, String> {
        let is_line = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
        let head = text.lines().take_while(|line| !is_line(line));
        let names = head.clone().filter_map(|line| line.strip_prefix("= ")?.split_once(": "));
        let decisions = names.map(|(name, _)| name.to_owned()).collect();
        let (mut lines, mut others) = (BTreeMap::new(), BTreeMap::new());
        for text in text.lines().skip_while(|line| !is_line(line)) {
            let (id, of, line) =
                parts(text).ok_or_else(|| format!("{FILE}: no difference: {text}"))?;
            let was_there = match of {
                Some(of) if of != provider => others.insert(id, (of.to_owned(), line)).is_some(),
                _ => lines.insert(id, line).is_some(),
            };
            if was_there {
                return Err(format!("{FILE}: exchange {id} is listed twice"));
            }
        }
        let head = head.map(|line| format!("{line}\n")).collect();
        Ok(Self { head, decisions, lines, others })
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
        let others = self.others.iter().map(|(id, (_, line))| (id, line));
        for (id, line) in self.lines.iter().chain(others) {
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
        let mut lines: Vec<_> = found
            .iter()
            .map(|(id, Difference { what, .. })| {
                let decisions = self.lines.get(id).map_or("?", |line| line.decisions.as_str());
                (*id, format!("{id} | {what} | {decisions}\n"))
            })
            .collect();
        lines.extend(self.others.iter().map(|(id, (provider, Line { what, decisions }))| {
            (*id, format!("{id} {provider} | {what} | {decisions}\n"))
        }));
        lines.sort();
        self.head.clone() + &lines.into_iter().map(|(_, line)| line).collect::<String>()
    }
}

/// The number of an exchange, the provider that the line is for, if it is for one, and the rest.
fn parts(line: &str) -> Option<(u32, Option<&str>, Line)> {
    let (of, rest) = line.split_once(" | ")?;
    let (what, decisions) = rest.rsplit_once(" | ")?;
    let (id, provider) = of.split_once(' ').map_or((of, None), |(id, of)| (id, Some(of)));
    let line = Line { what: what.to_owned(), decisions: decisions.to_owned() };
    Some((id.parse().ok()?, provider, line))
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
        let error = Listed::read(list, "local")
            .and_then(|list| list.check(&found(differences)))
            .unwrap_err();
        for words in words {
            assert!(error.contains(words), "{error}");
        }
    }

    #[test]
    fn what_is_listed_passes() {
        let list = Listed::read(LIST, "local").unwrap();
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
        let both =
            "= better: It is.\n7 local | a | better\n7 keystone | b | better\n8 | c | better\n";
        let list = |provider| Listed::read(both, provider).unwrap();
        list("local").check(&found(&[(7, "a"), (8, "c")])).unwrap();
        list("keystone").check(&found(&[(7, "b"), (8, "c")])).unwrap();
        let wrong = list("keystone").check(&found(&[(7, "a"), (8, "c")])).unwrap_err();
        assert!(wrong.contains("not as listed"), "{wrong}");
        assert_eq!(list("keystone").of(&found(&[(8, "c")])).lines().count(), 3);
        refused(&format!("{LIST}some words\n"), &[listed], &["no difference: some words"]);
    }
}
