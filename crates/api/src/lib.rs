//! The HTTP faces of actiond, over actix-web.
//!
//! Three faces share one server: `cluster` actions (and `users`) as Redis Enterprise Software speaks, `project`
//! actions as OpenStack Freezer speaks, and, where the service has users of its own, `identity` as
//! OpenStack Keystone speaks. A face holds its routes, its wire types and its errors; what they have
//! in common lies beside them. Nothing here knows a database: the use cases and ports of
//! `actiond-core` are all that a handler calls.

mod accept;
mod blocking;
mod body;
mod budget;
mod cluster;
mod deadline;
mod faces;
mod front;
mod header;
mod health;
mod idempotency;
mod identity;
mod path;
mod pieces;
mod project;
mod readiness;
mod rejection;
mod routes;
mod server;
mod services;
mod table;
mod users;

pub use faces::Faces;
pub use routes::{configure, routes};
pub use server::{Listener, Servers, app, serve};
pub use services::{Api, ApiSettings, Services};
pub use table::RouteInfo;
