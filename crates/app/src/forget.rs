use domain::{Memory, MemoryId};
use ports::{Batch, Change, ErrorKind, Expect};
use serde::Serialize;

use crate::{Error, MemoryGraph, Result};

/// What was removed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Forgotten {
    /// The memory as it was.
    pub memory: Memory,
    /// How many relationships went with it, those that had ended included.
    pub relationships: u64,
}

impl MemoryGraph {
    /// Removes a memory and every relationship that touches it, and returns what it was. Their
    /// [history](Self::memory_history) stays; to remove that too, [`erase`](Self::erase) it.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such memory
    pub async fn forget(&self, id: &MemoryId) -> Result<Forgotten> {
        loop {
            let memory = self.present(id, "forget a memory").await?;
            let batch = Batch::default()
                .expect(Expect::Version(id.clone(), memory.version))
                .then(Change::RemoveMemory(id.clone()));
            match self.backend.apply(batch).await {
                Ok(receipt) => {
                    self.usage.forget(id);
                    tracing::debug!(%id, "forgot");
                    return Ok(Forgotten {
                        memory,
                        relationships: receipt.relationships_removed,
                    });
                }
                // Somebody changed it in between: what is returned is what is removed.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                Err(error) => return Err(Error::from(error)),
            }
        }
    }
}
