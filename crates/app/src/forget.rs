use domain::{Memory, MemoryId};
use ports::{Batch, Change, Expect};
use serde::Serialize;

use crate::{MemoryGraph, Result, tries::Tries};

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
    /// - [`NotFound`](ports::ErrorKind::NotFound) when there is no such memory
    /// - [`Conflict`](ports::ErrorKind::Conflict) when [others never stop](Self#errors) changing it
    pub async fn forget(&self, id: &MemoryId) -> Result<Forgotten> {
        let mut tries = Tries::default();
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
                Err(error) => tries.again(error).await?,
            }
        }
    }
}
