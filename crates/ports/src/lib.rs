//! What the application asks of the world: a place that keeps the graph, a clock, a source of ids.
//!
//! [`GraphBackend`] is the port that storage engines implement; the crate `contract` holds its
//! promises as tests. Nothing here assumes SQL, or any engine.

mod backend;
mod batch;
mod error;
mod inspection;
mod quarantine;
mod replica;
mod report;
mod schema;
mod sql_access;
mod time_and_chance;

pub use backend::{GraphBackend, GraphBackendExt};
pub use batch::{Batch, Change, Cycles, Expect, Receipt, Reinforced};
pub use error::{BackendError, Conflict, ErrorKind, Result};
pub use inspection::{Backup, Finding, Restored, Trouble};
pub use quarantine::{Quarantined, RecordKind};
pub use replica::{Latency, Replica, SyncError, SyncState, SyncStatus, Synced};
pub use report::{Capabilities, Changed, Health, Statistics};
pub use schema::{Repaired, Schema, SchemaVersion, Upgrade};
pub use sql_access::{Access, Row, SqlAccess, SqlParameters, SqlValue};
pub use time_and_chance::{Clock, IdSource};
