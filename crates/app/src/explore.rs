use domain::{
    Invalid, MemoryId, Path, PathQuery, Walk, Walked,
    suggestion::{Suggestion, suggest},
};
use ports::BackendError;

use crate::{MemoryGraph, Result, remember::no_memory};

impl MemoryGraph {
    /// Returns what is related to some memories: the nearest first, each once.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when a memory where it begins is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when depth or limit is out of range
    pub async fn related(&self, walk: &Walk) -> Result<Walked> {
        Ok(self.backend.walk(walk).await?)
    }

    /// Returns a shortest way from one memory to another, or `None` when there is none of at most
    /// `max_depth` relationships.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when either memory is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when the depth is out of range
    pub async fn path(&self, query: &PathQuery) -> Result<Option<Path>> {
        Ok(self.backend.shortest_path(query).await?)
    }

    /// Suggests what kind of relationship could lead from one memory to another, the likeliest
    /// first; always something.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when either memory is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when both are the same
    pub async fn suggest_relationship_types(
        &self,
        from: &MemoryId,
        to: &MemoryId,
    ) -> Result<Vec<Suggestion>> {
        const DOING: &str = "suggest relationship types";

        if from == to {
            let invalid = Invalid::new("to", "is another memory than from", to);
            return Err(BackendError::invalid(DOING)(invalid).into());
        }
        let found = self.backend.memories(&[from.clone(), to.clone()]).await?;
        let type_of = |id: &MemoryId| {
            let memory = found.iter().find(|memory| memory.id == *id);
            memory
                .map(|memory| memory.memory_type)
                .ok_or_else(|| no_memory(id, DOING))
        };
        Ok(suggest(type_of(from)?, type_of(to)?))
    }
}
