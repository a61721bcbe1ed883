//! The memory backend, whose writes can be held until a test lets them go on.

use std::sync::atomic::{AtomicBool, Ordering};

use adapter_memory::MemoryBackend;
use memorygraph::domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use memorygraph::ports::{
    Batch, Capabilities, Changed, Finding, GraphBackend, Health, Quarantined, Receipt, Result,
    Schema, Statistics,
};
use tokio::sync::{Mutex, Semaphore, mpsc};

/// What became of a write that is held.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Write {
    Begun,
    Abandoned,
}

#[derive(Debug)]
pub(crate) struct Held {
    inner: MemoryBackend,
    holds: AtomicBool,
    let_go: Semaphore,
    tells: mpsc::UnboundedSender<Write>,
    told: Mutex<mpsc::UnboundedReceiver<Write>>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let (tells, told) = mpsc::unbounded_channel();
        Self {
            inner: MemoryBackend::new(),
            holds: AtomicBool::new(false),
            let_go: Semaphore::new(0),
            tells,
            told: Mutex::new(told),
        }
    }

    /// Holds each write from now on.
    pub(crate) fn hold(&self) {
        self.holds.store(true, Ordering::SeqCst);
    }

    /// Lets all writes go on, and holds no more.
    pub(crate) fn let_go(&self) {
        self.holds.store(false, Ordering::SeqCst);
        self.let_go.close();
    }

    /// Waits for what happens next to a write that is held.
    pub(crate) async fn next(&self) -> Write {
        self.told.lock().await.recv().await.unwrap()
    }
}

/// Tells when nobody waits any more.
struct Waiting<'a>(Option<&'a mpsc::UnboundedSender<Write>>);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(tells) = self.0 {
            tells.send(Write::Abandoned).unwrap();
        }
    }
}

#[async_trait::async_trait]
impl GraphBackend for Held {
    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        if self.holds.load(Ordering::SeqCst) {
            self.tells.send(Write::Begun).unwrap();
            let mut waiting = Waiting(Some(&self.tells));
            // Closed is let go.
            drop(self.let_go.acquire().await);
            waiting.0 = None;
        }
        self.inner.apply(batch).await
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
