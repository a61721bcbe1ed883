use domain::{Memory, MemoryId, Page, PageRequest, Relationship, RelationshipId, Timestamp};
use ports::{Changed, Quarantined};

use crate::{MemoryGraph, Result};

/// How many states are read at once.
const STATES: u32 = 50;

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

    /// Returns the state that a memory had at a moment, when it held then: of what its
    /// [history](Self::memory_history) keeps, the last that was written by then, or the first when
    /// it was only said later that it held already. Whether it held is what is known now. A
    /// [forgotten](Self::forget) memory is answered too; when it was forgotten is not kept.
    pub async fn memory_as_of(&self, id: &MemoryId, moment: Timestamp) -> Result<Option<Memory>> {
        let mut page = PageRequest::first(STATES)?;
        let mut held = None;
        let mut known = false;
        loop {
            let states = self.backend.memory_history(id, &page).await?;
            for state in states.items {
                if !known && !state.validity().holds_at(moment) {
                    return Ok(None);
                }
                known = true;
                let is_it = state.updated_at <= moment;
                held = Some(state);
                if is_it {
                    return Ok(held);
                }
            }
            match states.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(held),
            }
        }
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
