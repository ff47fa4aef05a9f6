//! `actiond policy test`.

use std::process::ExitCode;

use actiond_core::access::{Caller, Scope, ScopeTarget, Trace};
use actiond_core::project::ProjectId;
use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::say;
use crate::cli::{Format, Question};
use crate::policy::Loaded;

/// The exit status when the rule does not allow it.
const DENIED: u8 = 3;

/// Decides, and says why.
pub fn run(loaded: &Loaded, question: &Question, format: Format) -> Result<ExitCode> {
    let Question { rule, project, target_project, .. } = question;
    let target = target_project.as_ref().or(project.as_ref()).context("no project is named")?;
    let trace = loaded.policy.explain(&caller(question), rule, &ProjectId::new(target));
    let trace = trace.with_context(|| {
        format!("there is no rule {rule:?}; `actiond policy list` shows those that there are")
    })?;
    match format {
        Format::Text => {
            let mut lines = Vec::new();
            write(&trace, 0, &mut lines);
            say(lines.join("\n"))?;
        }
        Format::Json => {
            let answer = json!({"rule": rule, "allowed": trace.holds, "trace": object(&trace)});
            say(format_args!("{answer:#}"))?;
        }
    }
    Ok(if trace.holds { ExitCode::SUCCESS } else { DENIED.into() })
}

fn caller(question: &Question) -> Caller {
    let Question { roles, project, project_domain, user, user_domain, .. } = question;
    let roles = roles.iter().map(|role| role.to_lowercase()).collect();
    let target = project.as_ref().map(|id| ScopeTarget::Project {
        id: ProjectId::new(id),
        domain: Some(project_domain.clone()),
    });
    Caller {
        user_id: user.clone(),
        name: user.clone(),
        user_domain: Some(user_domain.clone()),
        scope: target.map(|target| Scope { target, roles }),
        ..Caller::default()
    }
}

fn write(trace: &Trace, depth: usize, lines: &mut Vec<String>) {
    let word = if trace.holds { "yes" } else { "no" };
    let because = trace.because.iter().map(|why| format!("  ({why})")).collect::<String>();
    lines.push(format!("{word:<4}{:indent$}{}{because}", "", trace.check, indent = depth * 2));
    trace.parts.iter().for_each(|part| write(part, depth + 1, lines));
}

fn object(trace: &Trace) -> Value {
    json!({
        "check": trace.check,
        "holds": trace.holds,
        "because": trace.because,
        "parts": trace.parts.iter().map(object).collect::<Value>(),
    })
}
