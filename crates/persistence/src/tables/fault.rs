//! Failures inside a store. What a driver's error means is in each database's `errors`.

use actiond_core::Error;

/// A failure inside the store, on its way to an [`Error`].
#[derive(Debug)]
pub(crate) enum Fault {
    /// Something that must be unique is taken.
    Taken,
    /// The store cannot be used just now.
    Unavailable {
        /// What is out of reach, for the client.
        reason: &'static str,
        /// Why, for the log.
        cause: anyhow::Error,
    },
    /// A defect, or a broken store.
    Internal(anyhow::Error),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Taken => Self::Internal(anyhow::anyhow!("a unique key is taken")),
            Fault::Unavailable { reason, cause } => Self::Unavailable { reason, cause },
            Fault::Internal(cause) => Self::Internal(cause),
        }
    }
}

impl Fault {
    /// The store holds what this program did not write.
    pub(crate) fn corrupt(what: impl std::fmt::Display) -> Self {
        Self::Internal(anyhow::anyhow!("the store holds {what}"))
    }
}
