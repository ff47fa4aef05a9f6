//! Reading all of a store, and writing all of it.

use std::sync::mpsc::Receiver;

use actiond_core::Error;
use anyhow::anyhow;
use diesel::prelude::*;

use super::backend::{Connection, Fault, places, search_index};
use super::convert::from_column;
use super::project::entry_of;
use crate::schema::{
    cluster_actions, cluster_exclusions, login_failures, project_action_markers as markers,
    project_actions, project_names, receipts, signing_keys, tokens, user_counter, user_grants,
    users,
};
use crate::transfer::{
    Batch, CUT_OFF, Content, Digest, MarkerRow, Out, ProjectActionRow, ReceiptRow, TableContent,
    TokenRow,
};

/// How many rows are read at once, each up to a megabyte.
const BATCH: i64 = 128;

/// Stores rows, a part at a time: a statement takes so many values and no more.
macro_rules! add {
    ($connection:ident, $table:ident, $rows:ident) => {
        for part in $rows.chunks(BATCH as usize) {
            diesel::insert_into($table::table).values(part).execute($connection)?;
        }
    };
}

/// How many rows the store has, at about now.
pub(crate) fn count(connection: &mut Connection) -> Result<u64, Fault> {
    let mut rows = 0;
    macro_rules! add {
        ($($table:ident),*) => {
            $(rows += $table::table.count().get_result::<i64>(connection)?;)*
        };
    }
    add!(cluster_actions, cluster_exclusions, users, user_grants, project_names, tokens);
    add!(user_counter, login_failures, signing_keys);
    add!(project_actions, markers, receipts);
    from_column(rows)
}

/// Hands out all rows, in the order of their keys.
pub(crate) fn export(connection: &mut Connection, out: Out<'_>) -> Result<Content, Stopped> {
    let mut content = Content::default();
    macro_rules! small {
        ($($batch:ident of $table:ident),*) => {$({
            let rows = $table::table.order($table::table.primary_key()).load(connection)?;
            let mut digest = Digest::of(stringify!($table));
            digest.add(&rows);
            let number = rows.len() as u64;
            out(Batch::$batch(rows), number)?;
            content.tables.push(digest.end());
        })*};
    }
    small!(ClusterActions of cluster_actions, Exclusions of cluster_exclusions);
    small!(Users of users, Grants of user_grants, Names of project_names);
    small!(Counters of user_counter, Failures of login_failures, Keys of signing_keys);
    content.tables.push(export_tokens(connection, out)?);
    content.tables.push(export_actions(connection, out)?);
    content.tables.push(export_markers(connection, out)?);
    content.tables.push(export_receipts(connection, out)?);
    content.last_place = places::last(connection)?;
    out(Batch::End(content.last_place), 0)?;
    Ok(content)
}

/// Why an export stopped: by itself, or because nobody takes it any more.
pub(crate) enum Stopped {
    Fault(Fault),
    Refused(Error),
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<diesel::result::Error> for Stopped {
    fn from(error: diesel::result::Error) -> Self {
        Self::Fault(error.into())
    }
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<Stopped> for Error {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Fault(fault) => fault.into(),
            Stopped::Refused(error) => error,
        }
    }
}

fn export_tokens(connection: &mut Connection, out: Out<'_>) -> Result<TableContent, Stopped> {
    let (mut digest, mut last) = (Digest::of("tokens"), vec![]);
    loop {
        let next = tokens::table.filter(tokens::digest.gt(&last)).order(tokens::digest);
        let rows: Vec<TokenRow> = next.limit(BATCH).load(connection)?;
        let Some(row) = rows.last() else { return Ok(digest.end()) };
        last.clone_from(&row.digest);
        send(&mut digest, rows, Batch::Tokens, out)?;
    }
}

fn export_actions(connection: &mut Connection, out: Out<'_>) -> Result<TableContent, Stopped> {
    let (mut digest, mut last) = (Digest::of("project_actions"), 0);
    loop {
        let next = project_actions::table.filter(project_actions::seq.gt(last));
        let next = next.order(project_actions::seq).limit(BATCH);
        let rows: Vec<ProjectActionRow> = next.load(connection)?;
        let Some(row) = rows.last() else { return Ok(digest.end()) };
        last = row.seq;
        send(&mut digest, rows, Batch::ProjectActions, out)?;
    }
}

fn export_markers(connection: &mut Connection, out: Out<'_>) -> Result<TableContent, Stopped> {
    let (mut digest, mut last) =
        (Digest::of("project_action_markers"), (String::new(), String::new()));
    loop {
        let of_project = markers::project_id.eq(&last.0).and(markers::action_id.gt(&last.1));
        let next = markers::table.filter(markers::project_id.gt(&last.0).or(of_project));
        let next = next.order((markers::project_id, markers::action_id)).limit(BATCH);
        let rows: Vec<MarkerRow> = next.load(connection)?;
        let Some(row) = rows.last() else { return Ok(digest.end()) };
        last = (row.project_id.clone(), row.action_id.clone());
        send(&mut digest, rows, Batch::Markers, out)?;
    }
}

fn export_receipts(connection: &mut Connection, out: Out<'_>) -> Result<TableContent, Stopped> {
    let (mut digest, mut last) = (Digest::of("receipts"), vec![]);
    loop {
        let next = receipts::table.filter(receipts::name.gt(&last)).order(receipts::name);
        let rows: Vec<ReceiptRow> = next.limit(BATCH).load(connection)?;
        let Some(row) = rows.last() else { return Ok(digest.end()) };
        last.clone_from(&row.name);
        send(&mut digest, rows, Batch::Receipts, out)?;
    }
}

fn send<R: std::fmt::Debug>(
    digest: &mut Digest,
    rows: Vec<R>,
    batch: impl FnOnce(Vec<R>) -> Batch,
    out: Out<'_>,
) -> Result<(), Stopped> {
    digest.add(&rows);
    let number = rows.len() as u64;
    Ok(out(batch(rows), number)?)
}

/// Stores all that comes, if the store is empty: else false.
pub(crate) fn import(
    connection: &mut Connection,
    batches: &Receiver<Batch>,
) -> Result<bool, Fault> {
    if count(connection)? > 0 {
        return Ok(false);
    }
    for batch in batches {
        match batch {
            Batch::ClusterActions(rows) => add!(connection, cluster_actions, rows),
            Batch::Exclusions(rows) => add!(connection, cluster_exclusions, rows),
            Batch::Users(rows) => add!(connection, users, rows),
            Batch::Grants(rows) => add!(connection, user_grants, rows),
            Batch::Names(rows) => add!(connection, project_names, rows),
            Batch::Counters(rows) => add!(connection, user_counter, rows),
            Batch::Failures(rows) => add!(connection, login_failures, rows),
            Batch::Keys(rows) => add!(connection, signing_keys, rows),
            Batch::Tokens(rows) => add!(connection, tokens, rows),
            Batch::ProjectActions(rows) => add_actions(connection, rows)?,
            Batch::Markers(rows) => add!(connection, markers, rows),
            Batch::Receipts(rows) => add!(connection, receipts, rows),
            Batch::End(last_place) => {
                places::set_last(connection, last_place)?;
                return Ok(true);
            }
        }
    }
    Err(Fault::Unavailable { reason: CUT_OFF, cause: anyhow!("nothing more came from it") })
}

fn add_actions(connection: &mut Connection, rows: Vec<ProjectActionRow>) -> Result<(), Fault> {
    let entries = rows.iter().map(|row| Ok((row.seq, entry_of(row)?)));
    let entries = entries.collect::<Result<Vec<_>, Fault>>()?;
    add!(connection, project_actions, rows);
    search_index::insert_all(connection, entries)
}
