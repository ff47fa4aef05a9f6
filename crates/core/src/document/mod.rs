//! JSON documents as clients keep them: merge, search and paging.
//!
//! What a document must hold is not known here: Freezer's other resources work the same way. Rows
//! are named by their ids, which are those of actions.

mod canonical;
mod merge;
mod page;
mod readable;
mod search;
mod stored;
mod terms;

pub(crate) use canonical::{is_negative, is_whole};
pub use merge::merge_patch;
pub(crate) use page::unknown_marker;
pub use page::{DEFAULT_LIMIT, MAX_LIMIT, Page};
pub use readable::MAX_DEPTH;
pub(crate) use readable::check_readable;
pub use search::{Plan, Search};
pub use stored::{Indexed, StoredDocument};
pub use terms::{SEPARATOR, Term, searchable_text, terms};
