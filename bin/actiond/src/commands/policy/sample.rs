//! `actiond policy sample`.

use actiond_core::access::{Policy, Rule};

use super::guarded_by;

const HEAD: &str = "\
# Rules of the project face, in the language of oslo.policy. Each has its default; take the # before a rule
# away to change it. `actiond policy check --file FILE` checks a file, `actiond policy test` says what it comes to.";

/// A policy file with every default, commented out.
pub fn text() -> String {
    let policy = Policy::default();
    let (guards, others): (Vec<_>, Vec<_>) =
        policy.rules().partition(|rule| !guarded_by(rule.name()).is_empty());
    let rules = others.into_iter().chain(guards).map(block);
    std::iter::once(HEAD.to_owned()).chain(rules).collect::<Vec<_>>().join("\n\n")
}

fn block(rule: &Rule) -> String {
    let routes = guarded_by(rule.name());
    let comments = rule.description().into_iter().chain(routes.iter().map(String::as_str));
    let mut lines: Vec<_> = comments.map(|text| format!("# {text}")).collect();
    lines.push(format!("#\"{}\": \"{}\"", rule.name(), rule.text()));
    lines.join("\n")
}
