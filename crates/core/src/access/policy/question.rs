//! What rules are asked: may this caller do it in that project? And what they can know of both.

use std::fmt;

use crate::access::Caller;
use crate::project::ProjectId;

/// Who asks, and about which project.
#[derive(Clone, Copy, Debug)]
pub(super) struct Question<'a> {
    pub(super) caller: &'a Caller,
    pub(super) project: &'a ProjectId,
}

/// Something that credentials say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact<'a> {
    Text(&'a str),
    Flag(bool),
    /// Python's None: the credentials have a place for it, and nothing there.
    Nothing,
    /// Any of these.
    Texts(&'a [String]),
}

/// What credentials can say, by the names of oslo.context and of Freezer.
pub(super) const CREDENTIALS: [&str; 9] = [
    "user_id",
    "project_id",
    "roles",
    "is_admin",
    "is_admin_project",
    "domain_id",
    "system_scope",
    "user",
    "project",
];

/// What a request says of what it is about.
pub(super) const TARGETS: [&str; 1] = ["project_id"];

impl<'a> Question<'a> {
    /// The caller's roles in the project of its credentials.
    pub(super) fn roles(&self) -> &'a [String] {
        self.caller.scope.as_ref().map_or(&[], |scope| &scope.roles)
    }

    /// What the credentials say under a name; `None` for a name that they do not know.
    pub(super) fn credential(&self, name: &str) -> Option<Fact<'a>> {
        let scope = self.caller.scope.as_ref();
        Some(match name {
            "user_id" | "user" => Fact::Text(&self.caller.user_id),
            "project_id" | "project" => {
                scope.map_or(Fact::Nothing, |scope| Fact::Text(scope.project.as_str()))
            }
            "roles" => Fact::Texts(self.roles()),
            "is_admin" => Fact::Flag(self.roles().iter().any(|role| role == "admin")),
            "is_admin_project" => Fact::Flag(true),
            "domain_id" | "system_scope" => Fact::Nothing,
            _ => return None,
        })
    }

    /// What the request says under a name; `None` for a name that it does not know.
    pub(super) fn target(&self, name: &str) -> Option<&'a str> {
        match name {
            "project_id" => Some(self.project.as_str()),
            _ => None,
        }
    }
}

impl Fact<'_> {
    /// Whether Python prints it like `text`.
    pub(super) fn is(self, text: &str) -> bool {
        match self {
            Self::Text(own) => own == text,
            Self::Flag(flag) => text == if flag { "True" } else { "False" },
            Self::Nothing => text == "None",
            Self::Texts(texts) => texts.iter().any(|own| own == text),
        }
    }
}

impl fmt::Display for Fact<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Flag(true) => f.write_str("True"),
            Self::Flag(false) => f.write_str("False"),
            Self::Nothing => f.write_str("None"),
            Self::Texts(texts) => write!(f, "one of {texts:?}"),
        }
    }
}
