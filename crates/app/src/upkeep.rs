use std::path::Path;

use ports::{Backup, Finding};

use crate::{MemoryGraph, Result};

impl MemoryGraph {
    /// Looks for trouble in all of the store: damage, rows that cannot be read, indexes that are out of
    /// step with the rows, relationships that lead nowhere. Changes nothing.
    pub async fn inspect(&self) -> Result<Vec<Finding>> {
        Ok(self.backend.inspect().await?)
    }

    /// Mends what [`inspect`](Self::inspect) finds, as a whole or not at all, and returns what it
    /// mended. What cannot be mended without losing something goes into
    /// [quarantine](Self::quarantine).
    ///
    /// # Errors
    ///
    /// - [`Corrupt`](ports::ErrorKind::Corrupt) for a damaged file, which is left as it is: restore a
    ///   backup
    pub async fn repair(&self) -> Result<Vec<Finding>> {
        let repaired = self.backend.repair().await?;
        tracing::debug!(findings = repaired.len(), "repaired");
        Ok(repaired)
    }

    /// Copies the store into a new file while others go on reading and writing: one state of it, which
    /// was read back and checked when this returns. An encrypted store gives an encrypted copy with the
    /// same key. [`restore`](crate::restore) puts it back.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when there is something at `file`
    /// - [`Busy`](ports::ErrorKind::Busy) when another backup is being written there
    /// - [`Unsupported`](ports::ErrorKind::Unsupported) when a primary keeps the graph
    pub async fn backup(&self, file: &Path) -> Result<Backup> {
        let backup = self.backend.backup(file).await?;
        tracing::debug!(file = backup.file, memories = backup.memories, "backed up");
        Ok(backup)
    }
}
