//! Keeps a memory graph in a libSQL database: a local file, an embedded replica of a remote
//! primary, or the primary itself.
//!
//! [`TursoBackend`] is `sql-graph` over libsql connections on lanes. In a local file it works as
//! the SQLite backend does, and on the same files. With a primary, writes go there: a group of
//! batches travels in one message, which checks at the primary that what it was computed from
//! still holds, and which the primary records, so that a lost answer can be asked for. A replica
//! reads from its copy, which one task keeps up to date; no read waits for the network.

mod backup;
mod connect;
mod connection;
mod copy;
mod engine;
mod error;
mod network;
mod options;
mod primary;
mod sql_access;
mod sync;
mod writer;

use std::{
    fmt, path,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use ports::{
    BackendError, Backup, Batch, Capabilities, Changed, ErrorKind, Finding, GraphBackend, Health,
    Quarantined, Receipt, Replica, Result, Schema, SqlAccess, Statistics, SyncState, SyncStatus,
    Synced,
};
use sql_graph::{Allowance, StatementLog};
use tokio::sync::oneshot;

pub use options::{Mode, Token, TursoOptions};

use crate::{backup::When, connect::Open, connection::Connection, copy::Trust};

/// A memory graph in a libSQL database.
///
/// Dropping it lets what was begun run to its end, without waiting for it;
/// [`close`](GraphBackend::close) waits.
pub struct TursoBackend {
    options: TursoOptions,
    statements: StatementLog,
    open: RwLock<Option<Arc<Open>>>,
    /// Held while connecting or disconnecting.
    changing: tokio::sync::Mutex<()>,
    /// Whether the store has the newest schema.
    is_ready: AtomicBool,
    /// How much may be written anew at once for what was erased.
    allowance: Arc<Allowance>,
}

impl TursoBackend {
    /// Makes a backend that is not connected yet: every call fails with
    /// [`Closed`](ErrorKind::Closed).
    pub fn new(options: TursoOptions) -> Self {
        Self {
            options,
            statements: StatementLog::default(),
            open: RwLock::default(),
            changing: tokio::sync::Mutex::default(),
            is_ready: AtomicBool::default(),
            allowance: Arc::default(),
        }
    }

    /// Makes a backend and connects it.
    ///
    /// # Errors
    ///
    /// As for [`connect`](Self::connect).
    pub async fn create(options: TursoOptions) -> Result<Self> {
        let backend = Self::new(options);
        backend.connect().await?;
        Ok(backend)
    }

    /// Opens the file, makes the folders above it where they are missing, and syncs a replica that
    /// syncs by itself. One that has synced before opens without its primary, and says so in its
    /// status. Where another process keeps the same replica, which two would damage, this backend
    /// asks the primary for everything, as in remote mode. Connecting again changes nothing.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a folder, a URL that is none of a
    ///   primary, a server that is none, a replica without its primary's URL, and a graph of its
    ///   own where a replica is to be
    /// - [`Unreachable`](ErrorKind::Unreachable) when a new replica, or a remote graph, does not
    ///   find its primary; then no file is left behind
    /// - [`Unauthorized`](ErrorKind::Unauthorized) when the primary does not take the token, or the
    ///   file may not be written
    /// - [`Schema`](ErrorKind::Schema) for a file that a newer program, or another one, made
    /// - [`Corrupt`](ErrorKind::Corrupt) for a file that is no database
    pub async fn connect(&self) -> Result<()> {
        let _changing = self.changing.lock().await;
        if self.is_connected() {
            return Ok(());
        }
        let (told, opened) = oneshot::channel();
        let (options, statements) = (self.options.clone(), self.statements.clone());
        let opening = move || drop(told.send(Open::new(&options, &statements)));
        thread::Builder::new()
            .name("turso-open".to_owned())
            .spawn(opening)
            .map_err(|err| fault("the system starts no thread").from_source(err))?;
        let opened = opened.await.map_err(|_| fault("opening panicked"))??;
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(opened));
        Ok(())
    }

    /// Lets what was begun run to its end, syncs a last time where the backend syncs by itself, and
    /// lets go of everything. A last sync that fails is a warning. Disconnecting again changes
    /// nothing.
    pub async fn disconnect(&self) {
        let _changing = self.changing.lock().await;
        let open = self
            .open
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(open) = open {
            if self.is_ready.swap(false, Ordering::Relaxed) {
                self.remove_traces(&open, When::Closing).await;
            }
            // What still has to be written comes before the last sync.
            open.lanes.close().await;
            if let Some((sync, network)) = open.sync.clone().zip(open.network.as_ref()) {
                let auto_sync = self.options.auto_sync;
                let closing = async move { sync.close(auto_sync).await };
                // On its own threads: the runtime of the caller may have no timers.
                drop(network.handle().spawn(closing).await);
            }
        }
    }

    /// Says whether the backend is connected.
    pub fn is_connected(&self) -> bool {
        self.opened("connect").is_ok()
    }

    /// Returns the mode in which the backend works, or would.
    ///
    /// # Errors
    ///
    /// As for [`TursoOptions::mode`].
    pub fn mode(&self) -> Result<Mode> {
        self.options.mode()
    }

    /// Brings a replica up to date. Without a copy there is nothing to bring, which is a warning
    /// and no error.
    ///
    /// # Errors
    ///
    /// As for [`Replica::sync`], and [`Closed`](ErrorKind::Closed) when it is not connected.
    pub async fn sync(&self) -> Result<Option<Synced>> {
        let open = self.opened("sync")?;
        if self.capabilities().replica {
            return Replica::sync(self).await.map(Some);
        }
        tracing::warn!(location = %open.location, "there is no replica to sync");
        Ok(None)
    }

    /// Whether text search is there: always.
    pub const fn supports_fulltext_search(&self) -> bool {
        true
    }

    /// Whether a batch is applied as a whole or not at all: always.
    pub const fn supports_transactions(&self) -> bool {
        true
    }

    /// Returns the count of the statements that ran so far; what travels to a primary as one
    /// message counts as one.
    pub fn statements(&self) -> &StatementLog {
        &self.statements
    }

    fn status_of(&self, open: &Open) -> SyncStatus {
        match &open.sync {
            Some(sync) => sync.status(),
            None => status_of_another(&self.options, open.mode),
        }
    }

    fn opened(&self, doing: &'static str) -> Result<Arc<Open>> {
        let open = self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.clone().ok_or_else(|| error::closed(doing))
    }

    async fn make_schema(&self, open: &Open, doing: &'static str) -> Result<Schema> {
        let path = self.options.db_path.clone();
        let make = move |c: &mut Connection| connect::make_schema(c, &path);
        let made = open.lanes.write_alone(make).await;
        let schema = made.map_err(error::on_lane(doing))?;
        if schema.upgraded.is_some() {
            let in_memory = self.options.db_path == std::path::Path::new(":memory:");
            let begin_log = move |c: &mut Connection| connect::begin_log(&mut c.engine, in_memory);
            let begun = open.lanes.write_alone(begin_log).await;
            // Another process may be at work; then the next one to open it begins the log.
            begun.map_err(error::on_lane(doing)).or_else(unless_busy)?;
        }
        Ok(schema)
    }

    async fn read<T: Send + 'static>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let open = self.opened(doing)?;
        open.lanes.read(read).await.map_err(error::on_lane(doing))
    }
}

fn unless_busy(err: BackendError) -> Result<()> {
    match err.kind() {
        ErrorKind::Busy => Ok(()),
        _ => Err(err),
    }
}

fn fault(words: &str) -> BackendError {
    BackendError::new(ErrorKind::Backend, "open the graph").because(words)
}

#[async_trait]
impl GraphBackend for TursoBackend {
    fn name(&self) -> &'static str {
        "turso"
    }

    fn capabilities(&self) -> Capabilities {
        let mode = self.options.mode();
        let in_memory = self.options.db_path == std::path::Path::new(":memory:");
        Capabilities {
            durable: !(in_memory && matches!(mode, Ok(Mode::Local))),
            sql_access: true,
            replica: matches!(mode, Ok(Mode::Replica)),
            backup: matches!(mode, Ok(Mode::Local | Mode::Replica)),
        }
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        const DOING: &str = "initialize the schema";
        let open = self.opened(DOING)?;
        // Whoever only reads waits for nobody who writes.
        let schema =
            if open.mode == Mode::Local && self.read(DOING, |c| sql_graph::is_ready(c)).await? {
                Schema {
                    version: sql_graph::NEWEST,
                    upgraded: None,
                }
            } else {
                self.make_schema(&open, DOING).await?
            };
        self.is_ready.store(true, Ordering::Relaxed);
        self.remove_traces(&open, When::AtOnce).await;
        Ok(schema)
    }

    async fn health(&self) -> Result<Health> {
        let open = self.opened("look at the health")?;
        let options = self.options.clone();
        let (location, mode) = (open.location.clone(), open.mode);
        let sync = self.capabilities().replica.then(|| self.status_of(&open));
        self.read("look at the health", move |connection| {
            Ok(connect::health(connection, &options, &location, mode, sync))
        })
        .await
    }

    async fn close(&self) -> Result<()> {
        self.disconnect().await;
        Ok(())
    }

    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        const DOING: &str = "apply a batch";
        let open = self.opened(DOING)?;
        if sql_graph::erases(&batch) {
            return self.apply_erasing(&open, batch).await;
        }
        open.lanes.apply(batch).await.map_err(error::on_lane(DOING))
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
        self.inspect_store().await
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.repair_store().await
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

    fn replica(&self) -> Result<&dyn Replica> {
        if self.capabilities().replica {
            return Ok(self);
        }
        Err(BackendError::new(ErrorKind::Unsupported, "sync").because(
            "this store is no replica: set TURSO_DATABASE_URL to the URL of a primary, and \
             MEMORY_TURSO_MODE=replica where the mode is set at all",
        ))
    }
}

#[async_trait]
impl Replica for TursoBackend {
    async fn sync(&self) -> Result<Synced> {
        let open = self.opened("sync")?;
        match &open.sync {
            Some(sync) => sync.sync(Trust::Ask).await,
            // The primary answers for itself.
            None if open.mode == Mode::Remote => Ok(Synced {
                frames: 0,
                took: Duration::ZERO,
            }),
            None => Err(BackendError::new(ErrorKind::Busy, "sync")
                .because(connect::in_use(&self.options.db_path, open.mode))),
        }
    }

    fn sync_status(&self) -> SyncStatus {
        match self.opened("sync") {
            Ok(open) => self.status_of(&open),
            Err(_) => SyncStatus {
                state: SyncState::Closed,
                notices: Vec::new(),
                ..status_of_another(&self.options, Mode::Replica)
            },
        }
    }
}

/// The status of a replica whose copy another process keeps, so that in `mode` either the primary
/// answers or the copy is read.
fn status_of_another(options: &TursoOptions, mode: Mode) -> SyncStatus {
    let now = options.clock.now();
    let last_success = match mode {
        Mode::Remote => Some(now),
        _ => copy::last_success(&options.db_path),
    };
    SyncStatus {
        state: SyncState::Idle,
        last_success,
        age: last_success.map(|last| sync::between(last, now)),
        interval: None,
        last_error: None,
        notices: vec![connect::in_use(&options.db_path, mode)],
        successes: 0,
        failures: 0,
        frames: 0,
        latency: ports::Latency::default(),
    }
}

impl fmt::Debug for TursoBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TursoBackend")
            .field("options", &self.options)
            .field("is_connected", &self.is_connected())
            .finish_non_exhaustive()
    }
}
