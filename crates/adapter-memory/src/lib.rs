//! A graph in memory: small and strict.
//!
//! It states what every backend must answer in the plainest way, so that the contract's random
//! walk can hold another backend against it. It keeps nothing when it is dropped.

mod graph;
mod pages;
mod search;
mod walk;

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};
use ports::{
    BackendError, Batch, Capabilities, Changed, ErrorKind, Finding, GraphBackend, Health,
    Quarantined, Receipt, Result, Schema, SchemaVersion, Statistics,
};

use self::graph::Graph;

/// Keeps a memory graph for as long as it lives.
#[derive(Debug)]
pub struct MemoryBackend {
    /// None after closing. A batch puts a whole new graph in place, so a reader goes on with the
    /// one that it took.
    graph: RwLock<Option<Arc<Graph>>>,
}

impl MemoryBackend {
    /// The only schema that it ever had.
    const SCHEMA: SchemaVersion = SchemaVersion(1);

    /// Makes an empty graph.
    pub fn new() -> Self {
        Self {
            graph: RwLock::new(Some(Arc::default())),
        }
    }

    /// Returns the graph as it is now.
    fn graph(&self, doing: &'static str) -> Result<Arc<Graph>> {
        let graph = self.graph.read().unwrap_or_else(PoisonError::into_inner);
        graph.clone().ok_or_else(|| closed(doing))
    }
}

impl Default for MemoryBackend {
    fn default() -> Self {
        Self::new()
    }
}

fn closed(doing: &'static str) -> BackendError {
    BackendError::new(ErrorKind::Closed, doing).because("the graph was closed, open it again")
}

#[async_trait]
impl GraphBackend for MemoryBackend {
    fn name(&self) -> &'static str {
        "memory"
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities {
            durable: false,
            sql_access: false,
            replica: false,
            backup: false,
        }
    }

    async fn initialize_schema(&self) -> Result<Schema> {
        self.graph("initialize the schema").map(|_| Schema {
            version: Self::SCHEMA,
            upgraded: None,
        })
    }

    async fn health(&self) -> Result<Health> {
        let statistics = self.graph("look at the store")?.statistics();
        Ok(Health {
            backend: self.name(),
            location: "memory".to_owned(),
            engine: format!("memorygraph {}", env!("CARGO_PKG_VERSION")),
            schema_version: Self::SCHEMA,
            memories: statistics.memories,
            relationships: statistics.relationships + statistics.relationships_ended,
            size_bytes: None,
            sync: None,
            warnings: Vec::new(),
        })
    }

    async fn close(&self) -> Result<()> {
        *self.graph.write().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }

    async fn apply(&self, batch: Batch) -> Result<Receipt> {
        let mut graph = self.graph.write().unwrap_or_else(PoisonError::into_inner);
        let before = graph.as_ref().ok_or_else(|| closed(graph::APPLY))?;
        let (after, receipt) = before.applied(&batch)?;
        *graph = Some(Arc::new(after));
        Ok(receipt)
    }

    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>> {
        Ok(self.graph("read memories")?.memories(ids))
    }

    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        self.graph("list memories")?.list(query, page)
    }

    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.graph("list relationships")?.relationships(query, page)
    }

    async fn walk(&self, walk: &Walk) -> Result<Walked> {
        self.graph("walk")?.walk(walk)
    }

    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>> {
        self.graph("find a path")?.shortest_path(query)
    }

    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        self.graph("search")?.search(query, page)
    }

    async fn statistics(&self) -> Result<Statistics> {
        Ok(self.graph("count")?.statistics())
    }

    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        self.graph("read a memory's history")?
            .memory_history(id, page)
    }

    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        self.graph("read a relationship's history")?
            .relationship_history(id, page)
    }

    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        self.graph("list the quarantine")?.quarantine(page)
    }

    /// What is here went through the checks of the domain, and its indexes are made anew.
    async fn inspect(&self) -> Result<Vec<Finding>> {
        self.graph("inspect the store").map(|_| Vec::new())
    }

    async fn repair(&self) -> Result<Vec<Finding>> {
        self.graph("repair the store").map(|_| Vec::new())
    }

    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>> {
        self.graph("list changes")?.changes_since(since, page)
    }
}
