//! `actiond policy list`.

use actiond_core::access::Rule;
use anyhow::Result;
use serde_json::{Value, json};

use super::{guarded_by, say};
use crate::cli::Format;
use crate::policy::Loaded;

/// Shows every rule.
pub fn run(loaded: &Loaded, format: Format) -> Result<()> {
    let rules = loaded.policy.rules();
    match format {
        Format::Text => say(rules
            .map(|rule| block(rule, &place(loaded, rule)))
            .collect::<Vec<_>>()
            .join("\n\n")),
        Format::Json => {
            let rules: Value = rules.map(|rule| object(rule, &place(loaded, rule))).collect();
            say(format_args!("{rules:#}"))
        }
    }
}

/// Where a rule stands.
fn place(loaded: &Loaded, rule: &Rule) -> String {
    loaded.place(rule.name()).unwrap_or_else(|| "built-in".to_owned())
}

fn block(rule: &Rule, place: &str) -> String {
    let mut lines = vec![rule.name().to_owned()];
    lines.extend(rule.description().map(|text| format!("  {text}")));
    lines.extend(guarded_by(rule.name()).iter().map(|route| format!("  guards    {route}")));
    lines.push(format!("  in force  {}  ({place})", rule.text()));
    let is_changed = rule.default_text() != Some(&rule.text());
    lines.extend(
        rule.default_text().filter(|_| is_changed).map(|text| format!("  default   {text}")),
    );
    lines.join("\n")
}

fn object(rule: &Rule, place: &str) -> Value {
    json!({
        "name": rule.name(),
        "description": rule.description(),
        "guards": guarded_by(rule.name()),
        "in_force": rule.text(),
        "default": rule.default_text(),
        "from": place,
    })
}
