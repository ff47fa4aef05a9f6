//! The policy in force, which can be replaced while it is asked.

use std::sync::{Arc, PoisonError, RwLock};

use super::Policy;
use crate::access::{Caller, ProjectPolicy, ProjectRule};
use crate::project::ProjectId;

/// A policy that can be replaced. A decision is made by one policy as a whole.
#[derive(Debug)]
pub struct LivePolicy(RwLock<Arc<Policy>>);

impl LivePolicy {
    /// Begins with `policy`.
    pub fn new(policy: Policy) -> Self {
        Self(RwLock::new(Arc::new(policy)))
    }

    /// Puts another policy in force. It counts for every decision that begins from now on.
    pub fn replace(&self, policy: Policy) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }
}

impl ProjectPolicy for LivePolicy {
    fn allows(&self, caller: &Caller, rule: ProjectRule, project: &ProjectId) -> bool {
        let policy = Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner));
        policy.allows(caller, rule, project)
    }
}
