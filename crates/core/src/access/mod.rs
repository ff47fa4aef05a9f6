//! Who may do what.
//!
//! A use case takes a pass ([`ClusterPass`], [`ProjectPass`]) that only a check of one named
//! permission gives out, so that no code reaches the domain without having named it.

mod caller;
mod cluster;
mod policy;
mod project;

pub use caller::{Caller, Scope, ScopeTarget};
pub use cluster::{ClusterPass, ClusterPermission, ClusterRole, cluster_permission};
pub use policy::{Fault, LivePolicy, Policy, PolicyError, Rule, RuleText, Trace, Warning};
pub use project::{ProjectPass, ProjectPolicy, ProjectRule, project_rule};
