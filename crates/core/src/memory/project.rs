//! Project actions in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::lock;
use super::receipts::Receipts;
use crate::document::{Indexed, Page, Plan, StoredDocument};
use crate::error::Result;
use crate::once::{Digest, Receipt};
use crate::ports::{Clock, Inserted, PageAnswer, ProjectActionRepository, Swapped};
use crate::project::{ActionId, ProjectId};
use crate::{Pending, Timestamp};

/// How long the place of a removed action is kept for its id.
const MARKER_LIFE: chrono::TimeDelta = chrono::TimeDelta::days(1);

/// Keeps project actions as long as it lives.
pub struct MemoryProjectActions {
    clock: Arc<dyn Clock>,
    tables: Mutex<Tables>,
}

type Key = (ProjectId, ActionId);

#[derive(Default)]
struct Tables {
    next_place: u64,
    /// By project and place in the order of creation.
    rows: BTreeMap<(ProjectId, u64), (ActionId, Indexed)>,
    places: BTreeMap<Key, u64>,
    removed: BTreeMap<Key, (u64, Timestamp)>,
    receipts: Receipts,
}

impl MemoryProjectActions {
    /// No actions; the clock says how old a removed marker is.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tables: Mutex::default() }
    }

    fn page_of(
        &self,
        project: &ProjectId,
        page: &Page,
        wanted: impl Fn(&Indexed) -> bool,
    ) -> PageAnswer {
        let tables = lock(&self.tables);
        let first = match &page.after {
            None => 0,
            Some(marker) => {
                let key = (project.clone(), marker.clone());
                match tables.place_of(&key, self.clock.now()) {
                    Some(place) => place + 1,
                    None => return PageAnswer::UnknownMarker,
                }
            }
        };
        let rows = tables.rows.range((project.clone(), first)..=(project.clone(), u64::MAX));
        let found = rows.map(|(_, (_, row))| row).filter(|row| wanted(row));
        let skip = usize::try_from(page.skip).unwrap_or(usize::MAX);
        PageAnswer::Documents(
            found.skip(skip).take(page.limit as usize).map(|row| row.document.clone()).collect(),
        )
    }
}

impl Tables {
    /// Where the action of this id stands, or stood a short while ago.
    fn place_of(&self, key: &Key, now: Timestamp) -> Option<u64> {
        let removed = self.removed.get(key).filter(|(_, at)| now - *at < MARKER_LIFE);
        self.places.get(key).copied().or(removed.map(|(place, _)| *place))
    }

    fn insert(&mut self, key: Key, new: &Indexed, now: Timestamp) -> Inserted {
        if self.places.contains_key(&key) {
            return Inserted::Taken;
        }
        let place = self.place_of(&key, now).unwrap_or_else(|| {
            self.next_place += 1;
            self.next_place
        });
        self.removed.remove(&key);
        self.places.insert(key.clone(), place);
        self.rows.insert((key.0, place), (key.1, new.clone()));
        Inserted::Stored
    }

    fn update(&mut self, key: &Key, expected: u64, new: &Indexed) -> Swapped {
        match self.row(key) {
            None => Swapped::Gone,
            Some((_, row)) if row.document.version != expected => Swapped::Changed,
            Some((_, row)) => {
                *row = new.clone();
                Swapped::Updated
            }
        }
    }

    fn row(&mut self, key: &Key) -> Option<&mut (ActionId, Indexed)> {
        let place = *self.places.get(key)?;
        self.rows.get_mut(&(key.0.clone(), place))
    }
}

impl ProjectActionRepository for MemoryProjectActions {
    fn insert(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> Pending<Inserted> {
        Ok(lock(&self.tables).insert((project.clone(), id.clone()), new, self.clock.now())).into()
    }

    fn insert_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Inserted> {
        let mut tables = lock(&self.tables);
        if !tables.receipts.has_room(receipt) {
            return Ok(Inserted::Taken);
        }
        let inserted = tables.insert((project.clone(), id.clone()), new, self.clock.now());
        if inserted == Inserted::Stored {
            tables.receipts.keep(receipt);
        }
        Ok(inserted)
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        Ok(lock(&self.tables).receipts.find(name))
    }

    fn find(&self, project: &ProjectId, id: &ActionId) -> Pending<Option<StoredDocument>> {
        let mut tables = lock(&self.tables);
        let row = tables.row(&(project.clone(), id.clone()));
        Ok(row.map(|(_, row)| row.document.clone())).into()
    }

    fn update(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
    ) -> Pending<Swapped> {
        Ok(lock(&self.tables).update(&(project.clone(), id.clone()), expected, new)).into()
    }

    fn update_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Swapped> {
        let mut tables = lock(&self.tables);
        if !tables.receipts.has_room(receipt) {
            return Ok(Swapped::Changed);
        }
        let swapped = tables.update(&(project.clone(), id.clone()), expected, new);
        if swapped == Swapped::Updated {
            tables.receipts.keep(receipt);
        }
        Ok(swapped)
    }

    fn remove(&self, project: &ProjectId, id: &ActionId, expected: Option<u64>) -> Result<Swapped> {
        let mut tables = lock(&self.tables);
        let key = (project.clone(), id.clone());
        let Some((_, row)) = tables.row(&key) else { return Ok(Swapped::Gone) };
        if expected.is_some_and(|version| row.document.version != version) {
            return Ok(Swapped::Changed);
        }
        if let Some(place) = tables.places.remove(&key) {
            tables.rows.remove(&(project.clone(), place));
            tables.removed.insert(key, (place, self.clock.now()));
        }
        Ok(Swapped::Updated)
    }

    fn page(&self, project: &ProjectId, page: &Page) -> Result<PageAnswer> {
        Ok(self.page_of(project, page, |_| true))
    }

    fn short_page(
        &self,
        project: &ProjectId,
        page: &Page,
        at_most: usize,
    ) -> Pending<Option<PageAnswer>> {
        let answer = self.page_of(project, page, |_| true);
        Ok(Some(answer).filter(|answer| answer.bytes() <= at_most)).into()
    }

    fn search(&self, project: &ProjectId, plan: &Plan, page: &Page) -> Result<PageAnswer> {
        let contains = plan.contains.as_deref().unwrap_or("");
        Ok(self.page_of(project, page, |row| {
            plan.required.iter().all(|term| row.terms.contains(term))
                && !plan.excluded.iter().any(|term| row.terms.contains(term))
                && row.searchable.contains(contains)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behaves_as_the_port_says() {
        crate::port_tests::project_actions(&|clock| Arc::new(MemoryProjectActions::new(clock)));
    }
}
