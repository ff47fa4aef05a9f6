//! What can be wrong with a rule, and what helps.

use crate::access::ProjectRule;

/// A rule that cannot be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {fault}")]
pub struct PolicyError {
    /// The rule's name.
    pub rule: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a rule. The text says what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It has nothing but spaces.
    #[error("it is blank; write @ to allow everybody, or ! to allow nobody")]
    Blank,
    /// A word that is no check.
    #[error(
        "{check:?} is no check; write KIND:VALUE, such as role:member or rule:admin_or_owner, \
         or @ (everybody), or ! (nobody)"
    )]
    NoCheck {
        /// The word.
        check: String,
    },
    /// A word that a quote begins and ends.
    #[error("{text:?} is a text in quotes, and no check; the right side of a check has no quotes")]
    Quoted {
        /// The word.
        text: String,
    },
    /// A check that asks another server.
    #[error(
        "{check:?} would ask another server, which actiond does not do; say it with role:, rule: \
         and credentials such as project_id:%(project_id)s"
    )]
    Remote {
        /// The check.
        check: String,
    },
    /// A left side that nothing stands for.
    #[error(
        "{name:?} before the colon is neither role, rule nor a credential such as user_id, and no \
         literal: None, True, False, a whole number, or a text in quotes"
    )]
    Kind {
        /// The left side.
        name: String,
    },
    /// A right side with a percent sign that is not understood.
    #[error(
        "{text:?} has a % that is neither %(NAME)s, such as %(project_id)s, nor %%, which is a \
         percent sign"
    )]
    Place {
        /// The right side.
        text: String,
    },
    /// A right side with a parenthesis.
    #[error("{text:?} has a parenthesis inside; put a space or another ) where a check ends")]
    Parenthesis {
        /// The right side.
        text: String,
    },
    /// Words in an order that has no meaning.
    #[error("{found} where {wanted} is expected")]
    Order {
        /// The word, or the end.
        found: String,
        /// What may stand there.
        wanted: &'static str,
    },
    /// The item of a list has several words.
    #[error(
        "{item:?} in a list is not one check; lists know no words: an outer list means or, an \
         inner one and; write and, or and not in a text instead"
    )]
    Item {
        /// The item.
        item: String,
    },
    /// More parentheses or words `not` inside each other than anybody writes.
    #[error("it is nested more than {most} deep; give parts of it a name, and use rule:NAME")]
    Nested {
        /// The most that is allowed.
        most: usize,
    },
    /// It is named like the rules of actions, and none of them.
    #[error(
        "no request is checked against a rule of this name{}; correct it to one of {}, or take it out",
        close(.near), ProjectRule::ALL.map(ProjectRule::as_str).join(", ")
    )]
    GuardsNothing {
        /// The rule whose name looks like it.
        near: Option<&'static str>,
    },
    /// It refers to a rule that does not exist.
    #[error("there is no rule {name:?}{}; name one that is there, or add it", close(.near))]
    Unknown {
        /// The name that it refers to.
        name: String,
        /// A name that is there, and looks like it.
        near: Option<String>,
    },
    /// It refers to itself.
    #[error("it comes back to itself: {}; take one of these references out", .path.join(" → "))]
    Cycle {
        /// The rules on the way; the first is the last.
        path: Vec<String>,
    },
    /// Following all references is too much for every request.
    #[error("with all that it refers to it has more than {most} checks; make it simpler")]
    Large {
        /// The most that is allowed.
        most: usize,
    },
}

fn close(near: &Option<impl AsRef<str>>) -> String {
    near.as_ref().map_or_else(String::new, |near| format!(" (there is {:?})", near.as_ref()))
}
