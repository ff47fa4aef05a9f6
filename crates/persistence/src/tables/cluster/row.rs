//! Cluster actions as rows.

use std::time::Duration;

use actiond_core::cluster::{
    ActionKey, ActionName, ActionStatus, ClusterAction, Failure, Lease, Progress, Target, TaskId,
    Turn,
};
use diesel::prelude::*;

use super::backend::Fault;
use super::convert::{from_column, from_micros, to_column, to_micros};
use crate::schema::cluster_actions;

/// What stays as it was when the action was accepted, and what changes.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = cluster_actions)]
pub(super) struct ActionRow {
    pub(super) task_id: String,
    pub(super) target: String,
    pub(super) name: String,
    parameters: String,
    max_attempts: i32,
    requested_by: String,
    queued_at: i64,
    #[diesel(embed)]
    pub(super) change: ChangeRow,
}

/// What an update writes.
#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = cluster_actions, treat_none_as_null = true)]
pub(super) struct ChangeRow {
    pub(super) turn: i64,
    status: String,
    progress: f64,
    cancel_requested: bool,
    error_code: Option<String>,
    error_message: Option<String>,
    started_at: Option<i64>,
    ended_at: Option<i64>,
    owner: Option<String>,
    lease_length: Option<i64>,
    lease_until: Option<i64>,
    fencing: i64,
    revision: i64,
}

impl TryFrom<&ClusterAction> for ActionRow {
    type Error = Fault;

    /// The row of an action that is new: at the revision that it has.
    fn try_from(action: &ClusterAction) -> Result<Self, Fault> {
        let mut change = ChangeRow::try_from(action)?;
        change.revision = to_column(action.revision)?;
        Ok(Self {
            task_id: action.task_id.to_string(),
            target: action.key.target.to_string(),
            name: action.key.name.as_str().to_owned(),
            parameters: serde_json::to_string(&action.parameters)
                .map_err(|error| Fault::Internal(error.into()))?,
            max_attempts: i32::try_from(action.max_attempts)
                .map_err(|error| Fault::Internal(error.into()))?,
            requested_by: action.requested_by.clone(),
            queued_at: to_micros(action.queued_at),
            change,
        })
    }
}

impl TryFrom<&ClusterAction> for ChangeRow {
    type Error = Fault;

    /// The next revision of an action.
    fn try_from(action: &ClusterAction) -> Result<Self, Fault> {
        let (failure, lease) = (action.failure.as_ref(), action.lease.as_ref());
        Ok(Self {
            turn: turn_column(action.turn)?,
            status: action.status.as_str().to_owned(),
            progress: action.progress.percent(),
            cancel_requested: action.cancel_requested,
            error_code: failure.map(|failure| failure.code.clone()),
            error_message: failure.map(|failure| failure.message.clone()),
            started_at: action.started_at.map(to_micros),
            ended_at: action.ended_at.map(to_micros),
            owner: lease.map(|lease| lease.owner.clone()),
            lease_length: lease.map(|lease| micros_of(lease.length)).transpose()?,
            lease_until: lease.map(|lease| to_micros(lease.until)),
            fencing: to_column(action.fencing)?,
            revision: to_column(action.revision + 1)?,
        })
    }
}

impl TryFrom<ActionRow> for ClusterAction {
    type Error = Fault;

    fn try_from(row: ActionRow) -> Result<Self, Fault> {
        let change = row.change;
        let parameters = serde_json::from_str(&row.parameters);
        let failure = change.error_code.zip(change.error_message);
        let lease = match change.owner.zip(change.lease_length).zip(change.lease_until) {
            Some(((owner, length), until)) => {
                let length = Duration::from_micros(from_column(length)?);
                Some(Lease { owner, length, until: from_micros(until)? })
            }
            None => None,
        };
        Ok(Self {
            task_id: TaskId(row.task_id.parse().map_err(|_| corrupt("task id", &row.task_id))?),
            key: ActionKey {
                target: Target::parse(&row.target).ok_or_else(|| corrupt("target", &row.target))?,
                name: ActionName::parse(&row.name).map_err(|_| corrupt("name", &row.name))?,
            },
            turn: turn_of(change.turn)?,
            status: ActionStatus::parse(&change.status)
                .ok_or_else(|| corrupt("status", &change.status))?,
            progress: Progress::new(change.progress)
                .map_err(|_| corrupt("progress", &change.progress.to_string()))?,
            parameters: parameters.map_err(|_| corrupt("parameters", &row.parameters))?,
            cancel_requested: change.cancel_requested,
            failure: failure.map(|(code, message)| Failure { code, message }),
            max_attempts: u32::try_from(row.max_attempts)
                .map_err(|_| corrupt("attempts", &row.max_attempts.to_string()))?,
            requested_by: row.requested_by,
            queued_at: from_micros(row.queued_at)?,
            started_at: change.started_at.map(from_micros).transpose()?,
            ended_at: change.ended_at.map(from_micros).transpose()?,
            lease,
            fencing: from_column(change.fencing)?,
            revision: from_column(change.revision)?,
        })
    }
}

/// It is this run's turn.
pub(super) const NOW: i64 = 0;

/// The turn of this run is over.
pub(super) const OVER: i64 = -1;

fn turn_column(turn: Turn) -> Result<i64, Fault> {
    match turn {
        Turn::Over => Ok(OVER),
        Turn::Now => Ok(NOW),
        Turn::Waiting(place) => to_column(place),
    }
}

fn turn_of(column: i64) -> Result<Turn, Fault> {
    match column {
        OVER => Ok(Turn::Over),
        NOW => Ok(Turn::Now),
        place => Ok(Turn::Waiting(from_column(place)?)),
    }
}

/// A length of time as a column keeps it.
fn micros_of(length: Duration) -> Result<i64, Fault> {
    i64::try_from(length.as_micros()).map_err(|error| Fault::Internal(error.into()))
}

fn corrupt(what: &str, value: &str) -> Fault {
    Fault::corrupt(format_args!("the cluster action {what} {value:?}"))
}
