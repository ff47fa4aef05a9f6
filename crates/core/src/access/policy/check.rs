//! What a rule demands: an expression, whose leaves look at the caller and at the request.

use std::fmt;

use super::template::Template;

/// An expression. `R` is another rule: its name as long as rules are read, then the rule itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Check<R> {
    /// `@`
    Always,
    /// `!`
    Never,
    /// `role:member`
    Role(Template),
    /// `rule:admin_or_owner`
    Rule(R),
    /// `project_id:%(project_id)s`
    Credential(String, Template),
    /// `'Member':%(role.name)s`
    Literal(Literal, Template),
    /// `not …`
    Not(Box<Self>),
    /// `… and …`
    And(Vec<Self>),
    /// `… or …`
    Or(Vec<Self>),
}

/// A Python literal on the left side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// As it is written, with its quotes.
    pub(super) written: String,
    /// As Python prints it.
    pub(super) value: String,
}

impl<R> Check<R> {
    /// Puts what `find` finds in the place of other rules.
    pub(super) fn link<S, E>(
        self,
        find: &mut impl FnMut(R) -> Result<S, E>,
    ) -> Result<Check<S>, E> {
        let mut all = |parts: Vec<Self>| -> Result<Vec<_>, E> {
            parts.into_iter().map(|part| part.link(find)).collect()
        };
        Ok(match self {
            Self::And(parts) => Check::And(all(parts)?),
            Self::Or(parts) => Check::Or(all(parts)?),
            Self::Not(part) => Check::Not(Box::new(part.link(find)?)),
            Self::Rule(rule) => Check::Rule(find(rule)?),
            Self::Always => Check::Always,
            Self::Never => Check::Never,
            Self::Role(role) => Check::Role(role),
            Self::Credential(name, value) => Check::Credential(name, value),
            Self::Literal(literal, value) => Check::Literal(literal, value),
        })
    }

    /// What it is made of, one level down.
    pub(super) fn parts(&self) -> &[Self] {
        match self {
            Self::And(parts) | Self::Or(parts) => parts,
            Self::Not(part) => std::slice::from_ref(part),
            _ => &[],
        }
    }

    /// Every check in it, itself first.
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        see(self);
        self.parts().iter().for_each(|part| part.visit(see));
    }
}

impl<R: fmt::Display> fmt::Display for Check<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Always => f.write_str("@"),
            Self::Never => f.write_str("!"),
            Self::Role(role) => write!(f, "role:{role}"),
            Self::Rule(rule) => write!(f, "rule:{rule}"),
            Self::Credential(name, value) => write!(f, "{name}:{value}"),
            Self::Literal(literal, value) => write!(f, "{}:{value}", literal.written),
            Self::Not(part) => write!(f, "not {}", Inner(part, "")),
            Self::And(parts) => join(f, parts, "and"),
            Self::Or(parts) => join(f, parts, "or"),
        }
    }
}

fn join<R: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    parts: &[Check<R>],
    word: &str,
) -> fmt::Result {
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            write!(f, " {word} ")?;
        }
        write!(f, "{}", Inner(part, word))?;
    }
    Ok(())
}

/// An operand of this operator, in parentheses where it would be read otherwise without.
struct Inner<'a, R>(&'a Check<R>, &'a str);

impl<R: fmt::Display> fmt::Display for Inner<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0, self.1) {
            (Check::Or(_), _) | (Check::And(_), "and" | "") => write!(f, "({})", self.0),
            _ => write!(f, "{}", self.0),
        }
    }
}
