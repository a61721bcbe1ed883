use domain::{Path, PathQuery, Walk, Walked};

use crate::{MemoryGraph, Result};

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
}
