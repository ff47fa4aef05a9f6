//! The rules of the project face, in the language of OpenStack's oslo.policy.
//!
//! A rule is an expression of checks (`role:member and project_id:%(project_id)s`), and may refer to
//! other rules. The built-in rules are those of Freezer; single ones can be overridden, and others
//! added. Rules are linked once; a decision walks them without looking anything up.

mod check;
mod decide;
mod defaults;
mod fault;
mod leaf;
mod link;
mod live;
mod parse;
mod question;
mod template;
#[cfg(test)]
mod tests;
mod trace;
mod warning;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use fault::{Fault, PolicyError};
pub use live::LivePolicy;
pub use trace::Trace;
pub use warning::Warning;

use super::{Caller, ProjectPolicy, ProjectRule};
use crate::project::ProjectId;
use check::Check;
use defaults::{BUILT_IN, BuiltIn, built_in};
use link::{Linker, Rules, Unlinked, is_near};
use question::Question;

/// A rule as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleText {
    /// An expression. Nothing at all allows everybody.
    Text(String),
    /// The older form: one of the inner lists must hold, with all of its checks. No list at all
    /// allows everybody.
    Lists(Vec<Vec<String>>),
}

impl RuleText {
    fn read(&self) -> Result<Check<String>, Fault> {
        match self {
            Self::Text(text) => parse::text(text),
            Self::Lists(lists) => parse::lists(lists),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Lists(lists) => lists.is_empty(),
        }
    }
}

/// A rule that is in force.
#[derive(Debug)]
pub struct Rule {
    name: String,
    check: Check<Arc<Rule>>,
    /// How many checks there are in it, with those of the rules that it refers to.
    size: usize,
    is_overridden: bool,
}

impl Rule {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it demands, in the words of the language.
    pub fn text(&self) -> String {
        self.check.to_string()
    }

    /// Whether it stands in the place of a built-in rule, or beside them.
    pub fn is_overridden(&self) -> bool {
        self.is_overridden
    }

    /// What it demands when nobody overrides it; `None` when it is not built in.
    pub fn default_text(&self) -> Option<&'static str> {
        built_in(&self.name).map(|rule| rule.text)
    }

    /// What it is about; `None` when it is not built in.
    pub fn description(&self) -> Option<&'static str> {
        built_in(&self.name).map(|rule| rule.description)
    }
}

impl fmt::Display for Rule {
    /// As others refer to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// All rules, as they are in force together.
#[derive(Debug)]
pub struct Policy {
    rules: Rules,
    /// The rules that requests are checked against, in the order of [`ProjectRule::ALL`].
    guards: [Arc<Rule>; ProjectRule::ALL.len()],
}

impl Policy {
    /// The built-in rules, and `overrides` in their place or beside them; of two with the same name
    /// the last counts. What is allowed but probably not meant is said beside.
    ///
    /// # Errors
    /// The first rule that is named like those that requests are checked against and is none of them,
    /// that cannot be read, that refers to one that is not there, or comes back to
    /// itself.
    pub fn with(
        overrides: impl IntoIterator<Item = (String, RuleText)>,
    ) -> Result<(Self, Vec<Warning>), PolicyError> {
        let (mut unlinked, mut names, mut warnings) =
            (BTreeMap::new(), Vec::new(), BTreeSet::new());
        for BuiltIn { name, text, .. } in BUILT_IN {
            let check = read(name, &RuleText::Text(text.to_owned()))?;
            unlinked.insert(name.to_owned(), Unlinked { check, is_overridden: false });
        }
        for (name, text) in overrides {
            check_name(&name)?;
            let check = read(&name, &text)?;
            warnings.append(&mut warning::of(&name, &check));
            if text.is_empty() {
                warnings.insert(Warning::Empty { rule: name.clone() });
            }
            unlinked.insert(name.clone(), Unlinked { check, is_overridden: true });
            names.push(name);
        }
        let (rules, of_links) = Linker::new(unlinked).link_all(&names)?;
        warnings.extend(of_links);
        let policy = Self::of(rules);
        warnings.extend(policy.unused());
        Ok((policy, warnings.into_iter().collect()))
    }

    /// Every built-in rule must be there.
    fn of(rules: Rules) -> Self {
        let guards = ProjectRule::ALL.map(|rule| Arc::clone(&rules[rule.as_str()]));
        Self { rules, guards }
    }

    /// The rules that nobody has any use for.
    fn unused(&self) -> impl Iterator<Item = Warning> {
        let mut used = BTreeSet::new();
        for BuiltIn { name, .. } in BUILT_IN {
            use_rule(&self.rules[name], &mut used);
        }
        let unused: Vec<_> = self.rules.keys().filter(|name| !used.contains(*name)).collect();
        let unused: Vec<_> = unused.into_iter().cloned().collect();
        unused.into_iter().map(|rule| Warning::Unused { rule })
    }

    /// Every rule, by name.
    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.rules.values().map(|rule| &**rule)
    }

    /// Every role that a rule names, in lower case.
    pub fn roles(&self) -> BTreeSet<String> {
        let mut roles = BTreeSet::new();
        for rule in self.rules() {
            rule.check.visit(&mut |check| {
                if let Check::Role(role) = check {
                    roles.insert(role.to_string().to_lowercase());
                }
            });
        }
        roles
    }

    /// Why the rule of this name holds for `caller` and `project`, or does not; `None` when there is
    /// no such rule.
    pub fn explain(&self, caller: &Caller, rule: &str, project: &ProjectId) -> Option<Trace> {
        let question = Question { caller, project };
        let trace = self.rules.get(rule)?.explain(&question);
        let guards = self.guards.iter().any(|guard| guard.name == rule);
        Some(match guards {
            true => Trace::all(rule, vec![Trace::of_scope(&question), trace]),
            false => trace,
        })
    }
}

impl Default for Policy {
    /// The built-in rules.
    fn default() -> Self {
        #[expect(clippy::expect_used, reason = "they are constants, and every test reads them")]
        Self::with([]).expect("the built-in rules are good").0
    }
}

impl ProjectPolicy for Policy {
    fn allows(&self, caller: &Caller, rule: ProjectRule, project: &ProjectId) -> bool {
        // Freezer's rules have the scope type project: other credentials open nothing, whatever a
        // rule says.
        caller.project().is_some()
            && self.guards[rule as usize].check.holds(&Question { caller, project })
    }
}

/// Refuses a slip of the pen: nobody would ask the rule, and the one that is meant would stay as it is.
/// Other names are those of Freezer's other resources, or of rules to refer to.
fn check_name(name: &str) -> Result<(), PolicyError> {
    let guards = ProjectRule::ALL.map(ProjectRule::as_str);
    if guards.contains(&name) {
        return Ok(());
    }
    let meant = meant(name);
    let near = guards.into_iter().find(|guard| *guard == meant || is_near(guard, &meant));
    if near.is_none() && !meant.starts_with("actions:") {
        return Ok(());
    }
    Err(PolicyError { rule: name.to_owned(), fault: Fault::GuardsNothing { near } })
}

/// A name in lower case, with the resource of actions and the sign behind it as the built-in rules have
/// them.
fn meant(name: &str) -> String {
    let name = name.to_lowercase();
    let is_sign = |letter: char| !letter.is_alphanumeric() && !matches!(letter, '_' | '-');
    match name.split_once(is_sign) {
        Some(("action" | "actions", operation)) => format!("actions:{operation}"),
        _ => name,
    }
}

fn read(name: &str, text: &RuleText) -> Result<Check<String>, PolicyError> {
    text.read().map_err(|fault| PolicyError { rule: name.to_owned(), fault })
}

/// Notes a rule, and those that it refers to.
fn use_rule(rule: &Rule, used: &mut BTreeSet<String>) {
    if used.insert(rule.name.clone()) {
        rule.check.visit(&mut |check| {
            if let Check::Rule(other) = check {
                use_rule(other, used);
            }
        });
    }
}
