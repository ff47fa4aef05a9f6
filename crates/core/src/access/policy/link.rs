//! Puts rules together: each reference leads to a rule, and none back to where it came from.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Rule;
use super::check::Check;
use super::fault::{Fault, PolicyError};
use super::warning::Warning;

/// The rule that stands in for one that is not there, when there is one of this name.
const STAND_IN: &str = "default";

/// Most checks that a decision may take.
const LARGEST: usize = 10_000;

/// Most rules that refer to each other in a row.
const LONGEST: usize = 100;

/// Rules by name.
pub(super) type Rules = BTreeMap<String, Arc<Rule>>;

/// A rule that has been read.
pub(super) struct Unlinked {
    pub(super) check: Check<String>,
    pub(super) is_overridden: bool,
}

/// A rule that is being linked.
struct Step {
    name: String,
    is_overridden: bool,
}

/// Rules on their way to being linked.
pub(super) struct Linker {
    unlinked: BTreeMap<String, Unlinked>,
    linked: Rules,
    /// The rules that are being linked, each referred to by the one before.
    path: Vec<Step>,
    warnings: Vec<Warning>,
}

impl Linker {
    pub(super) fn new(unlinked: BTreeMap<String, Unlinked>) -> Self {
        Self { unlinked, linked: Rules::new(), path: Vec::new(), warnings: Vec::new() }
    }

    /// Links all; those in `first` before the others, so that faults come in their order.
    pub(super) fn link_all(
        mut self,
        first: &[String],
    ) -> Result<(Rules, Vec<Warning>), PolicyError> {
        let others: Vec<_> = self.unlinked.keys().cloned().collect();
        for name in first.iter().chain(&others) {
            self.link(name)?;
        }
        Ok((self.linked, self.warnings))
    }

    fn link(&mut self, name: &str) -> Result<Arc<Rule>, PolicyError> {
        if let Some(rule) = self.linked.get(name) {
            return Ok(Arc::clone(rule));
        }
        if let Some(start) = self.path.iter().position(|step| step.name == name) {
            return Err(self.cycle(start));
        }
        let Some(rule) = self.unlinked.remove(name) else { return self.stand_in(name) };
        if self.path.len() == LONGEST {
            return Err(at(name, Fault::Nested { most: LONGEST }));
        }
        self.path.push(Step { name: name.to_owned(), is_overridden: rule.is_overridden });
        let mut size: usize = 0;
        rule.check.visit(&mut |_| size += 1);
        let check = rule.check.link(&mut |reference: String| {
            let other = self.link(&reference)?;
            size = size.saturating_add(other.size);
            Ok::<_, PolicyError>(other)
        })?;
        self.path.pop();
        if size > LARGEST {
            return Err(at(name, Fault::Large { most: LARGEST }));
        }
        let rule = Rule { name: name.to_owned(), check, size, is_overridden: rule.is_overridden };
        let rule = Arc::new(rule);
        self.linked.insert(name.to_owned(), Arc::clone(&rule));
        Ok(rule)
    }

    /// What a name stands for that no rule has.
    fn stand_in(&mut self, name: &str) -> Result<Arc<Rule>, PolicyError> {
        let rule = self.path.last().map_or_else(String::new, |step| step.name.clone());
        let knows_one = self.unlinked.contains_key(STAND_IN)
            || self.linked.contains_key(STAND_IN)
            || self.path.iter().any(|step| step.name == STAND_IN);
        if knows_one && name != STAND_IN {
            self.warnings.push(Warning::StandIn { rule, reference: name.to_owned() });
            return self.link(STAND_IN);
        }
        let path = self.path.iter().map(|step| &step.name);
        let names = self.unlinked.keys().chain(self.linked.keys()).chain(path);
        let near = names.filter(|known| is_near(known, name)).min().cloned();
        Err(at(&rule, Fault::Unknown { name: name.to_owned(), near }))
    }

    /// The rules from `start` on lead back to it. The error names one that somebody wrote.
    fn cycle(&self, start: usize) -> PolicyError {
        let ring = &self.path[start..];
        let own = ring.iter().find(|step| step.is_overridden).unwrap_or(&ring[0]);
        let path = ring.iter().chain(ring.first()).map(|step| step.name.clone()).collect();
        at(&own.name, Fault::Cycle { path })
    }
}

fn at(rule: &str, fault: Fault) -> PolicyError {
    PolicyError { rule: rule.to_owned(), fault }
}

/// Whether one name is the other with a letter more, less, or changed, or two that are swapped.
pub(super) fn is_near(one: &str, other: &str) -> bool {
    let (one, other): (Vec<_>, Vec<_>) = (one.chars().collect(), other.chars().collect());
    let same = one.iter().zip(&other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let ends = |a: &[char], b: &[char], skip: (usize, usize)| {
        a.len() >= skip.0 && b.len() >= skip.1 && a[skip.0..] == b[skip.1..]
    };
    let is_swapped = one.len() > 1 && other.len() > 1 && (one[0], one[1]) == (other[1], other[0]);
    [(0, 1), (1, 0), (1, 1)].into_iter().any(|skip| ends(one, other, skip))
        || is_swapped && ends(one, other, (2, 2))
}
