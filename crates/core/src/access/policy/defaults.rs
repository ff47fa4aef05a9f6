//! Freezer's rules, by its names.

/// A rule that is there without a file.
#[derive(Debug)]
pub(super) struct BuiltIn {
    pub(super) name: &'static str,
    pub(super) text: &'static str,
    pub(super) description: &'static str,
}

/// The rules of the project face, and those that they are made of.
pub(super) const BUILT_IN: [BuiltIn; 13] = [
    rule("context_is_admin", "role:admin", "An admin, who reaches every project"),
    rule(
        "project_member",
        "role:member and project_id:%(project_id)s",
        "A member of the project that the request is about",
    ),
    rule(
        "project_reader",
        "role:reader and project_id:%(project_id)s",
        "A reader of the project that the request is about",
    ),
    rule(
        "admin_or_owner",
        "rule:context_is_admin or rule:project_member",
        "Who may change what a project has",
    ),
    rule(
        "admin_or_service",
        "role:admin or role:service",
        "An admin, or a service such as Freezer's scheduler",
    ),
    rule(
        "admin_or_owner_or_service",
        "rule:admin_or_service or rule:project_member",
        "Who may change what a project has, or a service",
    ),
    rule(
        "admin_or_reader_or_service",
        "rule:admin_or_owner_or_service or rule:project_reader",
        "Who may see what a project has",
    ),
    rule("actions:get_all", "rule:admin_or_reader_or_service", "List and search actions"),
    rule("actions:get", "rule:admin_or_reader_or_service", "Show an action"),
    rule("actions:create", "rule:admin_or_owner", "Create an action"),
    rule("actions:update", "rule:admin_or_owner", "Change an action"),
    rule("actions:replace", "rule:admin_or_owner", "Replace an action, or create it under an id"),
    rule("actions:delete", "rule:admin_or_owner", "Delete an action"),
];

const fn rule(name: &'static str, text: &'static str, description: &'static str) -> BuiltIn {
    BuiltIn { name, text, description }
}

/// The built-in rule of this name.
pub(super) fn built_in(name: &str) -> Option<&'static BuiltIn> {
    BUILT_IN.iter().find(|rule| rule.name == name)
}
