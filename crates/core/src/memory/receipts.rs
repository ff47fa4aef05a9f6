//! Receipts in memory.

use std::collections::BTreeMap;

use crate::once::{Digest, Receipt};

#[derive(Debug, Default)]
pub(super) struct Receipts(BTreeMap<Digest, Receipt>);

impl Receipts {
    pub(super) fn find(&self, name: &Digest) -> Option<Receipt> {
        self.0.get(name).cloned()
    }

    /// Whether the name is free, or the receipt that has it has expired.
    pub(super) fn has_room(&self, receipt: &Receipt) -> bool {
        self.0.get(&receipt.name).is_none_or(|kept| kept.kept_at <= receipt.expired())
    }

    pub(super) fn keep(&mut self, receipt: &Receipt) {
        self.0.retain(|_, kept| kept.kept_at > receipt.expired());
        self.0.insert(receipt.name, receipt.clone());
    }
}
