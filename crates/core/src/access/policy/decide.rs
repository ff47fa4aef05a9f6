//! Whether a check holds. This runs for every request.

use std::sync::Arc;

use super::Rule;
use super::check::Check;
use super::question::{Fact, Question};
use super::template::Template;

impl Check<Arc<Rule>> {
    /// Whether the check holds for `question`.
    pub(super) fn holds(&self, question: &Question<'_>) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Role(role) => has_role(question, role),
            Self::Rule(rule) => rule.check.holds(question),
            Self::Credential(name, value) => {
                question.credential(name).is_some_and(|fact| is(question, value, fact))
            }
            Self::Literal(literal, value) => is(question, value, Fact::Text(&literal.value)),
            Self::Not(part) => !part.holds(question),
            Self::And(parts) => parts.iter().all(|part| part.holds(question)),
            Self::Or(parts) => parts.iter().any(|part| part.holds(question)),
        }
    }
}

fn is(question: &Question<'_>, value: &Template, fact: Fact<'_>) -> bool {
    value.fill(question).is_some_and(|text| fact.is(&text))
}

/// Roles compare without regard to case.
fn has_role(question: &Question<'_>, role: &Template) -> bool {
    let Some(wanted) = role.fill(question) else { return false };
    question.roles().iter().any(|own| {
        own.eq_ignore_ascii_case(&wanted)
            || !wanted.is_ascii() && own.to_lowercase() == wanted.to_lowercase()
    })
}
