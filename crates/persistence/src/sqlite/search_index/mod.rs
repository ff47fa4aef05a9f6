//! What project actions are found by.
//!
//! On SQLite these are two full-text indexes whose words are made here: one of terms, and one of
//! [texts]. A change costs them much when it comes alone and little in company, so the latest changes
//! wait in a table of their own: for a moment in which nobody writes, or until there are too many of them. A
//! search looks at all. Another database has its own way to do this.
//!
//! The threes of a text that does not wait are in the entry that its neighbours share, or in its own; an entry
//! may say more than is so. Of each seq one of these is true:
//! - nothing waits, and the index of terms has an entry if and only if the action is there;
//! - a row waits that replaces nothing: that index has no entry;
//! - a row waits that replaces: that index has an entry, which searches pass over. A row without terms
//!   (each document has one at least) says that the action is gone.

mod neighbours;
mod query;
mod texts;
mod waiting;
mod words;

use actiond_core::document::{Indexed, Term};
use actiond_core::project::ProjectId;
use diesel::dsl::max;
use diesel::prelude::*;

pub(crate) use self::query::Asked;
use self::waiting::{MAX_WAITING, SMALL, Waiting};
use super::schema::project_actions as actions;
use super::schema::project_search as index;
use super::tables::project::entry_of;
use super::{Connection, Fault, last_rowid, schema};
use crate::transfer::ProjectActionRow;

/// How much goes into the indexes together at most: so many small changes, or so many KiB of larger ones. It takes
/// some milliseconds, and a write that comes meanwhile waits for it. What is heavier by itself goes alone, and at once.
const TOGETHER: i64 = 128;

/// What an action is found by.
pub(crate) struct Entry {
    tag: Tag,
    /// Eight bytes each, in order.
    terms: Vec<u8>,
    searchable: String,
}

/// How many actions are read at once when the indexes are made anew, each up to a megabyte.
const PART: i64 = 128;

/// How often it is said how far that is.
const SAID_EVERY: i64 = 50_000;

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

    /// What it counts for among what waits: 1 when it is small, else how many KiB it has.
    fn weight(&self) -> i64 {
        let bytes = self.terms.len() + self.searchable.len();
        if bytes <= SMALL { 1 } else { i64::try_from(bytes.div_ceil(1024)).unwrap_or(i64::MAX) }
    }

    /// What nothing is found by: each document has a term at least.
    fn nothing(tag: Tag) -> Self {
        Self { tag, terms: vec![], searchable: String::new() }
    }
}

/// The action at `seq`, where none was before, is found by `entry` from now on.
pub(crate) fn insert(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    wait(connection, seq, &entry, false)
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
    put(connection, seq, &entry, false)
}

/// The action at `seq` is found by `entry` instead of what it was found by.
pub(crate) fn replace(connection: &mut Connection, seq: i64, entry: Entry) -> Result<(), Fault> {
    // When nothing waits, the action is there, and so is its entry.
    put(connection, seq, &entry, true)
}

/// The action at `seq` is not found any more.
pub(crate) fn remove(connection: &mut Connection, tag: Tag, seq: i64) -> Result<(), Fault> {
    // What replaces nothing, the indexes never had.
    if waiting::withdraw(connection, tag, seq)? {
        return Ok(());
    }
    put(connection, seq, &Entry::nothing(tag), true)
}

/// Lets an entry wait: instead of the one that waits, or, when there is none, as one that `replaces` or does not.
fn put(connection: &mut Connection, seq: i64, entry: &Entry, replaces: bool) -> Result<(), Fault> {
    if waiting::change(connection, seq, entry)? {
        return make_room(connection, seq, entry, entry.weight() > 1);
    }
    wait(connection, seq, entry, replaces)
}

/// Lets an entry wait where none does.
fn wait(connection: &mut Connection, seq: i64, entry: &Entry, replaces: bool) -> Result<(), Fault> {
    let place = waiting::push(connection, seq, entry, replaces)?;
    // To count at each small one would cost more than the rest; places have no gaps.
    let is_time_to_count = entry.weight() > 1 || place % TOGETHER == 0;
    make_room(connection, seq, entry, is_time_to_count)
}

/// Moves what may not wait any longer into the indexes, after a change to what waits.
fn make_room(
    connection: &mut Connection,
    seq: i64,
    entry: &Entry,
    is_time_to_count: bool,
) -> Result<(), Fault> {
    if entry.weight() > TOGETHER {
        let alone = waiting::of(connection, entry.tag, seq)?;
        return take_up(connection, &alone);
    }
    while is_time_to_count && waiting::weight(connection)? > MAX_WAITING {
        settle(connection)?;
    }
    Ok(())
}

/// Makes the indexes of all actions, where a migration has left them empty.
pub(crate) fn make_anew(connection: &mut Connection) -> Result<(), Fault> {
    let indexed = index::table.select(index::rowid).limit(1).load::<i64>(connection)?;
    let all: Option<i64> = actions::table.select(max(actions::seq)).get_result(connection)?;
    let is_empty = indexed.is_empty() && waiting::is_empty(connection)?;
    let (true, Some(all)) = (is_empty, all) else { return Ok(()) };
    let (mut last, mut said) = (0, 0);
    while last < all {
        let next = actions::table.filter(actions::seq.gt(last)).order(actions::seq).limit(PART);
        for row in next.load::<ProjectActionRow>(connection)? {
            last = row.seq;
            insert(connection, row.seq, entry_of(&row)?)?;
        }
        if last == all || last - said >= SAID_EVERY {
            tracing::info!(last, all, "making the search index anew");
            said = last;
        }
    }
    Ok(())
}

/// As [`settle`], when so much waits that each costs the indexes little.
pub(crate) fn settle_many(connection: &mut Connection) -> Result<bool, Fault> {
    if waiting::weight(connection)? < TOGETHER { Ok(false) } else { settle(connection) }
}

/// Moves the first that wait into the indexes, but for new ones that expect neighbours; answers whether there may be
/// more.
pub(crate) fn settle(connection: &mut Connection) -> Result<bool, Fault> {
    let (mut first, may_be_more) = waiting::first(connection, TOGETHER)?;
    first.sort_unstable_by_key(|row| row.seq);
    let newest = first.last().map_or(0, |row| row.seq);
    let (settled, stay): (Vec<_>, Vec<_>) =
        first.into_iter().partition(|row| !row.expects_neighbours(newest));
    // Those that only hold up what is behind them do not wait on.
    let is_held_up = settled.is_empty() && may_be_more;
    take_up(connection, &if is_held_up { stay } else { settled })?;
    Ok(may_be_more)
}

/// Moves some that wait into the indexes, in the order of their seqs.
fn take_up(connection: &mut Connection, rows: &[Waiting]) -> Result<(), Fault> {
    rows.iter().try_for_each(|row| settle_terms(connection, row))?;
    texts::take(connection, rows)?;
    waiting::leave(connection, rows)
}

fn settle_terms(connection: &mut Connection, row: &Waiting) -> Result<(), Fault> {
    if row.replaces {
        diesel::delete(index::table.filter(index::rowid.eq(row.seq))).execute(connection)?;
    }
    if !row.is_gone() {
        let words = words::of_terms(row.tag, row.terms(), &row.searchable);
        let row = (index::rowid.eq(row.seq), index::tokens.eq(words));
        diesel::insert_into(index::table).values(row).execute(connection)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use actiond_core::document::{Indexed, Page, Search};
    use diesel_migrations::MigrationHarness as _;
    use serde_json::json;

    use super::super::schema::project_search_texts as texts_table;
    use super::super::testing::{MIGRATIONS, Scratch, apply};
    use super::*;

    fn entry(name: &str) -> Entry {
        let document = json!({"name": name}).as_object().cloned().unwrap();
        let project = ProjectId::new("p");
        Entry::new(&project, &Indexed::new(&project, 1, &document))
    }

    /// What a search for a name finds.
    fn found(connection: &mut Connection, name: &str) -> Vec<i64> {
        let project = ProjectId::new("p");
        let plan = Search::parse(&json!({"match": [{"_all": name}]})).unwrap().plan(&project);
        let until = Instant::now() + Duration::from_secs(60);
        let page = Page { limit: 1000, ..Page::default() };
        let asked = Asked { project: &project, plan: &plan, from: 0, page: &page, until };
        asked.find(connection).unwrap()
    }

    fn add(connection: &mut Connection, seq: i64, name: &str) {
        let row = (
            actions::seq.eq(seq),
            actions::project_id.eq("p"),
            actions::action_id.eq(format!("a{seq}")),
            actions::version.eq(1),
            actions::document.eq(json!({"name": name}).to_string()),
        );
        diesel::insert_into(actions::table).values(row).execute(connection).unwrap();
        insert(connection, seq, entry(name)).unwrap();
    }

    #[test]
    fn the_schema_before_gets_its_index_anew() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        apply(connection).unwrap();
        (1..=300)
            .for_each(|seq| add(connection, seq, if seq % 100 == 0 { "round" } else { "odd" }));
        assert_eq!(found(connection, "round"), [100, 200, 300]);
        while connection.revert_last_migration(MIGRATIONS).unwrap().to_string() > "0013".into() {}
        apply(connection).unwrap();
        assert_eq!(found(connection, "round"), [100, 200, 300]);
        assert_eq!(found(connection, "odd").len(), 297);
    }

    #[test]
    fn who_expects_neighbours_holds_up_nobody() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        apply(connection).unwrap();
        (8..15).for_each(|seq| add(connection, seq, "some"));
        assert!(!settle(connection).unwrap());
        assert_eq!(waiting::weight(connection).unwrap(), 7);
        // Just so large that it does not go with them.
        add(connection, 1000, &"large ".repeat(20_700));
        assert!(waiting::weight(connection).unwrap() > TOGETHER);
        let mut turns = 0;
        while settle(connection).unwrap() {
            turns += 1;
            assert!(turns < 10);
        }
        assert_eq!(waiting::weight(connection).unwrap(), 0);
        assert_eq!((found(connection, "some").len(), found(connection, "large").len()), (7, 1));
    }

    #[test]
    fn what_waits_stays_with_the_schema_that_weighs_it() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        apply(connection).unwrap();
        let names = ["small".to_owned(), "medium ".repeat(400), "large ".repeat(2000)];
        (1..).zip(&names).for_each(|(seq, name)| add(connection, seq, name));
        while connection.revert_last_migration(MIGRATIONS).unwrap().to_string() > "0014".into() {}
        apply(connection).unwrap();
        let weights: Vec<i64> = {
            use super::super::schema::project_search_recent as recent;
            recent::table.select(recent::weight).order(recent::place).load(connection).unwrap()
        };
        assert_eq!(weights, names.each_ref().map(|name| entry(name).weight()));
        assert!(weights[2] > weights[1] && weights[1] > 1, "{weights:?}");
        for name in &names {
            assert_eq!(found(connection, name.split(' ').next().unwrap()).len(), 1);
        }
    }

    /// Entries of texts, by their places.
    fn places(connection: &mut Connection) -> Vec<i64> {
        texts_table::table
            .select(texts_table::rowid)
            .order(texts_table::rowid)
            .load(connection)
            .unwrap()
    }

    #[test]
    fn neighbours_share_an_entry_until_the_last_of_them_is_gone() {
        let scratch = Scratch::new();
        let connection = &mut scratch.connect();
        apply(connection).unwrap();
        (1..=18).for_each(|seq| add(connection, seq, "some"));
        settle(connection).unwrap();
        // The last three wait for others.
        assert_eq!((places(connection), found(connection, "some").len()), (vec![0, 16], 18));
        let change = |connection: &mut Connection, seq, name: &str| {
            let document = json!({"name": name}).to_string();
            let row = diesel::update(actions::table.find(seq));
            row.set(actions::document.eq(document)).execute(connection).unwrap();
            replace(connection, seq, entry(name)).unwrap();
        };
        change(connection, 9, "other");
        settle(connection).unwrap();
        assert_eq!((places(connection), found(connection, "other")), (vec![0, 16, 18], vec![9]));
        (8..=15).for_each(|seq| change(connection, seq, "third"));
        settle(connection).unwrap();
        assert_eq!((places(connection), found(connection, "third").len()), (vec![0, 16], 8));
        assert_eq!(found(connection, "other"), [0; 0]);
        for seq in 8..=15 {
            diesel::delete(actions::table.find(seq)).execute(connection).unwrap();
            remove(connection, entry("").tag, seq).unwrap();
        }
        settle(connection).unwrap();
        assert_eq!((places(connection), found(connection, "some").len()), (vec![0], 10));
    }
}
