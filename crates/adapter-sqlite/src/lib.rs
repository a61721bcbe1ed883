//! Keeps a memory graph in a SQLite file.
//!
//! [`SqliteBackend`] is `sql-graph` over rusqlite connections on lanes: one thread writes, and
//! commits all that waits in one transaction; four read. The file is in WAL mode with
//! `synchronous=FULL`, so what was acknowledged survives `kill -9` and power loss. Several
//! processes may work on one file.

mod backup;
mod connect;
mod connection;
mod error;
mod sql_access;

use std::{
    fmt, path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use lanes::{LaneError, Lanes, Transaction};
use ports::{
    Backup, Batch, Capabilities, Changed, ErrorKind, Finding, GraphBackend, Health, Quarantined,
    Receipt, Result, Schema, SqlAccess, Statistics,
};
use sql_graph::{Allowance, StatementLog};

pub use connect::{Key, SqliteOptions};

use crate::{backup::When, connection::Connection};

/// A memory graph in a SQLite file.
///
/// Dropping it lets what was begun run to its end, without waiting for it;
/// [`close`](GraphBackend::close) waits.
pub struct SqliteBackend {
    lanes: Lanes<Connection>,
    location: connect::Location,
    key: Option<Key>,
    /// Whether the file has the newest schema.
    is_ready: AtomicBool,
    /// How much may be written anew at once for what was erased.
    allowance: Arc<Allowance>,
    statements: StatementLog,
}

impl SqliteBackend {
    /// Returns the count of the statements that ran so far.
    pub fn statements(&self) -> &StatementLog {
        &self.statements
    }

    async fn make_schema(&self, doing: &'static str) -> Result<Schema> {
        let (location, key) = (self.location.clone(), self.key.clone());
        let keep = move || connect::keep_aside(&location, key.as_ref());
        let make = move |c: &mut Connection| {
            c.begin()?;
            sql_graph::initialize_or_upgrade(c, keep, Transaction::commit)
        };
        let made = self.lanes.write_alone(make).await;
        let schema = made.map_err(error::on_lane(doing))?;
        let location = self.location.clone();
        let begin_log = move |c: &mut Connection| connect::begin_log(c, &location);
        match self.lanes.write_alone(begin_log).await {
            // Another process may be at work; then the next one to open it begins the log.
            Err(LaneError::Failed(err)) if err.kind() == ErrorKind::Busy => Ok(schema),
            begun => begun.map_err(error::on_lane(doing)).map(|()| schema),
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.lanes.read(read).await.map_err(error::on_lane(doing))
    }

    async fn write<T: Send + 'static>(
        &self,
        doing: &'static str,
        write: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.lanes.write(write).await.map_err(error::on_lane(doing))
    }
}

#[async_trait]
impl GraphBackend for SqliteBackend {
    fn name(&self) -> &'static str {
        "sqlite"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            durable: self.location.is_file(),
            sql_access: true,
            replica: false,
            backup: true,
        }
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        const DOING: &str = "initialize the schema";
        // Whoever only reads waits for nobody who writes.
        let schema = if self.read(DOING, |c| sql_graph::is_ready(c)).await? {
            Schema {
                version: sql_graph::NEWEST,
                upgraded: None,
            }
        } else {
            self.make_schema(DOING).await?
        };
        self.is_ready.store(true, Ordering::Relaxed);
        self.remove_traces(When::AtOnce).await;
        Ok(schema)
    }

    async fn health(&self) -> Result<Health> {
        let location = self.location.clone();
        self.read("look at the health", move |c| connect::health(c, &location))
            .await
    }

    async fn close(&self) -> Result<()> {
        if self.is_ready.load(Ordering::Relaxed) {
            self.remove_traces(When::Closing).await;
        }
        self.lanes.close().await;
        Ok(())
    }

    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        if sql_graph::erases(&batch) {
            return self.apply_erasing(batch).await;
        }
        self.lanes
            .apply(batch)
            .await
            .map_err(error::on_lane("apply a batch"))
    }

    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>> {
        let ids = ids.to_vec();
        self.read("read memories", move |c| sql_graph::memories(c, &ids))
            .await
    }

    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        let (query, page) = (query.clone(), page.clone());
        self.read("list memories", move |c| sql_graph::list(c, &query, &page))
            .await
    }

    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        let (query, page) = (query.clone(), page.clone());
        self.read("list relationships", move |c| {
            sql_graph::relationships(c, &query, &page)
        })
        .await
    }

    async fn walk(&self, walk: &Walk) -> Result<Walked> {
        let walk = walk.clone();
        self.read("walk", move |c| sql_graph::walk(c, &walk)).await
    }

    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>> {
        let query = query.clone();
        self.read("find a path", move |c| sql_graph::shortest_path(c, &query))
            .await
    }

    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        let (query, page) = (query.clone(), page.clone());
        self.read("search", move |c| sql_graph::search(c, &query, &page))
            .await
    }

    async fn statistics(&self) -> Result<Statistics> {
        self.read("count", |c| sql_graph::statistics(c)).await
    }

    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        let (id, page) = (id.clone(), page.clone());
        self.read("read a memory's history", move |c| {
            sql_graph::memory_history(c, &id, &page)
        })
        .await
    }

    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        let (id, page) = (id.clone(), page.clone());
        self.read("read a relationship's history", move |c| {
            sql_graph::relationship_history(c, &id, &page)
        })
        .await
    }

    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        let page = page.clone();
        self.read("list the quarantine", move |c| {
            sql_graph::quarantine(c, &page)
        })
        .await
    }

    async fn inspect(&self) -> Result<Vec<Finding>> {
        const DOING: &str = "inspect the store";
        let mut found = self.read(DOING, |c| sql_graph::inspect(c)).await?;
        if sql_graph::may_compare_texts(&found) {
            // The engine takes the question for a write.
            let compare = |c: &mut Connection| {
                c.begin()?;
                let different = sql_graph::compare_texts(c);
                c.rollback()?;
                different
            };
            let compared = self.lanes.write_alone(compare).await;
            found.extend(compared.map_err(error::on_lane(DOING))?);
        }
        Ok(found)
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.write("repair the store", |c| sql_graph::repair(c))
            .await
    }

    async fn backup(&self, file: &path::Path) -> Result<Backup> {
        self.back_up(file).await
    }

    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>> {
        let page = page.clone();
        self.read("list changes", move |c| {
            sql_graph::changes_since(c, since, &page)
        })
        .await
    }

    fn sql_access(&self) -> Result<&dyn SqlAccess> {
        Ok(self)
    }
}

impl fmt::Debug for SqliteBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteBackend")
            .field("location", &self.location)
            .finish_non_exhaustive()
    }
}
