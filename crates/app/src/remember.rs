use domain::{Memory, MemoryContext, MemoryId, MemoryType, Score, Timestamp};
use ports::{BackendError, Batch, Change, ErrorKind, Expect, GraphBackendExt};

use crate::{MemoryGraph, Result};

/// A memory to be: what its author says. Times, version and, where none is given, the id are the
/// application's.
///
/// Texts need no care: they are trimmed, an empty summary is none, and tags are put in lower case,
/// each once. [`Memory::check`] has the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Names it, when its author wants to; else it becomes a new UUID.
    pub id: Option<MemoryId>,
    /// What kind of thing it is.
    pub memory_type: MemoryType,
    /// One line.
    pub title: String,
    /// All of it.
    pub content: String,
    /// The gist.
    pub summary: Option<String>,
    /// Words or phrases to find it by.
    pub tags: Vec<String>,
    /// Where it comes from.
    pub context: Option<MemoryContext>,
    /// How much it matters.
    pub importance: Score,
    /// How sure its author is.
    pub confidence: Score,
    /// How well it worked when it was used.
    pub effectiveness: Option<Score>,
    /// Who says it.
    pub author: Option<String>,
    /// From when it holds; none for from now.
    pub valid_from: Option<Timestamp>,
}

impl Draft {
    /// Begins a draft with the default scores and nothing optional.
    pub fn new(
        memory_type: MemoryType,
        title: impl Into<String>,
        content: impl Into<String>,
    ) -> Self {
        Self {
            id: None,
            memory_type,
            title: title.into(),
            content: content.into(),
            summary: None,
            tags: Vec::new(),
            context: None,
            importance: Memory::default_importance(),
            confidence: Memory::default_confidence(),
            effectiveness: None,
            author: None,
            valid_from: None,
        }
    }

    fn into_memory(self, id: MemoryId, now: Timestamp) -> Memory {
        let memory = Memory::new(id, self.memory_type, self.title, self.content, now);
        Memory {
            summary: self.summary,
            tags: self.tags,
            context: self.context,
            importance: self.importance,
            confidence: self.confidence,
            effectiveness: self.effectiveness,
            updated_by: self.author,
            valid_from: self.valid_from.unwrap_or(now),
            ..memory
        }
        .normalised()
    }
}

impl MemoryGraph {
    /// Keeps one memory, and returns it as it is kept.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when it breaks a limit of the domain
    /// - [`Conflict`](ErrorKind::Conflict) when it brings the id of a memory that is there
    pub async fn remember(&self, draft: Draft) -> Result<Memory> {
        let mut kept = self.remember_all(vec![draft]).await?;
        Ok(kept.pop().expect("one draft makes one memory"))
    }

    /// Keeps all of the memories or none of them, and returns them as they are kept, in order.
    ///
    /// # Errors
    ///
    /// As for [`remember`](Self::remember); the message says which of them it is.
    pub async fn remember_all(&self, drafts: Vec<Draft>) -> Result<Vec<Memory>> {
        let now = self.now();
        let count = drafts.len();
        let mut batch = Batch::default();
        let mut memories = Vec::with_capacity(count);
        for (index, draft) in drafts.into_iter().enumerate() {
            let id = match &draft.id {
                Some(id) => {
                    batch.expects.push(Expect::Absent(id.clone()));
                    id.clone()
                }
                None => MemoryId::new(self.next_id())?,
            };
            let memory = draft.into_memory(id, now);
            memory.check().map_err(|invalid| {
                let detail = if count == 1 {
                    invalid.to_string()
                } else {
                    format!("memory {} of {count}: {invalid}", index + 1)
                };
                BackendError::new(ErrorKind::InvalidArgument, "remember").because(detail)
            })?;
            let put = Change::PutMemory(Box::new(memory.clone()));
            batch.changes.push(put);
            memories.push(memory);
        }
        if !memories.is_empty() {
            self.backend.apply(batch).await?;
        }
        tracing::debug!(memories = count, "remembered");
        Ok(memories)
    }

    /// Returns the memory, or `None` when there is none with this id.
    pub async fn get(&self, id: &MemoryId) -> Result<Option<Memory>> {
        Ok(self.backend.memory(id).await?)
    }

    /// Returns the memory.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is none with this id; the message begins
    ///   with `doing`
    pub(crate) async fn present(&self, id: &MemoryId, doing: &'static str) -> Result<Memory> {
        Ok(self
            .backend
            .memory(id)
            .await?
            .ok_or_else(|| no_memory(id, doing))?)
    }
}

fn no_memory(id: &MemoryId, doing: &'static str) -> BackendError {
    BackendError::new(ErrorKind::NotFound, doing).because(format!("no memory has the id {id:?}"))
}
