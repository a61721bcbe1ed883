use domain::{Memory, MemoryId, Page, PageRequest, Relationship, RelationshipId, Timestamp};
use ports::{Changed, Quarantined};

use crate::{MemoryGraph, Result};

impl MemoryGraph {
    /// Returns the states of a memory, the newest first: the present one, when it is there, then
    /// those before. A memory that was [forgotten](Self::forget) still has its history; one that
    /// was [erased](Self::erase) or never there has none.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a cursor of another history, or
    ///   a limit that is too large
    pub async fn memory_history(&self, id: &MemoryId, page: &PageRequest) -> Result<Page<Memory>> {
        Ok(self.backend.memory_history(id, page).await?)
    }

    /// Returns the states of a relationship, as [`memory_history`](Self::memory_history) does those
    /// of a memory.
    ///
    /// # Errors
    ///
    /// As for [`memory_history`](Self::memory_history).
    pub async fn relationship_history(
        &self,
        id: &RelationshipId,
        page: &PageRequest,
    ) -> Result<Page<Relationship>> {
        Ok(self.backend.relationship_history(id, page).await?)
    }

    /// Lists what the graph learned at or after `since`, the oldest first. What was forgotten or
    /// erased is not among it.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a cursor of another question,
    ///   or a limit that is too large
    pub async fn changes_since(
        &self,
        since: Timestamp,
        page: &PageRequest,
    ) -> Result<Page<Changed>> {
        Ok(self.backend.changes_since(since, page).await?)
    }

    /// Lists what could not be read or imported and is kept aside, by ascending id.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a cursor of another list, or a
    ///   limit that is too large
    pub async fn quarantine(&self, page: &PageRequest) -> Result<Page<Quarantined>> {
        Ok(self.backend.quarantine(page).await?)
    }
}
