//! What project actions need.

use super::{Inserted, Swapped};
use crate::Pending;
use crate::document::{Indexed, Page, Plan, StoredDocument};
use crate::error::Result;
use crate::once::{Digest, Receipt};
use crate::project::{ActionId, ProjectId};

/// A page of documents, or the news that its marker is unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageAnswer {
    /// The documents, in creation order.
    Documents(Vec<StoredDocument>),
    /// `page.after` names no action of this project, nor one removed in the last day.
    UnknownMarker,
}

impl PageAnswer {
    /// How many bytes its documents have together.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Documents(documents) => {
                documents.iter().map(|document| document.text.len()).sum()
            }
            Self::UnknownMarker => 0,
        }
    }
}

/// Keeps the project actions. The project is part of every key.
pub trait ProjectActionRepository: Send + Sync {
    /// Stores a new action at the end of the project's order, or, when one of this id was removed in
    /// the last day, at the place of that one; [`Inserted::Taken`] when the project has one.
    ///
    /// This does not block: the answer comes when the action is on the disk.
    fn insert(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> Pending<Inserted>;

    /// As [`ProjectActionRepository::insert`], with a receipt; this blocks. [`Inserted::Taken`] also when
    /// one of its name is kept that has not expired.
    fn insert_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Inserted>;

    /// The receipt of this name, expired or not.
    fn recall(&self, name: &Digest) -> Result<Option<Receipt>>;

    /// One action.
    ///
    /// This does not block for longer than it takes to look into memory.
    fn find(&self, project: &ProjectId, id: &ActionId) -> Pending<Option<StoredDocument>>;

    /// Stores another document under the id, if the stored version is still `expected`. The action
    /// keeps its place in the order.
    ///
    /// This does not block: the answer comes when the document is on the disk.
    fn update(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
    ) -> Pending<Swapped>;

    /// As [`ProjectActionRepository::update`], with a receipt; this blocks. [`Swapped::Changed`] also when
    /// one of its name is kept that has not expired.
    fn update_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Swapped>;

    /// Removes an action; with `expected`, only that version. Its id is free again, and serves as a
    /// marker for a day.
    fn remove(&self, project: &ProjectId, id: &ActionId, expected: Option<u64>) -> Result<Swapped>;

    /// A page of all actions of the project, in creation order.
    fn page(&self, project: &ProjectId, page: &Page) -> Result<PageAnswer>;

    /// As [`ProjectActionRepository::page`], where that takes no longer than to look into memory,
    /// and the documents have at most so many bytes together; else none.
    ///
    /// This does not block.
    fn short_page(
        &self,
        project: &ProjectId,
        page: &Page,
        at_most: usize,
    ) -> Pending<Option<PageAnswer>>;

    /// A page of those that satisfy `plan`, in creation order. Its cost follows what it finds.
    fn search(&self, project: &ProjectId, plan: &Plan, page: &Page) -> Result<PageAnswer>;
}
