//! Cluster actions in the store.

mod row;
mod turns;

use std::sync::Arc;

use actiond_core::cluster::{ActionKey, ActionStatus, ClusterAction, ExclusionKey, TaskId, Turn};
use actiond_core::once::{Digest, Receipt};
use actiond_core::ports::{ClusterActionRepository, Enqueued, Inserted, Swapped};
use actiond_core::{Result, Timestamp};
use diesel::dsl::exists;
use diesel::prelude::*;

use self::row::{ActionRow, ChangeRow, NOW};
use super::backend::{self, Connection, Database, Fault};
use super::convert::{self, inserted, to_column, to_micros};
use super::receipts::{self, NewReceipt};
use crate::schema::{cluster_actions as actions, cluster_exclusions as held};

pub(crate) struct ClusterActionTable(pub(crate) Arc<Database>);

impl ClusterActionRepository for ClusterActionTable {
    fn list(&self) -> Result<Vec<ClusterAction>> {
        self.0.read(|connection| {
            let order = (actions::target, actions::name, actions::queued_at, actions::task_id);
            let query = actions::table.order(order);
            all(query.select(ActionRow::as_select()).load(connection)?)
        })
    }

    fn find(&self, key: &ActionKey) -> Result<Option<ClusterAction>> {
        self.0.read(|connection| {
            let of_key =
                actions::target.eq(key.target.to_string()).and(actions::name.eq(key.name.as_str()));
            let now = actions::table.filter(of_key).filter(actions::turn.eq(NOW));
            let row = now.select(ActionRow::as_select());
            row.get_result(connection).optional()?.map(ClusterAction::try_from).transpose()
        })
    }

    fn find_task(&self, task: TaskId) -> Result<Option<ClusterAction>> {
        self.0.read(|connection| {
            let row = actions::table.find(task.to_string()).select(ActionRow::as_select());
            row.get_result(connection).optional()?.map(ClusterAction::try_from).transpose()
        })
    }

    fn insert(&self, action: &ClusterAction, exclusions: &[ExclusionKey]) -> Result<Inserted> {
        self.store(action, exclusions, None)
    }

    fn insert_once(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        receipt: &Receipt,
    ) -> Result<Inserted> {
        self.store(action, exclusions, Some(receipt.try_into()?))
    }

    fn enqueue(&self, action: &ClusterAction, limit: u32) -> Result<Enqueued> {
        self.line_up(action, limit, None)
    }

    fn enqueue_once(
        &self,
        action: &ClusterAction,
        limit: u32,
        receipt: &Receipt,
    ) -> Result<Enqueued> {
        self.line_up(action, limit, Some(receipt.try_into()?))
    }

    fn recall(&self, name: &Digest) -> Result<Option<Receipt>> {
        self.0.read(|connection| receipts::find(connection, name))
    }

    fn waiting(&self) -> Result<Vec<ClusterAction>> {
        self.0.read(|connection| {
            let waiting = actions::table.filter(actions::turn.gt(NOW)).order(actions::turn);
            all(waiting.select(ActionRow::as_select()).load(connection)?)
        })
    }

    fn admit(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        kept_since: Timestamp,
    ) -> Result<Inserted> {
        let (row, keys) = (ActionRow::try_from(action)?, sorted(exclusions));
        let since = to_micros(kept_since);
        inserted(self.0.change(move |connection| turns::admit(connection, &row, &keys, since)))
    }

    fn update(&self, action: &ClusterAction) -> Result<Swapped> {
        let (task, revision) = (action.task_id.to_string(), to_column(action.revision)?);
        let change = ChangeRow::try_from(action)?;
        let ends = action.status.is_terminal();
        Ok(self.0.change(move |connection| {
            let read = actions::table.find(&task).filter(actions::revision.eq(revision));
            let changed = diesel::update(read).set(&change).execute(connection)?;
            if changed == 0 {
                return missed(connection, &task);
            }
            if ends {
                diesel::delete(held::table.filter(held::task_id.eq(&task))).execute(connection)?;
            }
            Ok(Swapped::Updated)
        })?)
    }

    fn remove(&self, action: &ClusterAction) -> Result<Swapped> {
        let (task, revision) = (action.task_id.to_string(), to_column(action.revision)?);
        Ok(self.0.change(move |connection| {
            let read = actions::table.find(&task).filter(actions::revision.eq(revision));
            match diesel::delete(read).execute(connection)? {
                0 => missed(connection, &task),
                _ => Ok(Swapped::Updated),
            }
        })?)
    }

    fn queued(&self, limit: u32) -> Result<Vec<ClusterAction>> {
        self.0.read(|connection| {
            let queued = actions::table.filter(actions::status.eq(ActionStatus::Queued.as_str()));
            let queued = queued.filter(actions::turn.eq(NOW));
            let oldest = queued.order((actions::queued_at, actions::task_id)).limit(limit.into());
            all(oldest.select(ActionRow::as_select()).load(connection)?)
        })
    }

    fn owned(&self) -> Result<Vec<ClusterAction>> {
        self.0.read(|connection| {
            let owned = actions::table.filter(actions::status.eq_any(words(|s| s.is_owned())));
            let owned = owned.order((actions::target, actions::name));
            all(owned.select(ActionRow::as_select()).load(connection)?)
        })
    }
}

impl ClusterActionTable {
    fn store(
        &self,
        action: &ClusterAction,
        exclusions: &[ExclusionKey],
        receipt: Option<NewReceipt>,
    ) -> Result<Inserted> {
        let (row, keys) = (ActionRow::try_from(action)?, sorted(exclusions));
        let kept_since = to_micros(Turn::kept_since(action.queued_at));
        inserted(self.0.change(move |connection| {
            turns::sweep(connection, kept_since)?;
            receipt.map_or(Ok(()), |receipt| receipts::keep(connection, &receipt))?;
            insert(connection, &row, &keys)
        }))
    }

    fn line_up(
        &self,
        action: &ClusterAction,
        limit: u32,
        receipt: Option<NewReceipt>,
    ) -> Result<Enqueued> {
        let row = ActionRow::try_from(action)?;
        let kept_since = to_micros(Turn::kept_since(action.queued_at));
        let enqueued = self.0.change(move |connection| {
            let enqueued = turns::enqueue(connection, row, limit, kept_since)?;
            if let (Enqueued::Waits, Some(receipt)) = (enqueued, receipt) {
                receipts::keep(connection, &receipt)?;
            }
            Ok(enqueued)
        });
        match enqueued {
            Err(Fault::Taken) => Ok(Enqueued::Again),
            answer => Ok(answer?),
        }
    }
}

fn insert(connection: &mut Connection, row: &ActionRow, keys: &[String]) -> Result<(), Fault> {
    let ended = actions::table
        .filter(actions::target.eq(&row.target).and(actions::name.eq(&row.name)))
        .filter(actions::turn.eq(NOW))
        .filter(actions::status.eq_any(words(|status| status.is_terminal())));
    diesel::delete(ended).execute(connection)?;
    diesel::insert_into(actions::table).values(row).execute(connection)?;
    hold(connection, &row.task_id, keys)
}

/// A run holds these alone.
fn hold(connection: &mut Connection, task: &str, keys: &[String]) -> Result<(), Fault> {
    for key in keys {
        let holds = (held::key.eq(key), held::task_id.eq(task));
        diesel::insert_into(held::table).values(holds).execute(connection)?;
    }
    Ok(())
}

/// In one order, so that of two servers one waits for the other, and not both.
fn sorted(exclusions: &[ExclusionKey]) -> Vec<String> {
    let mut keys: Vec<String> = exclusions.iter().map(|key| key.as_str().to_owned()).collect();
    keys.sort_unstable();
    keys
}

/// Why a compare-and-swap met no row.
fn missed(connection: &mut Connection, task: &str) -> Result<Swapped, Fault> {
    let there = diesel::select(exists(actions::table.find(task))).get_result(connection)?;
    Ok(if there { Swapped::Changed } else { Swapped::Gone })
}

/// The statuses of one class, in words.
fn words(class: impl Fn(&ActionStatus) -> bool) -> Vec<&'static str> {
    ActionStatus::ALL.into_iter().filter(class).map(ActionStatus::as_str).collect()
}

fn all(rows: Vec<ActionRow>) -> Result<Vec<ClusterAction>, Fault> {
    rows.into_iter().map(ClusterAction::try_from).collect()
}
