//! The policy rules of the project face (OpenStack Freezer API).

use std::marker::PhantomData;
use std::sync::Arc;

use super::Caller;
use crate::error::{Error, Result};
use crate::project::ProjectId;

/// What the project face asks for, by Freezer's rule names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ProjectRule {
    /// List and search.
    GetAll,
    /// Show one.
    Get,
    /// Create one.
    Create,
    /// Change one.
    Update,
    /// Replace one, or create it under an id.
    Replace,
    /// Delete one.
    Delete,
}

impl ProjectRule {
    /// Every rule.
    pub const ALL: [Self; 6] =
        [Self::GetAll, Self::Get, Self::Create, Self::Update, Self::Replace, Self::Delete];

    /// The rule's name in Freezer's policy.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GetAll => "actions:get_all",
            Self::Get => "actions:get",
            Self::Create => "actions:create",
            Self::Update => "actions:update",
            Self::Replace => "actions:replace",
            Self::Delete => "actions:delete",
        }
    }
}

/// Decides about the project face.
pub trait ProjectPolicy: Send + Sync {
    /// Whether `caller` may do what `rule` names in `project`.
    fn allows(&self, caller: &Caller, rule: ProjectRule, project: &ProjectId) -> bool;
}

/// The rules as types, for [`ProjectPass`].
pub mod project_rule {
    use super::ProjectRule;

    /// A rule that is known when the program is compiled.
    pub trait Rule: Send + 'static {
        /// The rule.
        const RULE: ProjectRule;
    }

    macro_rules! rules {
        ($($(#[$doc:meta])* $name:ident),* $(,)?) => {$(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Rule for $name {
                const RULE: ProjectRule = ProjectRule::$name;
            }
        )*};
    }

    rules! {
        /// List and search.
        GetAll,
        /// Show one.
        Get,
        /// Create one.
        Create,
        /// Change one.
        Update,
        /// Replace one, or create it under an id.
        Replace,
        /// Delete one.
        Delete,
    }
}

/// Proof that the caller passes rule `R` in a project.
#[derive(Clone, Debug)]
pub struct ProjectPass<R> {
    caller: Arc<Caller>,
    project: ProjectId,
    rule: PhantomData<R>,
}

impl<R: project_rule::Rule> ProjectPass<R> {
    /// Asks the policy.
    ///
    /// # Errors
    /// [`Error::Forbidden`] when it says no.
    pub fn grant(
        policy: &dyn ProjectPolicy,
        caller: Arc<Caller>,
        project: ProjectId,
    ) -> Result<Self> {
        if policy.allows(&caller, R::RULE, &project) {
            return Ok(Self { caller, project, rule: PhantomData });
        }
        Err(Error::Forbidden { permission: R::RULE.as_str() })
    }

    /// Whose pass it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The project it opens.
    pub fn project(&self) -> &ProjectId {
        &self.project
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Policy, Scope};

    fn allows(role: &str, rule: ProjectRule, own: bool) -> bool {
        let project = |id: &str| ProjectId::new(id);
        let caller = Caller {
            user_id: "u".into(),
            scope: Some(Scope::project(project("own"), vec![role.into()])),
            ..Caller::default()
        };
        Policy::default().allows(&caller, rule, &project(if own { "own" } else { "other" }))
    }

    #[test]
    fn rule_table_is_as_checked_in() {
        let roles = ["admin", "service", "member", "reader", "unheard_of"];
        let mut table = format!("{:<18}", "own/other project");
        for role in roles {
            table += &format!("{role:<12}");
        }
        for rule in ProjectRule::ALL {
            table = format!("{}\n{:<18}", table.trim_end(), rule.as_str());
            for role in roles {
                let word = |own| if allows(role, rule, own) { "yes" } else { "-" };
                table += &format!("{:<12}", format!("{}/{}", word(true), word(false)));
            }
        }
        let expected = include_str!("../../tests/tables/project_rules.txt");
        assert_eq!(
            table.trim_end(),
            expected.trim_end(),
            "update tests/tables/project_rules.txt if this is meant"
        );
    }
}
