//! The policy file: rules that override the built-in ones, or stand beside them.

mod watch;
mod yaml;

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use actiond_core::access::{LivePolicy, Policy, RuleText, Warning};

pub use watch::Watch;

/// Largest policy file, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A policy, and where its rules come from.
#[derive(Debug, Default)]
pub struct Loaded {
    /// The rules.
    pub policy: Policy,
    /// What is probably not meant, with its place.
    pub warnings: Vec<String>,
    source: Option<Source>,
}

/// The file that a policy comes from.
#[derive(Debug)]
struct Source {
    file: PathBuf,
    text: String,
    /// The lines of its rules.
    lines: BTreeMap<String, usize>,
}

impl Loaded {
    /// The rules that are overridden, or added.
    pub fn count(&self) -> usize {
        self.source.as_ref().map_or(0, |source| source.lines.len())
    }

    /// Where a rule stands; `None` for one that is built in.
    pub fn place(&self, rule: &str) -> Option<String> {
        let Source { file, lines, .. } = self.source.as_ref()?;
        Some(format!("{}:{}", file.display(), lines.get(rule)?))
    }

    /// Logs what is probably not meant.
    pub fn warn(&self) {
        for warning in &self.warnings {
            tracing::warn!("{warning}");
        }
    }

    /// Puts the policy in force, and keeps it as the file has it as long as the watch lives.
    pub fn in_force(self) -> io::Result<(Arc<LivePolicy>, Option<Watch>)> {
        let live = Arc::new(LivePolicy::new(self.policy));
        let watch = self.source.map(|source| Watch::start(source, Arc::clone(&live)));
        Ok((live, watch.transpose()?))
    }
}

/// A rule of a file.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    name: String,
    text: RuleText,
    line: usize,
}

/// Why a policy file cannot be put in force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PolicyFileError {
    /// It cannot be read.
    #[error("{}: the policy file cannot be read: {reason}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        reason: String,
    },
    /// Something in it cannot be understood.
    #[error("{}:{line}: {reason}", file.display())]
    Wrong {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what helps.
        reason: String,
    },
}

/// The built-in rules, with those of `file`, if there is one.
pub fn load(file: Option<&Path>) -> Result<Loaded, PolicyFileError> {
    file.map_or_else(|| Ok(Loaded::default()), |file| link(file, read(file)?))
}

/// The text of a file.
fn read(file: &Path) -> Result<String, PolicyFileError> {
    let mut text = String::new();
    let opened = File::open(file);
    let read = opened.and_then(|opened| opened.take(LARGEST + 1).read_to_string(&mut text));
    let unreadable = |reason: String| PolicyFileError::Unreadable { file: file.to_owned(), reason };
    match read {
        Err(error) => Err(unreadable(error.to_string())),
        Ok(_) if text.len() as u64 > LARGEST => {
            Err(unreadable(format!("it is larger than {LARGEST} bytes")))
        }
        Ok(_) => Ok(text),
    }
}

/// The rules of a text together with the built-in ones.
fn link(file: &Path, text: String) -> Result<Loaded, PolicyFileError> {
    let wrong = |line, reason| PolicyFileError::Wrong { file: file.to_owned(), line, reason };
    let entries = yaml::entries(&text).map_err(|fault| wrong(fault.line, fault.reason))?;
    let lines: BTreeMap<_, _> =
        entries.iter().map(|entry| (entry.name.clone(), entry.line)).collect();
    let rules = entries.into_iter().map(|entry| (entry.name, entry.text));
    let (policy, warnings) = Policy::with(rules)
        .map_err(|error| wrong(lines.get(&error.rule).copied().unwrap_or(1), error.to_string()))?;
    let source = Source { file: file.to_owned(), text, lines };
    let mut loaded = Loaded { policy, warnings: vec![], source: Some(source) };
    loaded.warnings = placed(&loaded, file, &warnings);
    Ok(loaded)
}

/// Warnings with their places; those about rules that nobody needs as one, for a file that is
/// Freezer's has many.
fn placed(loaded: &Loaded, file: &Path, warnings: &[Warning]) -> Vec<String> {
    let is_unused = |warning: &&Warning| matches!(warning, Warning::Unused { .. });
    let (unused, others): (Vec<_>, Vec<_>) = warnings.iter().partition(is_unused);
    let place = |rule: &str| loaded.place(rule).unwrap_or_else(|| file.display().to_string());
    let mut said: Vec<_> =
        others.iter().map(|warning| format!("{}: {warning}", place(warning.rule()))).collect();
    if let [_, _, ..] = unused[..] {
        let names: Vec<_> = unused.iter().map(|warning| warning.rule()).collect();
        let names = names.join(", ");
        let file = file.display();
        said.push(format!("{file}: these guard nothing here, and no rule refers to them: {names}"));
    } else {
        said.extend(unused.iter().map(|warning| format!("{}: {warning}", place(warning.rule()))));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    fn warnings(text: &str) -> Vec<String> {
        link(Path::new("policy.yaml"), text.to_owned()).unwrap().warnings
    }

    fn refused(text: &str) -> String {
        link(Path::new("policy.yaml"), text.to_owned()).unwrap_err().to_string()
    }

    #[test]
    fn faults_have_their_line_their_rule_and_a_remedy() {
        assert_eq!(
            refused("# mine\n\nadmin_or_owner: role:boss\nactions:get: rule:admin_or_ownr\n"),
            "policy.yaml:4: actions:get: there is no rule \"admin_or_ownr\" (there is \
             \"admin_or_owner\"); name one that is there, or add it"
        );
        assert_eq!(
            refused("a: '@'\ncontext_is_admin:\n    rule:admin_or_owner\n"),
            "policy.yaml:2: context_is_admin: it comes back to itself: context_is_admin → \
             admin_or_owner → context_is_admin; take one of these references out"
        );
    }

    #[test]
    fn a_policy_of_freezer_api_as_a_whole_is_good() {
        let rules = ["backups", "clients", "jobs", "sessions", "actions"].map(|resource| {
            ["create", "delete", "get", "get_all", "update"]
                .map(|rule| format!("{resource}:{rule}: rule:admin_or_owner\n"))
                .concat()
        });
        let text = format!("admin_or_owner: role:admin\n{}default: '!'\n", rules.concat());
        assert_eq!(warnings(&text).len(), 1);
        assert!(refused(&text.replace("actions:get:", "actions:gett:")).starts_with(
            "policy.yaml:24: actions:gett: no request is checked against a rule of this name (there is \
             \"actions:get\"); correct it to one of actions:get_all, "
        ));
    }

    #[test]
    fn warnings_have_their_line_and_those_of_other_resources_are_one() {
        assert_eq!(
            warnings("actions:get: ''\n"),
            [
                "policy.yaml:1: actions:get: it is empty, which allows everybody; write @ if that is \
              meant, or ! to allow nobody"
            ]
        );
        assert_eq!(
            warnings("jobs:get: '@'\n"),
            ["policy.yaml:1: jobs:get: it guards nothing here, and no rule refers to it"]
        );
        assert_eq!(
            warnings("jobs:get: '@'\nclients:get: rule:admin_or_owner\n"),
            ["policy.yaml: these guard nothing here, and no rule refers to them: clients:get, \
              jobs:get"]
        );
    }
}
