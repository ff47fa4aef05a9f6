//! Which projects an import is about.

use actiond_freezer::{Freezer, Known};
use anyhow::{Context, Result, bail};

/// The ids of those that are named, or of all that Keystone lists.
pub fn to_import(freezer: &Freezer, named: &[String]) -> Result<Vec<String>> {
    if named.is_empty() {
        return freezer.session().projects().context("cannot list the projects");
    }
    named.iter().try_for_each(|project| check(freezer, project))?;
    Ok(named.to_vec())
}

/// Refuses what nobody knows. A project that Keystone has no more may still have actions.
fn check(freezer: &Freezer, project: &str) -> Result<()> {
    let known = freezer.session().look_up(project).context("cannot look for the project")?;
    if known == Known::Yes || !freezer.read(project, 0, 1)?.is_empty() {
        return Ok(());
    }
    let Known::No { namesakes } = known else {
        tracing::warn!(
            project,
            "freezer-api has no actions of it, and Keystone does not tell these credentials whether \
             there is a project of this id"
        );
        return Ok(());
    };
    let hint = match namesakes.as_slice() {
        [] => String::new(),
        [id] => format!("; the project of this name is {id}"),
        ids => format!("; projects of this name are {}", ids.join(", ")),
    };
    bail!(
        "--project {project}: Keystone knows no project of this id, and freezer-api has no actions of \
         it; nothing was imported. Projects are named by their ids{hint}"
    )
}
