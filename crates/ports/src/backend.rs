use std::{fmt, future::Future};

use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};

use crate::{
    BackendError, Batch, Capabilities, Changed, ErrorKind, Health, Receipt, Replica, Result,
    SchemaVersion, SqlAccess, Statistics,
};

/// Keeps a memory graph.
///
/// A call is one round trip: it sees one state of the graph, and a caller that stops waiting never
/// leaves half a change behind. The caller brings ids and times; a backend never asks a clock.
/// Backends prove all this with `contract::backend_contract!`.
///
/// # Errors
///
/// Besides the kinds that a method names, every call can fail with
/// [`Closed`](ErrorKind::Closed) after [`close`](Self::close), [`Busy`](ErrorKind::Busy),
/// [`Unreachable`](ErrorKind::Unreachable), [`Unauthorized`](ErrorKind::Unauthorized),
/// [`Corrupt`](ErrorKind::Corrupt) and [`Backend`](ErrorKind::Backend).
#[async_trait]
pub trait GraphBackend: fmt::Debug + Send + Sync + 'static {
    /// Names the kind of backend as configuration does: "sqlite".
    fn name(&self) -> &'static str;

    /// Says what this backend can do beyond the methods that every backend has.
    fn capabilities(&self) -> Capabilities;

    /// Makes or upgrades what the graph needs, and says which version is there now. Calling it
    /// again changes nothing.
    ///
    /// # Errors
    ///
    /// - [`Schema`](ErrorKind::Schema) when the store is newer than this program
    async fn initialize_schema(&self) -> Result<SchemaVersion>;

    /// Looks at the store and says how it is. Trouble that does not prevent the look becomes a
    /// warning.
    async fn health(&self) -> Result<Health>;

    /// Finishes what was begun and lets go of everything. Calling it again changes nothing.
    async fn close(&self) -> Result<()>;

    /// Applies all of `batch`, or none of it.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when a value breaks a limit of the domain
    /// - [`Conflict`](ErrorKind::Conflict) when an expectation does not hold, or a relationship
    ///   would close a cycle of a type that has none and the batch refuses them
    /// - [`NotFound`](ErrorKind::NotFound) when a relationship names a memory, or an invalidation
    ///   a relationship, that is not there
    async fn apply(&self, batch: Batch) -> Result<Receipt>;

    /// Returns the memories with these ids that are there, each once, in the order of `ids`.
    async fn memories(&self, ids: &[MemoryId]) -> Result<Vec<Memory>>;

    /// Lists memories.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a cursor of another query, or a limit
    ///   that is too large
    async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>>;

    /// Lists relationships by ascending id.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) as for [`list`](Self::list)
    async fn relationships(
        &self,
        query: &RelationshipQuery,
        page: &PageRequest,
    ) -> Result<Page<Relationship>>;

    /// Returns what can be reached; [`Walk`] says in which order.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when a memory where it begins is not there
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when depth or limit is out of range
    async fn walk(&self, walk: &Walk) -> Result<Walked>;

    /// Returns a way with the fewest relationships, or `None` when there is none of at most
    /// `max_depth`. Of several, it is the one that [`Walk`]'s choice of `via` gives.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when either memory is not there
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when the depth is out of range
    async fn shortest_path(&self, query: &PathQuery) -> Result<Option<Path>>;

    /// Returns the memories whose text matches, the best match first; equal ones by ascending id.
    ///
    /// Whatever a person types is a question: no text makes a search fail. Where very many
    /// memories match, the answer ends after the best
    /// [`SEARCH_DEPTH`](domain::ranking::SEARCH_DEPTH), or the first page's limit when that is
    /// greater.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) for a text that is too long, and as for
    ///   [`list`](Self::list)
    async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>>;

    /// Counts what the graph is made of.
    async fn statistics(&self) -> Result<Statistics>;

    /// Lists what the graph learned at or after `since`: by moment, memories before relationships,
    /// then by id. What was removed leaves no trace.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) as for [`list`](Self::list)
    async fn changes_since(&self, since: Timestamp, page: &PageRequest) -> Result<Page<Changed>>;

    /// Returns the door for SQL.
    ///
    /// # Errors
    ///
    /// - [`Unsupported`](ErrorKind::Unsupported) without [`Capabilities::sql_access`]
    fn sql_access(&self) -> Result<&dyn SqlAccess> {
        Err(BackendError::new(ErrorKind::Unsupported, "execute a query")
            .because(format!("the backend {} does not speak SQL", self.name())))
    }

    /// Returns the door for syncing with a primary.
    ///
    /// # Errors
    ///
    /// - [`Unsupported`](ErrorKind::Unsupported) without [`Capabilities::replica`]
    fn replica(&self) -> Result<&dyn Replica> {
        Err(BackendError::new(ErrorKind::Unsupported, "sync")
            .because("this store is no replica: there is no primary to sync with"))
    }
}

/// Shorthands over [`GraphBackend`]. Backends get them for free and cannot override them.
pub trait GraphBackendExt: GraphBackend {
    /// Returns the memory, or `None` when there is none with this id.
    fn memory(&self, id: &MemoryId) -> impl Future<Output = Result<Option<Memory>>> + Send {
        async move { Ok(self.memories(std::slice::from_ref(id)).await?.pop()) }
    }

    /// Returns the relationship, whether it has ended or not, or `None` when there is none with
    /// this id.
    fn relationship(
        &self,
        id: &RelationshipId,
    ) -> impl Future<Output = Result<Option<Relationship>>> + Send {
        async move {
            let query = RelationshipQuery {
                ids: vec![id.clone()],
                as_of: domain::AsOf::Ever,
                ..RelationshipQuery::default()
            };
            let one = PageRequest::first(1).expect("1 is in range");
            Ok(self.relationships(&query, &one).await?.items.pop())
        }
    }

    /// Adds one memory, or replaces the one with the same id.
    fn put_memory(&self, memory: Memory) -> impl Future<Output = Result<Receipt>> + Send {
        async move { self.apply(Batch::default().put_memory(memory)).await }
    }

    /// Adds one relationship, as [`Change::PutRelationship`](crate::Change::PutRelationship) does.
    fn put_relationship(
        &self,
        relationship: Relationship,
    ) -> impl Future<Output = Result<Receipt>> + Send {
        async move {
            self.apply(Batch::default().put_relationship(relationship))
                .await
        }
    }
}

impl<B: GraphBackend + ?Sized> GraphBackendExt for B {}
