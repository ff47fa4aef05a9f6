//! Project actions in the store.

mod counts;
pub(crate) mod markers;
mod swap;

use std::sync::Arc;
use std::time::{Duration, Instant};

use actiond_core::document::{Indexed, Page, Plan, StoredDocument};
use actiond_core::once::{Digest, Receipt};
use actiond_core::ports::{Clock, Inserted, PageAnswer, ProjectActionRepository, Swapped};
use actiond_core::project::{ActionId, ProjectId};
use actiond_core::{Pending, Result, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;

use self::swap::Swap;
use super::backend::{self, Connection, Database, Fault, creates, finds, search_index};
use super::convert::{self, from_column, inserted, to_column};
use super::receipts::{self, NewReceipt};
use crate::schema::project_actions as actions;
use crate::transfer::ProjectActionRow;

pub(crate) struct ProjectActionTable {
    pub(crate) database: Arc<Database>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long a search may look at documents.
    pub(crate) search_time: Duration,
}

/// An action's name in the store.
pub(crate) struct Key {
    pub(crate) project: String,
    pub(crate) id: String,
}

/// An action that is to be stored.
pub(crate) struct NewAction {
    pub(crate) key: Key,
    pub(crate) document: StoredDocument,
    /// What it is found by.
    pub(crate) entry: search_index::Entry,
    /// When it comes.
    pub(crate) now: Timestamp,
}

/// The columns that a reader wants.
pub(crate) type DocumentRow = (i64, String);
pub(crate) const DOCUMENT: (actions::version, actions::document) =
    (actions::version, actions::document);

impl ProjectActionRepository for ProjectActionTable {
    fn insert(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> Pending<Inserted> {
        let write = creates::insert(&self.database, self.new_action(project, id, new));
        Pending::new(async { inserted(write.await) })
    }

    fn insert_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Inserted> {
        let (new, receipt) = (self.new_action(project, id, new), NewReceipt::try_from(receipt)?);
        inserted(self.database.write(move |connection| {
            receipts::keep(connection, &receipt)?;
            creates::insert_now(connection, new)
        }))
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        self.database.read(|connection| receipts::find(connection, name))
    }

    fn find(&self, project: &ProjectId, id: &ActionId) -> Pending<Option<StoredDocument>> {
        finds::find(&self.database, project, id)
    }

    fn update(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
    ) -> Pending<Swapped> {
        match self.swap(project, id, expected, new, None) {
            Ok(swap) => {
                let write = self.database.submit(swap);
                Pending::new(async { swapped(write.await) })
            }
            Err(error) => Err(error).into(),
        }
    }

    fn update_once(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
        receipt: &Receipt,
    ) -> Result<Swapped> {
        let swap = self.swap(project, id, expected, new, Some(receipt.try_into()?))?;
        swapped(self.database.write(swap))
    }

    fn remove(&self, project: &ProjectId, id: &ActionId, expected: Option<u64>) -> Result<Swapped> {
        let (key, tag) = (Key::new(project, id), search_index::tag(project));
        let expected = expected.map(to_column).transpose()?;
        let now = self.clock.now();
        Ok(self.database.write(move |connection| {
            let row = key.row().select((actions::seq, actions::version));
            let Some((seq, version)) = row.get_result::<(i64, i64)>(connection).optional()? else {
                return Ok(Swapped::Gone);
            };
            if expected.is_some_and(|expected| expected != version) {
                return Ok(Swapped::Changed);
            }
            diesel::delete(actions::table.find(seq)).execute(connection)?;
            markers::keep(connection, &key, seq, now)?;
            search_index::remove(connection, tag, seq)?;
            Ok(Swapped::Updated)
        })?)
    }

    fn page(&self, project: &ProjectId, page: &Page) -> Result<PageAnswer> {
        let now = self.clock.now();
        self.database.scan(|connection| {
            let Some(from) = start(connection, project, page, now)? else {
                return Ok(PageAnswer::UnknownMarker);
            };
            let skip = to_column(page.skip)?;
            let Some((from, skip)) = counts::skip(connection, project.as_str(), from, skip)? else {
                return Ok(PageAnswer::Documents(vec![]));
            };
            let of_project = actions::table.filter(actions::project_id.eq(project.as_str()));
            let rows = of_project.filter(actions::seq.ge(from)).order(actions::seq);
            let rows = rows.offset(skip).limit(page.limit.into()).select(DOCUMENT);
            documents(rows.load(connection)?)
        })
    }

    fn short_page(
        &self,
        project: &ProjectId,
        page: &Page,
        at_most: usize,
    ) -> Pending<Option<PageAnswer>> {
        finds::short_page(&self.database, project, page, at_most, self.clock.now())
    }

    fn search(&self, project: &ProjectId, plan: &Plan, page: &Page) -> Result<PageAnswer> {
        let now = self.clock.now();
        self.database.scan(|connection| {
            let Some(from) = start(connection, project, page, now)? else {
                return Ok(PageAnswer::UnknownMarker);
            };
            let until = Instant::now() + self.search_time;
            let asked = search_index::Asked { project, plan, from, page, until };
            let found = asked.find(connection)?;
            let rows = actions::table.filter(actions::seq.eq_any(found));
            let rows = rows.filter(actions::project_id.eq(project.as_str())).order(actions::seq);
            documents(rows.select(DOCUMENT).load(connection)?)
        })
    }
}

impl ProjectActionTable {
    fn new_action(&self, project: &ProjectId, id: &ActionId, new: &Indexed) -> NewAction {
        NewAction {
            key: Key::new(project, id),
            document: new.document.clone(),
            entry: search_index::Entry::new(project, new),
            now: self.clock.now(),
        }
    }

    /// The write that is a compare-and-swap.
    fn swap(
        &self,
        project: &ProjectId,
        id: &ActionId,
        expected: u64,
        new: &Indexed,
        receipt: Option<NewReceipt>,
    ) -> Result<impl FnOnce(&mut Connection) -> Result<Swapped, Fault> + Send + use<>> {
        let entry = search_index::Entry::new(project, new);
        let swap = Swap {
            key: Key::new(project, id),
            expected: to_column(expected)?,
            version: to_column(new.document.version)?,
            document: new.document.text.clone(),
        };
        Ok(move |connection: &mut Connection| {
            let Some(seq) = (&swap).get_result(connection).optional()? else {
                return missed(connection, &swap.key);
            };
            receipt.map_or(Ok(()), |receipt| receipts::keep(connection, &receipt))?;
            search_index::replace(connection, seq, entry)?;
            Ok(Swapped::Updated)
        })
    }
}

impl Key {
    pub(crate) fn new(project: &ProjectId, id: &ActionId) -> Self {
        Self { project: project.as_str().to_owned(), id: id.as_str().to_owned() }
    }

    #[diesel::dsl::auto_type(no_type_alias)]
    fn row<'a>(&'a self) -> _ {
        let project: &'a str = &self.project;
        let id: &'a str = &self.id;
        actions::table.filter(actions::project_id.eq(project)).filter(actions::action_id.eq(id))
    }
}

/// The first seq that a page may show; none when its marker is unknown.
pub(crate) fn start(
    connection: &mut Connection,
    project: &ProjectId,
    page: &Page,
    now: Timestamp,
) -> Result<Option<i64>, Fault> {
    let Some(marker) = &page.after else { return Ok(Some(0)) };
    let key = Key::new(project, marker);
    let live = key.row().select(actions::seq).get_result(connection).optional()?;
    let place = match live {
        Some(seq) => Some(seq),
        None => markers::place(connection, &key, now)?,
    };
    Ok(place.map(|seq: i64| seq + 1))
}

/// What a compare-and-swap says. Where its receipt is kept already, another was faster.
fn swapped(outcome: Result<Swapped, Fault>) -> Result<Swapped> {
    match outcome {
        Err(Fault::Taken) => Ok(Swapped::Changed),
        answer => Ok(answer?),
    }
}

/// Why a compare-and-swap met no row.
fn missed(connection: &mut Connection, key: &Key) -> Result<Swapped, Fault> {
    let there = diesel::select(exists(key.row())).get_result(connection)?;
    Ok(if there { Swapped::Changed } else { Swapped::Gone })
}

/// What an action that is stored is found by.
pub(crate) fn entry_of(row: &ProjectActionRow) -> Result<search_index::Entry, Fault> {
    let project = ProjectId::new(row.project_id.clone());
    let document = serde_json::from_str(&row.document)
        .map_err(|_| Fault::corrupt(format_args!("no document at {}", row.seq)))?;
    let indexed = Indexed::new(&project, from_column(row.version)?, &document);
    Ok(search_index::Entry::new(&project, &indexed))
}

pub(crate) fn stored((version, text): DocumentRow) -> Result<StoredDocument, Fault> {
    Ok(StoredDocument { version: from_column(version)?, text })
}

fn documents(rows: Vec<DocumentRow>) -> Result<PageAnswer, Fault> {
    rows.into_iter().map(stored).collect::<Result<_, _>>().map(PageAnswer::Documents)
}
