//! How far a store's schema is.

use actiond_core::{Error, Result};

/// How far a store's schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaState {
    /// The migrations that the store has, in order.
    pub applied: Vec<String>,
    /// The migrations that this program has and the store lacks, in order.
    pub pending: Vec<String>,
    /// The migrations that the store has and this program does not know, in order: a newer program
    /// applied them.
    pub unknown: Vec<String>,
}

impl SchemaState {
    /// Compares what a store has with what this program knows.
    pub(crate) fn of(mut applied: Vec<String>, mut known: Vec<String>) -> Self {
        applied.sort();
        known.sort();
        let pending = known.iter().filter(|version| !applied.contains(version)).cloned().collect();
        let unknown = applied.iter().filter(|version| !known.contains(version)).cloned().collect();
        Self { applied, pending, unknown }
    }

    /// Whether the store has nothing of any version yet.
    pub fn is_new(&self) -> bool {
        self.applied.is_empty()
    }

    /// Whether the store is at the schema of this program.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a store that is older, or that a newer program wrote.
    #[cfg(feature = "postgres")]
    pub(crate) fn check_current(&self) -> Result<()> {
        self.check_known()?;
        match self.pending.first() {
            None => Ok(()),
            Some(first) => Err(Error::conflict(format!(
                "the store's schema is older than this program, and lacks {first}: run `actiond migrate`"
            ))),
        }
    }

    /// Whether this program may use the store.
    ///
    /// # Errors
    /// [`Error::Conflict`] for a store that a newer program wrote.
    pub fn check_known(&self) -> Result<()> {
        match self.unknown.last() {
            None => Ok(()),
            Some(newest) => Err(Error::conflict(format!(
                "the store's schema is newer ({newest}) than this program: use the program that \
                 wrote it, or restore a backup from before the upgrade"
            ))),
        }
    }
}
