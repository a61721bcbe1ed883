use std::{fmt, future::Future, path};

use async_trait::async_trait;
use domain::{
    Hit, ListQuery, Memory, MemoryId, Page, PageRequest, Path, PathQuery, Relationship,
    RelationshipId, RelationshipQuery, SearchQuery, Timestamp, Walk, Walked,
};

use crate::{
    BackendError, Backup, Batch, Capabilities, Changed, ErrorKind, Finding, Health, Quarantined,
    Receipt, Replica, Result, Schema, SqlAccess, Statistics,
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
    /// A store of a predecessor is upgraded where the backend can open it: as a whole or not at
    /// all, after a backup beside it, and with a report.
    ///
    /// # Errors
    ///
    /// - [`Schema`](ErrorKind::Schema) when the store is newer than this program, or holds what is
    ///   another program's
    async fn initialize_schema(&self) -> Result<Schema>;

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

    /// Returns the states of a memory, the newest first: the present one, when it is there, then
    /// those that changes replaced, and the last one before it was removed. A state is kept when
    /// the next one differs in more than how often the memory was used, which only the present one
    /// tells. [`EraseMemory`](crate::Change::EraseMemory) removes them all.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) as for [`list`](Self::list)
    async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>>;

    /// Returns the states of a relationship, as [`memory_history`](Self::memory_history) does those
    /// of a memory. A state is kept when the next one differs in more than `invalidated_by`.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) as for [`list`](Self::list)
    async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>>;

    /// Lists what is kept in quarantine, by ascending id.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) as for [`list`](Self::list)
    async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>>;

    /// Looks for trouble in the store: damage, rows that do not decode, indexes that are out of
    /// step with the rows, relationships whose ends are gone. Reads all of it, and changes nothing.
    async fn inspect(&self) -> Result<Vec<Finding>>;

    /// Mends what [`inspect`](Self::inspect) finds and can be [mended](Finding::can_repair), as a
    /// whole or not at all, and returns what it mended. Rows that do not decode go into quarantine.
    ///
    /// # Errors
    ///
    /// - [`Corrupt`](ErrorKind::Corrupt) for a damaged file, which is left as it is
    async fn repair(&self) -> Result<Vec<Finding>>;

    /// Copies the store into a new file while others go on reading and writing: one state of the
    /// graph, which was read back and checked when this returns.
    ///
    /// # Errors
    ///
    /// - [`Unsupported`](ErrorKind::Unsupported) without [`Capabilities::backup`]
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is something at `file`
    async fn backup(&self, file: &path::Path) -> Result<Backup> {
        let _ = file;
        Err(BackendError::new(ErrorKind::Unsupported, "back up")
            .because(format!("the backend {} has no file to copy", self.name())))
    }

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
