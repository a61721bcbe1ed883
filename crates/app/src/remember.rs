use std::collections::HashSet;

use domain::{Invalid, Memory, MemoryContext, MemoryId, MemoryType, Score, Timestamp};
use ports::{BackendError, Batch, ErrorKind, Expect, GraphBackendExt};

use crate::{
    Duplicates, MemoryGraph, Result,
    duplicates::{Candidate, place},
};

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
    /// What happens when a memory of the same project says the same already.
    pub duplicates: Duplicates,
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
            duplicates: Duplicates::Refuse,
        }
    }

    /// Fails unless what it says keeps the limits of a memory.
    ///
    /// # Errors
    ///
    /// Names the first field that does not.
    pub fn check(&self) -> std::result::Result<(), Invalid> {
        let id = self.id.clone().map_or_else(|| MemoryId::new("new"), Ok)?;
        let now = self.valid_from.unwrap_or(Timestamp::UNIX_EPOCH);
        self.clone().into_memory(id, now).check()
    }

    pub(crate) fn into_memory(self, id: MemoryId, now: Timestamp) -> Memory {
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
    /// A memory with the content of a valid one of the same project is refused, unless the draft
    /// [keeps duplicates](Draft::duplicates); memories without a project are of one project. The
    /// look comes before the write: of two callers that say the same at the same moment, both may
    /// be kept.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when it breaks a limit of the domain
    /// - [`Conflict`](ErrorKind::Conflict) when it brings the id of a memory that is there, or says
    ///   what another memory says already; the error carries that one
    ///
    /// # Examples
    ///
    /// ```
    /// use memorygraph::domain::MemoryType;
    /// use memorygraph::ports::ErrorKind;
    /// use memorygraph::{Config, Draft, Duplicates, MemoryGraph};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> memorygraph::Result<()> {
    /// # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
    /// let fix = Draft::new(MemoryType::Fix, "Larger pool", "The pool had 4 connections; now 32.");
    /// graph.remember(fix.clone()).await?;
    ///
    /// let again = graph.remember(fix.clone()).await.unwrap_err();
    /// assert_eq!(again.kind(), ErrorKind::Conflict);
    ///
    /// let both = Draft { duplicates: Duplicates::Keep, ..fix };
    /// graph.remember(both).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn remember(&self, draft: Draft) -> Result<Memory> {
        let mut kept = self.remember_all(vec![draft]).await?;
        Ok(kept.pop().expect("one draft makes one memory"))
    }

    /// Keeps all of the memories or none of them, and returns them as they are kept, in order.
    ///
    /// # Errors
    ///
    /// As for [`remember`](Self::remember); the message says which of them it is. Two of them that
    /// say the same are a conflict too.
    pub async fn remember_all(&self, drafts: Vec<Draft>) -> Result<Vec<Memory>> {
        const DOING: &str = "remember";

        let candidates = self.candidates(DOING, drafts)?;
        if !candidates.is_empty() {
            self.refuse_duplicates(DOING, &candidates, None).await?;
            let mut batch = Batch::default();
            for candidate in &candidates {
                if candidate.is_named {
                    let absent = Expect::Absent(candidate.memory.id.clone());
                    batch.expects.push(absent);
                }
                batch = batch.put_memory(candidate.memory.clone());
            }
            self.backend.apply(batch).await?;
        }
        tracing::debug!(memories = candidates.len(), "remembered");
        Ok(candidates.into_iter().map(|kept| kept.memory).collect())
    }

    /// Makes memories of drafts.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when one of them breaks a limit of the
    ///   domain, or two have one id; the message says which of them it is
    pub(crate) fn candidates(
        &self,
        doing: &'static str,
        drafts: Vec<Draft>,
    ) -> Result<Vec<Candidate>> {
        let now = self.now();
        let count = drafts.len();
        let mut candidates = Vec::with_capacity(count);
        let mut ids = HashSet::new();
        let wrong = |at: usize, detail: String| {
            let detail = format!("{}{detail}", place(at, count));
            BackendError::new(ErrorKind::InvalidArgument, doing).because(detail)
        };
        for (at, draft) in drafts.into_iter().enumerate() {
            let candidate = self.candidate(draft, now)?;
            let memory = &candidate.memory;
            if !ids.insert(memory.id.clone()) {
                let detail = format!("another one of them has the id {:?}", memory.id);
                return Err(wrong(at, detail).into());
            }
            let checked = memory.check();
            checked.map_err(|invalid| wrong(at, invalid.to_string()))?;
            candidates.push(candidate);
        }
        Ok(candidates)
    }

    /// Makes a memory of a draft, with a new id unless it brings one.
    pub(crate) fn candidate(&self, draft: Draft, now: Timestamp) -> Result<Candidate> {
        let is_named = draft.id.is_some();
        let id = match &draft.id {
            Some(id) => id.clone(),
            None => self.new_memory_id()?,
        };
        Ok(Candidate {
            is_named,
            duplicates: draft.duplicates,
            memory: draft.into_memory(id, now),
        })
    }

    /// Returns an id that no memory has, as [`remember`](Self::remember) gives one to a draft
    /// without.
    ///
    /// # Errors
    ///
    /// Fails when the source of ids gives none that an id can be.
    pub fn new_memory_id(&self) -> Result<MemoryId> {
        Ok(MemoryId::new(self.next_id())?)
    }

    /// Returns the memory, or `None` when there is none with this id. It
    /// [counts](Self#usage) as a use.
    pub async fn get(&self, id: &MemoryId) -> Result<Option<Memory>> {
        let found = self.backend.memory(id).await?;
        self.used(found.iter());
        Ok(found)
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

pub(crate) fn no_memory(id: &MemoryId, doing: &'static str) -> BackendError {
    BackendError::new(ErrorKind::NotFound, doing).because(format!("no memory has the id {id:?}"))
}
