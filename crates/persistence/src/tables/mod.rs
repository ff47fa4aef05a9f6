//! The ports over tables. What is here is compiled once for each database, `backend` being the one
//! that it is compiled for.

mod cluster;
pub(crate) mod convert;
pub(crate) mod fault;
pub(crate) mod health;
mod identity;
pub(crate) mod migrate;
pub(crate) mod project;
mod receipts;
pub(crate) mod transfer;
pub(crate) mod writer;
#[cfg(test)]
pub(crate) mod writer_bench;

use std::sync::Arc;

use self::cluster::ClusterActionTable;
use self::health::Health;
use self::identity::{LoginFailureTable, SigningKeyTable, TokenTable, UserTable};
use self::project::ProjectActionTable;
use super as backend;
use crate::options::StoreOptions;
use crate::store::Ports;

/// The ports of a database.
pub(crate) fn ports(database: &Arc<backend::Database>, options: &StoreOptions) -> Ports {
    Ports {
        cluster_actions: Arc::new(ClusterActionTable(database.clone())),
        project_actions: Arc::new(ProjectActionTable {
            database: database.clone(),
            clock: options.clock.clone(),
            search_time: options.search_time,
        }),
        users: Arc::new(UserTable(database.clone())),
        tokens: Arc::new(TokenTable(database.clone())),
        login_failures: Arc::new(LoginFailureTable(database.clone())),
        signing_keys: Arc::new(SigningKeyTable(database.clone())),
        health: Arc::new(Health::of(database)),
    }
}
