//! What project actions are found by.
//!
//! On SQLite this is a full-text index whose words are made here. A change costs it much when it
//! comes alone and little in company, so the latest changes wait in a table of their own until
//! there are enough of them; a search looks at both. Another database has its own way to do this.
//!
//! Of each seq one of these is true:
//! - nothing waits, and the index has an entry if and only if the action is there;
//! - a row waits that replaces nothing: the index has no entry;
//! - a row waits that replaces: the index has an entry, which searches pass over. A row without terms
//!   (each document has one at least) says that the action is gone.

mod query;
mod words;

use actiond_core::document::{Indexed, Term};
use actiond_core::project::ProjectId;
use diesel::dsl::max;
use diesel::prelude::*;

pub(crate) use self::query::Asked;
use super::schema::project_search as index;
use super::schema::project_search_recent as recent;
use super::tables::convert::to_column;
use super::{Connection, Fault, last_rowid, schema};

/// How much waits at most, but for the last change: so many small ones, or so many KiB of larger ones.
/// It goes into the index within somebody's write, in some hundredths of a second.
const MAX_WAITING: i64 = 128;

/// A change of up to so many bytes is a small one.
const SMALL: usize = 2048;

/// What an action is found by.
pub(crate) struct Entry {
    tag: Tag,
    /// Eight bytes each.
    terms: Vec<u8>,
    searchable: String,
}

/// What waits: its seq, what it is found by, and whether the index has an entry that it replaces.
type Waiting = (i64, Tag, Vec<u8>, String, bool);
const WAITING: (recent::seq, recent::project, recent::terms, recent::searchable, recent::replaces) =
    (recent::seq, recent::project, recent::terms, recent::searchable, recent::replaces);

/// A project, as a number.
pub(crate) type Tag = i64;

/// The number of a project: its first term.
pub(crate) fn tag(project: &ProjectId) -> Tag {
    Term::any(project).0.cast_signed()
}

impl Entry {
    pub(crate) fn new(project: &ProjectId, new: &Indexed) -> Self {
        Self {
            tag: tag(project),
            terms: new.terms.iter().flat_map(|term| term.0.to_le_bytes()).collect(),
            searchable: new.searchable.clone(),
        }
    }

    /// What nothing is found by: each document has a term at least.
    fn nothing(tag: Tag) -> Self {
        Self { tag, terms: vec![], searchable: String::new() }
    }

    /// How much it counts among what waits.
    fn weight(&self) -> Result<i64, Fault> {
        let bytes = self.terms.len() + self.searchable.len();
        if bytes <= SMALL { Ok(1) } else { to_column(bytes.div_ceil(1024) as u64) }
    }
}

/// The action at `seq`, where none was before, is found by `entry` from now on.
pub(crate) fn insert(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    wait(connection, seq, entry, false)
}

/// As [`insert`], for several.
pub(crate) fn insert_all(
    connection: &mut Connection,
    entries: Vec<(i64, Entry)>,
) -> Result<(), Fault> {
    entries.into_iter().try_for_each(|(seq, entry)| insert(connection, seq, entry))
}

/// The action at `seq`, where one was removed, is found by `entry` from now on.
pub(crate) fn insert_again(
    connection: &mut Connection,
    seq: i64,
    entry: Entry,
) -> Result<(), Fault> {
    // When nothing waits, the action was gone, and so was its entry.
    let replaces = withdraw(connection, entry.tag, seq)?.unwrap_or(false);
    wait(connection, seq, entry, replaces)
}

/// The action at `seq` is found by `entry` instead of what it was found by.
pub(crate) fn replace(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    // When nothing waits, the action is there, and so is its entry.
    let replaces = withdraw(connection, entry.tag, seq)?.unwrap_or(true);
    wait(connection, seq, entry, replaces)
}

/// The action at `seq` is not found any more.
pub(crate) fn remove(connection: &mut Connection, tag: Tag, seq: i64) -> Result<(), Fault> {
    match withdraw(connection, tag, seq)? {
        // The index never had it.
        Some(false) => Ok(()),
        Some(true) | None => wait(connection, seq, Entry::nothing(tag), true),
    }
}

/// Takes what waits for `seq` back; answers whether the index has an entry that it was to replace.
fn withdraw(connection: &mut Connection, tag: Tag, seq: i64) -> Result<Option<bool>, Fault> {
    let waiting = recent::table.filter(recent::project.eq(tag).and(recent::seq.eq(seq)));
    let waiting = waiting.select((recent::place, recent::replaces));
    let found = waiting.get_result::<(i64, bool)>(connection).optional()?;
    let Some((place, replaces)) = found else { return Ok(None) };
    diesel::delete(recent::table.find(place)).execute(connection)?;
    Ok(Some(replaces))
}

/// Lets an entry wait, and moves all into the index when it is enough.
fn wait(connection: &mut Connection, seq: i64, entry: Entry, replaces: bool) -> Result<(), Fault> {
    let weight = entry.weight()?;
    let row = (
        recent::project.eq(entry.tag),
        recent::seq.eq(seq),
        recent::terms.eq(entry.terms),
        recent::searchable.eq(entry.searchable),
        recent::replaces.eq(replaces),
    );
    let insert = diesel::insert_into(recent::table);
    if weight > 1 {
        let last: Option<i64> = recent::table.select(max(recent::place)).get_result(connection)?;
        let place = last.unwrap_or(0) + weight;
        insert.values((recent::place.eq(place), row)).execute(connection)?;
    } else {
        // The database gives it the next place.
        insert.values(row).execute(connection)?;
    }
    let waiting = last_rowid(connection)?;
    if waiting >= MAX_WAITING { settle(connection) } else { Ok(()) }
}

/// Moves what waits into the index.
fn settle(connection: &mut Connection) -> Result<(), Fault> {
    let waiting = recent::table.order(recent::seq);
    for row in waiting.select(WAITING).load::<Waiting>(connection)? {
        let (seq, tag, terms, searchable, replaces) = row;
        if replaces {
            diesel::delete(index::table.filter(index::rowid.eq(seq))).execute(connection)?;
        }
        if !terms.is_empty() {
            let words = words::of_document(tag, decoded(&terms), &searchable);
            let row = (index::rowid.eq(seq), index::tokens.eq(words));
            diesel::insert_into(index::table).values(row).execute(connection)?;
        }
    }
    diesel::delete(recent::table).execute(connection)?;
    Ok(())
}

/// The terms of an entry.
fn decoded(terms: &[u8]) -> impl ExactSizeIterator<Item = Term> {
    terms.as_chunks().0.iter().map(|bytes| Term(u64::from_le_bytes(*bytes)))
}

#[cfg(test)]
mod tests {
    use actiond_core::document::Indexed;
    use diesel_migrations::MigrationHarness as _;
    use serde_json::json;

    use super::super::testing::{MIGRATIONS, Scratch, apply};
    use super::*;

    fn entry(name: &str) -> Entry {
        let document = json!({"name": name}).as_object().cloned().unwrap();
        let project = ProjectId::new("p");
        Entry::new(&project, &Indexed::new(&project, 1, &document))
    }

    #[test]
    fn the_schema_before_gets_an_index_without_what_was_replaced() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        apply(connection).unwrap();
        (1..=MAX_WAITING).for_each(|seq| insert(connection, seq, entry("old")).unwrap());
        replace(connection, 1, entry("new")).unwrap();
        remove(connection, entry("old").tag, 2).unwrap();
        replace(connection, 3, entry("new")).unwrap();
        remove(connection, entry("old").tag, 3).unwrap();
        remove(connection, entry("old").tag, 4).unwrap();
        insert_again(connection, 4, entry("new")).unwrap();
        let places = |connection: &mut Connection| {
            let indexed = index::table.select(index::rowid).order(index::rowid).limit(5);
            let waiting = recent::table.select(recent::seq).order(recent::seq);
            (indexed.load::<i64>(connection).unwrap(), waiting.load::<i64>(connection).unwrap())
        };
        assert_eq!(places(connection), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4]));
        while connection.revert_last_migration(MIGRATIONS).unwrap().to_string() > "0012".into() {}
        assert_eq!(places(connection), (vec![5, 6, 7, 8, 9], vec![1, 4]));
        apply(connection).unwrap();
        settle(connection).unwrap();
        assert_eq!(places(connection), (vec![1, 4, 5, 6, 7], vec![]));
    }
}
