//! Project actions in memory.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::document::{Indexed, Page, Plan, StoredDocument};
use crate::error::Result;
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

    fn row(&mut self, key: &Key) -> Option<&mut (ActionId, Indexed)> {
        let place = *self.places.get(key)?;
        self.rows.get_mut(&(key.0.clone(), place))
    }
}

impl ProjectActionRepository for MemoryProjectActions {
    fn insert(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> Pending<Inserted> {
        let mut tables = lock(&self.tables);
        let key = (project.clone(), id.clone());
        if tables.places.contains_key(&key) {
            return Ok(Inserted::Taken).into();
        }
        let place = tables.place_of(&key, self.clock.now()).unwrap_or_else(|| {
            tables.next_place += 1;
            tables.next_place
        });
        tables.removed.remove(&key);
        tables.places.insert(key, place);
        tables.rows.insert((project.clone(), place), (id.clone(), new.clone()));
        Ok(Inserted::Stored).into()
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
    ) -> Result<Swapped> {
        let mut tables = lock(&self.tables);
        let Some((_, row)) = tables.row(&(project.clone(), id.clone())) else {
            return Ok(Swapped::Gone);
        };
        if row.document.version != expected {
            return Ok(Swapped::Changed);
        }
        *row = new.clone();
        Ok(Swapped::Updated)
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
