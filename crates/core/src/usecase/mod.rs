//! What can be done, each in one place. A use case takes a pass first, so it cannot be reached
//! without a permission having been checked.

mod cluster;
mod execution;
mod import;
mod lookout;
mod precondition;
mod project;
mod start;

pub use cluster::{ClusterActions, Described};
pub use execution::{Execution, Grip};
pub use import::{Import, Imported};
pub use lookout::Lookout;
pub use precondition::Precondition;
pub use project::{BESIDE_BODY, ProjectActions, Written};
pub use start::{StartRequest, Started};

use anyhow::anyhow;

use crate::error::{Error, Result};
use crate::ports::Swapped;

/// How often a compare-and-swap is tried anew before the service says that it is too busy. Each
/// time somebody else's change went through, so some hundred in a row means real trouble.
const MAX_ATTEMPTS: usize = 200;

/// Reads, decides and swaps, until nobody changed the thing in between.
fn until_swapped<T>(mut attempt: impl FnMut() -> Result<Attempt<T>>) -> Result<T> {
    for _ in 0..MAX_ATTEMPTS {
        if let Attempt::Done(value) = attempt()? {
            return Ok(value);
        }
    }
    Err(Error::Unavailable {
        reason: "too many changes to the same action at once",
        cause: anyhow!("{MAX_ATTEMPTS} compare-and-swaps in a row failed"),
    })
}

/// The end of one try.
enum Attempt<T> {
    Done(T),
    /// Somebody else was faster: read and decide again.
    Again,
}

impl<T> Attempt<T> {
    fn from_swap(swapped: Swapped, value: T) -> Self {
        match swapped {
            Swapped::Updated => Self::Done(value),
            Swapped::Changed | Swapped::Gone => Self::Again,
        }
    }
}
