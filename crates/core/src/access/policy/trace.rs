//! Why a decision is what it is.

use std::sync::Arc;

use super::Rule;
use super::check::Check;
use super::question::{Fact, Question};
use super::template::Template;
use crate::access::ScopeTarget;

/// A check, and whether it holds, with the checks that it is made of. All are looked at, also those
/// that do not matter any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The check, as it is written; `and`, `or` and `not` stand alone, with what they join below.
    pub check: String,
    /// Whether it holds.
    pub holds: bool,
    /// What was compared, in words.
    pub because: Option<String>,
    /// The checks that it is made of.
    pub parts: Vec<Trace>,
}

impl Trace {
    fn of(check: impl ToString, holds: bool, because: Option<String>, parts: Vec<Self>) -> Self {
        Self { check: check.to_string(), holds, because, parts }
    }

    /// Whether the credentials are for a project, which everything on the project face needs.
    pub(super) fn of_scope(question: &Question<'_>) -> Self {
        let target = question.caller.scope.as_ref().map(|scope| &scope.target);
        let because = match target {
            Some(ScopeTarget::Project { id, .. }) => {
                format!("the credentials are for {:?}", id.as_str())
            }
            Some(ScopeTarget::Domain(_)) => "the credentials are for a domain".to_owned(),
            Some(ScopeTarget::System) => "the credentials are for the system".to_owned(),
            None => "the credentials are for nothing".to_owned(),
        };
        let holds = question.caller.project().is_some();
        Self::of("a project's credentials", holds, Some(because), vec![])
    }

    /// All of `parts` must hold.
    pub(super) fn all(check: &str, parts: Vec<Self>) -> Self {
        let holds = parts.iter().all(|part| part.holds);
        Self::of(check, holds, None, parts)
    }
}

impl Rule {
    /// Why the rule holds for `question`, or does not.
    pub(super) fn explain(&self, question: &Question<'_>) -> Trace {
        let inner = self.check.explain(question);
        Trace::of(format_args!("rule:{}", self.name), inner.holds, None, vec![inner])
    }
}

impl Check<Arc<Rule>> {
    fn explain(&self, question: &Question<'_>) -> Trace {
        let below = || self.parts().iter().map(|part| part.explain(question)).collect();
        let holds = self.holds(question);
        match self {
            Self::Rule(rule) => rule.explain(question),
            Self::Not(_) => Trace::of("not", holds, None, below()),
            Self::And(_) => Trace::of("and", holds, None, below()),
            Self::Or(_) => Trace::of("or", holds, None, below()),
            _ => Trace::of(self, holds, self.because(question), vec![]),
        }
    }

    fn because(&self, question: &Question<'_>) -> Option<String> {
        match self {
            Self::Role(role) => Some(match role.fill(question) {
                Some(_) => match question.roles() {
                    [] => "there are no roles".to_owned(),
                    roles => format!("the roles are {}", roles.join(", ")),
                },
                None => missing(question, role),
            }),
            Self::Credential(name, value) => {
                Some(compared(question, name, question.credential(name), value))
            }
            Self::Literal(literal, value) => {
                let fact = Fact::Text(&literal.value);
                Some(compared(question, &literal.written, Some(fact), value))
            }
            _ => None,
        }
    }
}

/// What stands on both sides.
fn compared(
    question: &Question<'_>,
    name: &str,
    fact: Option<Fact<'_>>,
    value: &Template,
) -> String {
    match (value.fill(question), fact) {
        (None, _) => missing(question, value),
        (_, None) => format!("no credentials have {name}"),
        (Some(wanted), Some(fact)) => format!("{name} is {fact}, compared with {wanted:?}"),
    }
}

fn missing(question: &Question<'_>, value: &Template) -> String {
    let unknown = value.places().find(|name| question.target(name).is_none());
    format!("no request has %({})s", unknown.unwrap_or_default())
}
