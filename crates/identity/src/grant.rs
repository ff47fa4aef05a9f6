//! Roles, as an operator writes them.

use actiond_core::access::ClusterRole;
use actiond_core::identity::ProjectGrant;
use actiond_core::project::ProjectId;
use actiond_core::{Error, Result};

/// Longest project id or project role, in bytes.
const MAX_LENGTH: usize = 128;

/// Reads a cluster role.
///
/// # Errors
/// [`Error::Invalid`] with the roles that there are.
pub fn parse_cluster_role(text: &str) -> Result<ClusterRole> {
    ClusterRole::parse(text).ok_or_else(|| {
        let all = ClusterRole::ALL.map(ClusterRole::as_str).join(", ");
        Error::invalid("role", format!("{text:?} is no cluster role; there are {all}"))
    })
}

/// Reads `PROJECT:ROLE`: a project's id or name, and a role in any case. Any word is a role; the
/// default policy knows `admin`, `service`, `member` and `reader`.
///
/// # Errors
/// [`Error::Invalid`] with the form that is wanted.
pub fn parse_grant(text: &str) -> Result<ProjectGrant> {
    let refused = || {
        let form = "is not PROJECT:ROLE: a project's id or name without spaces, slashes and control \
                    characters, and a role of letters, digits, '_' and '-', such as admin, member, \
                    reader or service";
        Error::invalid("project", format!("{text:?} {form}, each at most {MAX_LENGTH} bytes long"))
    };
    let (project, role) = text.rsplit_once(':').ok_or_else(refused)?;
    let role = role.to_lowercase();
    if !is_project(project) || !is_role(&role) {
        return Err(refused());
    }
    Ok(ProjectGrant { project: ProjectId::new(project), role })
}

/// Whether the text can be a project's id, or its name.
pub(crate) fn is_project(text: &str) -> bool {
    let bad = |c: char| c.is_control() || c.is_whitespace() || c == '/';
    (1..=MAX_LENGTH).contains(&text.len()) && !text.contains(bad)
}

fn is_role(text: &str) -> bool {
    let of_form = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    (1..=MAX_LENGTH).contains(&text.len()) && text.chars().all(of_form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_grants() {
        for (text, project, role) in [
            ("default:member", "default", "member"),
            ("a:b:Admin", "a:b", "admin"),
            (
                "6f70656e737461636b20342065766572:load-balancer_member",
                "6f70656e737461636b20342065766572",
                "load-balancer_member",
            ),
        ] {
            let grant = parse_grant(text).unwrap();
            assert_eq!((grant.project.as_str(), &*grant.role), (project, role));
        }
        for bad in
            ["", "member", ":member", "p:", "a b:member", "a/b:member", "p:a b", "p\n:member"]
        {
            let error = parse_grant(bad).unwrap_err().to_string();
            assert!(error.contains("PROJECT:ROLE") && error.contains("reader"), "{error}");
        }
    }

    #[test]
    fn reads_cluster_roles() {
        for role in ClusterRole::ALL {
            assert_eq!(parse_cluster_role(role.as_str()).unwrap(), role);
        }
        let error = parse_cluster_role("root").unwrap_err().to_string();
        assert!(error.contains("\"root\"") && error.contains("cluster_viewer"), "{error}");
    }
}
