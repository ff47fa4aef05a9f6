//! Which faces are served in one place.

/// What a listener serves. `/healthz` and its like are everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faces {
    /// Cluster actions, and the users who may start them.
    pub cluster: bool,
    /// Project actions, and the identity face that gives out their tokens.
    pub project: bool,
}

impl Faces {
    /// Every face.
    pub const ALL: Self = Self { cluster: true, project: true };

    /// Their names.
    pub fn names(self) -> Vec<&'static str> {
        let named = [(self.cluster, "cluster"), (self.project, "project")];
        named.into_iter().filter_map(|(served, name)| served.then_some(name)).collect()
    }
}
