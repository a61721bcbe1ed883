use domain::{Memory, MemoryId};
use ports::{BackendError, Batch, Change, ErrorKind, Expect, GraphBackendExt};
use serde::Serialize;

use crate::{MemoryGraph, Result, tries::Tries};

/// What was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The memory as it was; none when only its traces were left.
    pub memory: Option<Memory>,
    /// How many relationships went with it, those that had ended included.
    pub relationships: u64,
    /// How many earlier states of it, and of relationships that touched it.
    pub states: u64,
    /// How many records in quarantine that named it.
    pub quarantined: u64,
}

impl MemoryGraph {
    /// Removes every trace of a memory: the memory itself, its relationships, the history of both,
    /// and what quarantine has about it. Also for a memory that was
    /// [forgotten](Self::forget) before.
    ///
    /// What other memories say about it stays: their own words, and its id, where it
    /// [took their place](Memory::superseded_by). So do copies elsewhere: exports and backups.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no trace of such a memory
    /// - [`Conflict`](ErrorKind::Conflict) when [others never stop](Self#errors) changing it
    pub async fn erase(&self, id: &MemoryId) -> Result<Erased> {
        const DOING: &str = "erase a memory";

        let mut tries = Tries::default();
        loop {
            let memory = self.backend.memory(id).await?;
            let expect = match &memory {
                Some(memory) => Expect::Version(id.clone(), memory.version),
                None => Expect::Absent(id.clone()),
            };
            let batch = Batch::default()
                .expect(expect)
                .then(Change::EraseMemory(id.clone()));
            match self.backend.apply(batch).await {
                Ok(receipt) => {
                    self.usage.forget(id);
                    let erased = Erased {
                        memory,
                        relationships: receipt.relationships_removed,
                        states: receipt.states_erased,
                        quarantined: receipt.quarantined_removed,
                    };
                    if erased.is_nothing() {
                        return Err(BackendError::new(ErrorKind::NotFound, DOING)
                            .because(format!("there is no trace of a memory with the id {id:?}"))
                            .into());
                    }
                    tracing::debug!(%id, states = erased.states, "erased");
                    return Ok(erased);
                }
                // Somebody changed it in between: what is returned is what is erased.
                Err(error) => tries.again(error).await?,
            }
        }
    }
}

impl Erased {
    fn is_nothing(&self) -> bool {
        self.memory.is_none() && self.relationships + self.states + self.quarantined == 0
    }
}
