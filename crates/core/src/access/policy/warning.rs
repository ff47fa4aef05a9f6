//! What is allowed in rules, and probably not meant.

use std::collections::BTreeSet;
use std::fmt;

use super::check::Check;
use super::question::{CREDENTIALS, TARGETS};

/// Something in a rule that somebody should look at. The text says what helps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Warning {
    /// The rule is empty, which allows everybody.
    Empty {
        /// The rule.
        rule: String,
    },
    /// A credential that nobody has.
    Credential {
        /// The rule.
        rule: String,
        /// The credential.
        name: String,
    },
    /// A place that no request fills.
    Target {
        /// The rule.
        rule: String,
        /// The place.
        name: String,
    },
    /// A right side in quotes.
    Quotes {
        /// The rule.
        rule: String,
        /// The check.
        check: String,
    },
    /// A reference to a rule that is not there, for which the rule `default` stands in.
    StandIn {
        /// The rule.
        rule: String,
        /// The reference.
        reference: String,
    },
    /// The rule guards no route, and nothing refers to it.
    Unused {
        /// The rule.
        rule: String,
    },
}

impl Warning {
    /// The rule that it is about.
    pub fn rule(&self) -> &str {
        match self {
            Self::Empty { rule }
            | Self::Credential { rule, .. }
            | Self::Target { rule, .. }
            | Self::Quotes { rule, .. }
            | Self::StandIn { rule, .. }
            | Self::Unused { rule } => rule,
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.rule())?;
        match self {
            Self::Empty { .. } => {
                f.write_str("it is empty, which allows everybody; write @ if that is meant, or ! to allow nobody")
            }
            Self::Credential { name, .. } => write!(
                f,
                "no credentials have {name:?}, so the check never holds; there are role:, rule:, {}",
                CREDENTIALS.join(", ")
            ),
            Self::Target { name, .. } => write!(
                f,
                "no request has {name:?}, so the check never holds; there are {}",
                TARGETS.map(|name| format!("%({name})s")).join(", ")
            ),
            Self::Quotes { check, .. } => {
                write!(f, "the quotes of {check} are part of the value; leave them out")
            }
            Self::StandIn { reference, .. } => {
                write!(f, "there is no rule {reference:?}; the rule \"default\" stands in for it")
            }
            Self::Unused { .. } => f.write_str("it guards nothing here, and no rule refers to it"),
        }
    }
}

/// What is to be said of a rule by itself.
pub(super) fn of(rule: &str, check: &Check<String>) -> BTreeSet<Warning> {
    let mut warnings = BTreeSet::new();
    check.visit(&mut |check| {
        let rule = || rule.to_owned();
        let value = match check {
            Check::Credential(name, value) => {
                if !CREDENTIALS.contains(&name.as_str()) {
                    warnings.insert(Warning::Credential { rule: rule(), name: name.clone() });
                }
                value
            }
            Check::Role(value) | Check::Literal(_, value) => value,
            _ => return,
        };
        for name in value.places().filter(|name| !TARGETS.contains(name)) {
            warnings.insert(Warning::Target { rule: rule(), name: name.to_owned() });
        }
        if value.is_quoted() {
            warnings.insert(Warning::Quotes { rule: rule(), check: check.to_string() });
        }
    });
    warnings
}
