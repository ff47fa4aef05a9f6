//! What rules are asked: may this caller do it in that project? And what they can know of both.

use std::fmt;

use crate::access::{Caller, ScopeTarget};
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

/// What credentials can say, by the names of oslo.context, of Freezer (without `_id`), and of
/// Keystone's own policy (`token.…`).
pub(super) const CREDENTIALS: [&str; 20] = [
    "user_id",
    "user_domain_id",
    "project_id",
    "project_domain_id",
    "domain_id",
    "system_scope",
    "roles",
    "is_admin",
    "is_admin_project",
    "user",
    "user_domain",
    "project",
    "project_domain",
    "domain",
    "token.user.id",
    "token.user.name",
    "token.user.domain.id",
    "token.project.id",
    "token.project.domain.id",
    "token.roles.name",
];

/// What a request says of what it is about.
pub(super) const TARGETS: [&str; 1] = ["project_id"];

impl<'a> Question<'a> {
    /// The roles that the credentials carry.
    pub(super) fn roles(&self) -> &'a [String] {
        self.caller.roles()
    }

    /// What the credentials say under a name; `None` for a name that they do not know.
    pub(super) fn credential(&self, name: &str) -> Option<Fact<'a>> {
        let caller = self.caller;
        let text = |text: Option<&'a str>| text.map_or(Fact::Nothing, Fact::Text);
        Some(match name {
            "user_id" | "user" | "token.user.id" => Fact::Text(&caller.user_id),
            "token.user.name" => Fact::Text(&caller.name),
            "user_domain_id" | "user_domain" => text(caller.user_domain.as_deref()),
            "project_id" | "project" => text(self.project_id()),
            "project_domain_id" | "project_domain" => text(self.project_domain()),
            "domain_id" | "domain" => text(self.domain()),
            "system_scope" => text(self.system()),
            "roles" | "token.roles.name" => Fact::Texts(caller.roles()),
            "is_admin" => Fact::Flag(caller.has_role("admin")),
            "is_admin_project" => Fact::Flag(true),
            // What a token does not have has no place in it.
            "token.user.domain.id" => Fact::Text(caller.user_domain.as_deref()?),
            "token.project.id" => Fact::Text(self.project_id()?),
            "token.project.domain.id" => Fact::Text(self.project_domain()?),
            _ => return None,
        })
    }

    fn scope(&self) -> Option<&'a ScopeTarget> {
        self.caller.scope.as_ref().map(|scope| &scope.target)
    }

    fn project_id(&self) -> Option<&'a str> {
        self.caller.project().map(ProjectId::as_str)
    }

    fn project_domain(&self) -> Option<&'a str> {
        match self.scope()? {
            ScopeTarget::Project { domain, .. } => domain.as_deref(),
            _ => None,
        }
    }

    fn domain(&self) -> Option<&'a str> {
        match self.scope()? {
            ScopeTarget::Domain(id) => Some(id),
            _ => None,
        }
    }

    fn system(&self) -> Option<&'a str> {
        matches!(self.scope()?, ScopeTarget::System).then_some("all")
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
