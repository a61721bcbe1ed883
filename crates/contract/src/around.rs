use std::{fmt::Debug, ops::Deref};

use adapter_memory::MemoryBackend;
use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use ports::{
    Batch, Capabilities, Changed, Finding, GraphBackend, Health, Quarantined, Receipt, Result,
    Schema, Statistics,
};

/// Stands between the callers of a backend and the backend.
#[async_trait]
pub trait Between: Debug + Send + Sync + 'static {
    /// Does what a write does, with the backend behind.
    async fn apply(&self, backend: &MemoryBackend, batch: Batch) -> Result<Receipt>;

    /// Sees what is listed.
    fn lists(&self, _query: &ListQuery) {}
}

/// The memory backend, with something [between](Between) it and its callers: tests see what is
/// written, or do something at that moment. All else is the backend's.
#[derive(Debug, Default)]
pub struct Around<B> {
    between: B,
    backend: MemoryBackend,
}

impl<B> Deref for Around<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.between
    }
}

#[async_trait]
impl<B: Between> GraphBackend for Around<B> {
    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        self.between.apply(&self.backend, batch).await
    }

    fn name(&self) -> &'static str {
        self.backend.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.backend.capabilities()
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        self.backend.initialize_schema().await
    }

    async fn health(&self) -> Result<Health> {
        self.backend.health().await
    }

    async fn close(&self) -> Result<()> {
        self.backend.close().await
    }

    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>> {
        self.backend.memories(ids).await
    }

    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        self.between.lists(query);
        self.backend.list(query, page).await
    }

    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.backend.relationships(query, page).await
    }

    async fn walk(&self, walk: &Walk) -> Result<Walked> {
        self.backend.walk(walk).await
    }

    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>> {
        self.backend.shortest_path(query).await
    }

    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        self.backend.search(query, page).await
    }

    async fn statistics(&self) -> Result<Statistics> {
        self.backend.statistics().await
    }

    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        self.backend.memory_history(id, page).await
    }

    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.backend.relationship_history(id, page).await
    }

    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        self.backend.quarantine(page).await
    }

    async fn inspect(&self) -> Result<Vec<Finding>> {
        self.backend.inspect().await
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.backend.repair().await
    }

    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>> {
        self.backend.changes_since(since, page).await
    }
}
