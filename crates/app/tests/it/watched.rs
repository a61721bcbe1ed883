//! The memory backend, watched: a test sees what is written, lets others write in between, or
//! takes the permission to write.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use adapter_memory::MemoryBackend;
use memorygraph::domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use memorygraph::ports::{
    BackendError, Batch, Capabilities, Changed, ErrorKind, Finding, GraphBackend, Health,
    Quarantined, Receipt, Result, Schema, Statistics,
};

#[derive(Debug, Default)]
pub(crate) struct Watched {
    inner: MemoryBackend,
    written: Mutex<Vec<Batch>>,
    others: Mutex<VecDeque<Batch>>,
    followers: Mutex<VecDeque<Batch>>,
    listed: Mutex<Vec<ListQuery>>,
    yields: AtomicBool,
    read_only: AtomicBool,
}

impl Watched {
    /// What was written since this was last asked.
    pub(crate) fn written(&self) -> Vec<Batch> {
        std::mem::take(&mut self.written.lock().unwrap())
    }

    /// Lets somebody else write `batch` just before what is written next.
    pub(crate) fn before_the_next_write(&self, batch: Batch) {
        self.others.lock().unwrap().push_back(batch);
    }

    /// Lets somebody else write `batch` just after what is written next.
    pub(crate) fn after_the_next_write(&self, batch: Batch) {
        self.followers.lock().unwrap().push_back(batch);
    }

    /// What was listed since this was last asked.
    pub(crate) fn listed(&self) -> Vec<ListQuery> {
        std::mem::take(&mut self.listed.lock().unwrap())
    }

    /// Lets other tasks have their turn before each write.
    pub(crate) fn yield_before_writes(&self) {
        self.yields.store(true, Ordering::SeqCst);
    }

    pub(crate) fn set_read_only(&self, read_only: bool) {
        self.read_only.store(read_only, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl GraphBackend for Watched {
    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        if self.yields.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
        self.written.lock().unwrap().push(batch.clone());
        if self.read_only.load(Ordering::SeqCst) {
            return Err(BackendError::new(ErrorKind::Unauthorized, "apply a batch"));
        }
        let other = self.others.lock().unwrap().pop_front();
        if let Some(other) = other {
            self.inner.apply(other).await?;
        }
        let receipt = self.inner.apply(batch).await?;
        let follower = self.followers.lock().unwrap().pop_front();
        if let Some(follower) = follower {
            self.inner.apply(follower).await?;
        }
        Ok(receipt)
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.inner.capabilities()
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        self.inner.initialize_schema().await
    }

    async fn health(&self) -> Result<Health> {
        self.inner.health().await
    }

    async fn close(&self) -> Result<()> {
        self.inner.close().await
    }

    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>> {
        self.inner.memories(ids).await
    }

    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        self.listed.lock().unwrap().push(query.clone());
        self.inner.list(query, page).await
    }

    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.inner.relationships(query, page).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Walked> {
        self.inner.walk(walk).await
    }

    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>> {
        self.inner.shortest_path(query).await
    }

    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        self.inner.search(query, page).await
    }

    async fn statistics(&self) -> Result<Statistics> {
        self.inner.statistics().await
    }

    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        self.inner.memory_history(id, page).await
    }

    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.inner.relationship_history(id, page).await
    }

    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        self.inner.quarantine(page).await
    }

    async fn inspect(&self) -> Result<Vec<Finding>> {
        self.inner.inspect().await
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.inner.repair().await
    }

    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>> {
        self.inner.changes_since(since, page).await
    }
}
