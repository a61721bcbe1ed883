use domain::{Memory, MemoryId, Relationship, RelationshipId, RelationshipType, Timestamp};
use ports::{BackendError, Batch, Conflict, ErrorKind, Expect, GraphBackendExt};
use serde::Serialize;

use crate::{Draft, MemoryGraph, Result, duplicates::Candidate, tries::Tries};

/// A memory that took the place of another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Superseded {
    /// The one before, which no longer holds.
    pub old: Memory,
    /// The one that holds now.
    pub new: Memory,
    /// What joins them: the new one REPLACES the old one.
    pub relationship: Relationship,
}

impl MemoryGraph {
    /// Keeps a new memory in place of another one, which stays, and is joined to it.
    ///
    /// The old one ceases to hold when the new one begins to, unless it ended before. Its
    /// relationships stay as they are. The new one belongs to the same project unless the draft
    /// names another, and without a context of its own takes that of the old one.
    ///
    /// Where the one that took its place is no longer there, another one can.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ErrorKind::NotFound) when there is no such memory
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when the draft breaks a limit of the
    ///   domain, or brings the id of the old memory
    /// - [`Conflict`](ErrorKind::Conflict) when another memory that is there took its place
    ///   already, which the message names, while the error carries the old one; as for
    ///   [`remember`](Self::remember); and when [others never stop](Self#errors) changing it
    ///
    /// # Examples
    ///
    /// ```
    /// use memorygraph::domain::{AsOf, MemoryFilter, MemoryType, PageRequest};
    /// use memorygraph::{Config, Draft, MemoryGraph};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> memorygraph::Result<()> {
    /// # let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
    /// let old = Draft::new(MemoryType::General, "Deploys", "We deploy on Fridays.");
    /// let old = graph.remember(old).await?;
    /// let new = Draft::new(MemoryType::General, "Deploys", "We deploy on Mondays.");
    /// let done = graph.supersede(&old.id, new).await?;
    ///
    /// // What is recalled is what holds.
    /// let page = PageRequest::first(10)?;
    /// let found = graph.recall("deploys", MemoryFilter::default(), &page).await?;
    /// assert_eq!(found.items.len(), 1);
    /// assert_eq!(found.items[0].memory.id, done.new.id);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn supersede(&self, id: &MemoryId, draft: Draft) -> Result<Superseded> {
        const DOING: &str = "supersede a memory";

        if draft.id.as_ref() == Some(id) {
            return Err(BackendError::new(ErrorKind::InvalidArgument, DOING)
                .because(format!(
                    "{id:?} is the memory itself: leave the id out, or bring a new one"
                ))
                .into());
        }
        let mut tries = Tries::default();
        loop {
            let old = self.present(id, DOING).await?;
            if let Some(successor) = &old.superseded_by
                && self.backend.memory(successor).await?.is_some()
            {
                return Err(superseded_before(DOING, old).into());
            }
            let now = self.now();
            let candidate = self.candidate(inheriting(draft.clone(), &old), now)?;
            candidate.memory.check()?;
            let candidates = [candidate];
            self.refuse_duplicates(DOING, &candidates, Some(id)).await?;
            let [Candidate { memory: new, .. }] = candidates;

            let expected = old.version;
            let old = ended(old, &new, now);
            old.check()?;
            let relationship = RelationshipId::new(self.next_id())?;
            let kind = RelationshipType::Replaces;
            let relationship = Relationship {
                valid_from: new.valid_from,
                ..Relationship::new(relationship, new.id.clone(), kind, id.clone(), now)
            };
            let mut batch = Batch::default()
                .expect(Expect::Version(id.clone(), expected))
                .put_memory(new.clone())
                .put_memory(old.clone())
                .put_relationship(relationship.clone());
            if draft.id.is_some() {
                batch = batch.expect(Expect::Absent(new.id.clone()));
            }
            match self.backend.apply(batch).await {
                Ok(_) => {
                    tracing::debug!(%id, by = %new.id, "superseded");
                    return Ok(Superseded {
                        old,
                        new,
                        relationship,
                    });
                }
                Err(error) if is_about(&error, id) => tries.again(error).await?,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// Gives the draft the context of the old memory, or at least its project, where it has none.
fn inheriting(mut draft: Draft, old: &Memory) -> Draft {
    match &mut draft.context {
        None => draft.context.clone_from(&old.context),
        Some(context) if context.project_path.is_none() => {
            context.project_path = old.project_path().map(str::to_owned);
        }
        Some(_) => {}
    }
    draft
}

/// Ends the old memory where the new one begins, unless it ends before.
fn ended(old: Memory, new: &Memory, now: Timestamp) -> Memory {
    let until = new.valid_from.max(old.valid_from);
    Memory {
        valid_until: Some(old.valid_until.map_or(until, |ended| ended.min(until))),
        superseded_by: Some(new.id.clone()),
        version: old.version.saturating_add(1),
        updated_at: now.max(old.updated_at),
        updated_by: new.updated_by.clone().or(old.updated_by),
        ..old
    }
}

fn superseded_before(doing: &'static str, old: Memory) -> BackendError {
    let successor = old.superseded_by.as_ref().map(MemoryId::as_str);
    let detail = format!(
        "{:?} took the place of {:?} already: supersede that one, or update it",
        successor.unwrap_or_default(),
        old.id
    );
    let conflict = Conflict::Memory {
        id: old.id.clone(),
        found: Some(Box::new(old)),
    };
    BackendError::conflict(doing, conflict, detail)
}

/// Says whether the memory `id` was not as expected.
fn is_about(error: &BackendError, id: &MemoryId) -> bool {
    matches!(error.found(), Some(Conflict::Memory { id: about, .. }) if about == id)
}
