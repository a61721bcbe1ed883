//! A store that is a copy of a file, and speaks of that file.

use std::{path::PathBuf, sync::Arc};

use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, PathQuery, Relationship, RelationshipId,
    RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use ports::{
    BackendError, Batch, Capabilities, Changed, Finding, GraphBackend, Health, Quarantined,
    Receipt, Result, Schema, Statistics,
};

/// Names a file in errors about the copy of it.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) file: PathBuf,
    pub(super) copy: PathBuf,
}

impl Names {
    /// Names the file instead of the copy.
    pub(super) fn told(&self, error: BackendError) -> BackendError {
        let file = self.file.display().to_string();
        let copy = self.copy.display().to_string();
        let words = match error.detail() {
            Some(words) if words.contains(&copy) => words.replace(&copy, &file),
            Some(words) => format!("{file}: {words}"),
            None => format!("{file} cannot be read"),
        };
        error.because(words)
    }
}

/// The copy of a file, whose errors name the file.
#[derive(Debug)]
pub(super) struct Source {
    copy: Arc<dyn GraphBackend>,
    names: Names,
}

impl Source {
    pub(super) fn of(copy: Arc<dyn GraphBackend>, names: Names) -> Self {
        Self { copy, names }
    }

    fn told<T>(&self, answer: Result<T>) -> Result<T> {
        answer.map_err(|error| self.names.told(error))
    }
}

#[async_trait::async_trait]
impl GraphBackend for Source {
    fn name(&self) -> &'static str {
        self.copy.name()
    }

    fn capabilities(&self) -> Capabilities {
        self.copy.capabilities()
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        self.told(self.copy.initialize_schema().await)
    }

    async fn health(&self) -> Result<Health> {
        self.told(self.copy.health().await)
    }

    async fn close(&self) -> Result<()> {
        self.told(self.copy.close().await)
    }

    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        self.told(self.copy.apply(batch).await)
    }

    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>> {
        self.told(self.copy.memories(ids).await)
    }

    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        self.told(self.copy.list(query, page).await)
    }

    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.told(self.copy.relationships(query, page).await)
    }

    async fn walk(&self, walk: &Walk) -> Result<Walked> {
        self.told(self.copy.walk(walk).await)
    }

    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<domain::Path>> {
        self.told(self.copy.shortest_path(query).await)
    }

    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        self.told(self.copy.search(query, page).await)
    }

    async fn statistics(&self) -> Result<Statistics> {
        self.told(self.copy.statistics().await)
    }

    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        self.told(self.copy.memory_history(id, page).await)
    }

    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.told(self.copy.relationship_history(id, page).await)
    }

    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        self.told(self.copy.quarantine(page).await)
    }

    async fn inspect(&self) -> Result<Vec<Finding>> {
        self.told(self.copy.inspect().await)
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.told(self.copy.repair().await)
    }

    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>> {
        self.told(self.copy.changes_since(since, page).await)
    }
}
