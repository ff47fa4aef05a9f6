//! From one store to another: every row, in batches.

use std::collections::hash_map::DefaultHasher;
use std::fmt::Debug;
use std::hash::Hasher;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use actiond_core::{Error, Result};
use anyhow::anyhow;
use diesel::prelude::*;

use crate::schema::{
    cluster_actions, cluster_exclusions, login_failures, project_action_markers, project_actions,
    project_names, receipts, signing_keys, tokens, user_counter, user_grants, users,
};
use crate::store::{Backend, Store};

/// How many batches wait for the target at most.
const AHEAD: usize = 4;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done: rows are copied first, and then read again.
    pub phase: Phase,
    /// Rows that this phase is done with.
    pub done: u64,
    /// Rows that the source has.
    pub all: u64,
}

/// What a transfer is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Rows go to the target.
    Copying,
    /// The target is read and compared.
    Checking,
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// Each table, in the order of copying.
    pub tables: Vec<TableContent>,
    /// The last place that was ever given to a project action.
    pub last_place: i64,
}

/// What a table holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableContent {
    /// Its name.
    pub name: &'static str,
    /// How many rows it has.
    pub rows: u64,
    /// A hash over all that stands in them, in order.
    pub digest: u64,
}

impl Content {
    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }
}

/// Rows of one table, or what else there is.
pub(crate) enum Batch {
    ClusterActions(Vec<ClusterActionRow>),
    Exclusions(Vec<ExclusionRow>),
    Users(Vec<UserRow>),
    Grants(Vec<GrantRow>),
    Names(Vec<NameRow>),
    Counters(Vec<CounterRow>),
    Failures(Vec<FailureRow>),
    Keys(Vec<KeyRow>),
    Tokens(Vec<TokenRow>),
    ProjectActions(Vec<ProjectActionRow>),
    Markers(Vec<MarkerRow>),
    Receipts(Vec<ReceiptRow>),
    /// The last place that was ever given; nothing comes after it.
    End(i64),
}

/// Where a store's rows go, with how many each batch has.
pub(crate) type Out<'a> = &'a mut dyn FnMut(Batch, u64) -> Result<()>;

/// What the rows of a table add up to.
pub(crate) struct Digest {
    name: &'static str,
    rows: u64,
    hasher: DefaultHasher,
}

impl Digest {
    pub(crate) fn of(name: &'static str) -> Self {
        Self { name, rows: 0, hasher: DefaultHasher::new() }
    }

    pub(crate) fn add<R: Debug>(&mut self, rows: &[R]) {
        self.rows += rows.len() as u64;
        rows.iter().for_each(|row| self.hasher.write(format!("{row:?}").as_bytes()));
    }

    pub(crate) fn end(self) -> TableContent {
        TableContent { name: self.name, rows: self.rows, digest: self.hasher.finish() }
    }
}

/// Copies all that `from` holds to `to`, which must be empty, and compares both in the end.
///
/// It is one moment of `from`, which others may go on using. The target has all or nothing: it
/// takes everything in one transaction.
///
/// # Errors
/// [`Error::Conflict`] when `to` is not empty, or when one of the stores has another schema than
/// this program; [`Error::Internal`] when in the end the target holds something else.
pub fn copy_all(from: &Store, to: &Store, tell: &mut dyn FnMut(Progress)) -> Result<Content> {
    if !from.pending_migrations()?.is_empty() {
        return Err(Error::conflict(
            "the source has an older schema than this program: run `actiond migrate` on it first",
        ));
    }
    // One that is old and empty is not known to be empty before it is changed.
    let schema = to.schema()?;
    if !schema.is_new() && !schema.pending.is_empty() {
        return Err(Error::conflict(
            "the target is not empty, it has an older schema: name an empty one",
        ));
    }
    to.migrate()?;
    let (source, target) = (from.backend(), to.backend());
    let all = source.count()?;
    let sent = transfer(source, target, all, tell)?;
    let mut done = 0;
    let kept = target.export(&mut |_, rows| {
        done += rows;
        tell(Progress { phase: Phase::Checking, done, all });
        Ok(())
    })?;
    if sent != kept {
        let cause = anyhow!("the source has {sent:?}, the target {kept:?}");
        return Err(Error::Internal(cause.context(
            "the copy differs from the source: drop the target, and report this as a defect",
        )));
    }
    Ok(kept)
}

/// Sends the rows of one store to the other, which takes them on a thread of its own.
fn transfer(
    source: &dyn Backend,
    target: &dyn Backend,
    all: u64,
    tell: &mut dyn FnMut(Progress),
) -> Result<Content> {
    let (send, batches): (SyncSender<Batch>, Receiver<Batch>) = sync_channel(AHEAD);
    thread::scope(|scope| {
        let taking = scope.spawn(move || target.import(batches));
        let mut done = 0;
        let sent = source.export(&mut |batch, rows| {
            // A target that has given up says why itself.
            send.send(batch).map_err(|_| Error::conflict("the target has given up"))?;
            done += rows;
            tell(Progress { phase: Phase::Copying, done, all });
            Ok(())
        });
        drop(send);
        let taken = taking.join();
        match taken.unwrap_or_else(|_| Err(Error::Internal(anyhow!("the target panicked")))) {
            Ok(true) => sent,
            Ok(false) => Err(Error::conflict(
                "the target is not empty: name an empty one, or drop all that is in it",
            )),
            // When the source fails, the target only hears that nothing more comes.
            Err(error) => Err(sent.err().filter(|_| is_cut_off(&error)).unwrap_or(error)),
        }
    })
}

/// What a target says whose source stopped in the midst.
pub(crate) const CUT_OFF: &str = "the source stopped";

fn is_cut_off(error: &Error) -> bool {
    matches!(error, Error::Unavailable { reason, .. } if *reason == CUT_OFF)
}

/// Rows as they are stored. A column that is missing here does not compile.
macro_rules! rows {
    ($($name:ident of $table:ident { $($column:ident: $type:ty,)* })*) => {$(
        #[derive(Debug, Queryable, Insertable)]
        #[diesel(table_name = $table)]
        pub(crate) struct $name {
            $(pub(crate) $column: $type,)*
        }
    )*};
}

rows! {
    ClusterActionRow of cluster_actions {
        task_id: String,
        target: String,
        name: String,
        status: String,
        progress: f64,
        parameters: String,
        cancel_requested: bool,
        error_code: Option<String>,
        error_message: Option<String>,
        requested_by: String,
        queued_at: i64,
        started_at: Option<i64>,
        ended_at: Option<i64>,
        owner: Option<String>,
        lease_until: Option<i64>,
        fencing: i64,
        revision: i64,
        max_attempts: i32,
        lease_length: Option<i64>,
        turn: i64,
    }
    ExclusionRow of cluster_exclusions {
        key: String,
        task_id: String,
    }
    UserRow of users {
        id: String,
        name: String,
        password_hash: String,
        cluster_roles: String,
        created_at: i64,
        uid: i64,
        email: Option<String>,
        password_issued_at: i64,
    }
    GrantRow of user_grants {
        user_id: String,
        position: i32,
        project_id: String,
        role: String,
    }
    NameRow of project_names {
        project_id: String,
        name: String,
    }
    CounterRow of user_counter {
        id: i32,
        last_uid: i64,
    }
    FailureRow of login_failures {
        account: Vec<u8>,
        recent: String,
        locked_until: Option<i64>,
        over_at: i64,
    }
    KeyRow of signing_keys {
        id: String,
        secret: Vec<u8>,
        made_at: i64,
        good_until: Option<i64>,
    }
    TokenRow of tokens {
        digest: Vec<u8>,
        user_id: String,
        project_id: Option<String>,
        issued_at: i64,
        expires_at: i64,
        chain: Option<Vec<u8>>,
    }
    ProjectActionRow of project_actions {
        seq: i64,
        project_id: String,
        action_id: String,
        version: i64,
        document: String,
    }
    ReceiptRow of receipts {
        name: Vec<u8>,
        said: Vec<u8>,
        subject: String,
        version: i64,
        kept_at: i64,
    }
    MarkerRow of project_action_markers {
        project_id: String,
        action_id: String,
        seq: i64,
        removed_at: i64,
    }
}
