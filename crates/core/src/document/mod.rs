//! JSON documents as clients keep them: merge, search and paging.
//!
//! Nothing here knows what an action is; Freezer's other resources work the same way.

mod canonical;
mod merge;
mod page;
mod readable;
mod search;
mod stored;
mod terms;

pub use canonical::canonical;
pub use merge::merge_patch;
pub(crate) use page::unknown_marker;
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page};
pub use readable::MAX_DEPTH;
pub(crate) use readable::check_readable;
pub use search::{Plan, Search};
pub use stored::{Indexed, StoredDocument};
pub use terms::{Term, searchable_text, terms, values_by_key};
