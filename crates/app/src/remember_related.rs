use std::collections::{HashMap, HashSet};

use domain::{
    AsOf, Memory, MemoryId, PageRequest, Relationship, RelationshipId, RelationshipQuery,
};
use ports::{BackendError, Batch, Conflict, ErrorKind, Expect, Receipt};
use serde::Serialize;

use crate::{
    Draft, Link, Linked, MemoryGraph, Result,
    duplicates::{Candidate, Said, place, saying},
    relate::removed,
    tries::Tries,
};

const DOING: &str = "remember what is related";

/// What became of drafts and links that came together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remembered {
    /// What became of each draft, in order.
    pub memories: Vec<Kept>,
    /// What became of each link, in order.
    pub relationships: Vec<Linked>,
}

/// What became of a [`Draft`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Kept {
    /// The memory that says it.
    pub memory: Memory,
    /// Whether it said so before: it was there, or came with a draft before this one.
    pub existed: bool,
}

/// What to write.
struct Plan {
    memories: Vec<Kept>,
    relationships: Vec<Relationship>,
    batch: Batch,
}

impl MemoryGraph {
    /// Keeps all of the memories and joins them as all of the links say, or does nothing. Links
    /// name a memory of the call by the id that its draft brings.
    ///
    /// What is there already is not kept twice: a draft that refuses duplicates gives way to the
    /// memory that says the same, and one whose id is taken, to the memory with this id that says
    /// the same. Links that name such a draft join the memory in its place. A link reinforces as
    /// [`relate`](Self::relate) does, unless it brings the id of a relationship that states the
    /// same. So whoever does not know whether a call arrived makes it again, with the same ids.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when a memory or a link breaks a limit of
    ///   the domain; the message says which of them it is
    /// - [`NotFound`](ErrorKind::NotFound) when a link names a memory that is neither there nor
    ///   among the drafts
    /// - [`Conflict`](ErrorKind::Conflict) when one of them brings the id of another memory or
    ///   relationship, or a link would close a cycle of a type that has none, unless cycles are
    ///   allowed
    pub async fn remember_related(
        &self,
        drafts: Vec<Draft>,
        links: Vec<Link>,
    ) -> Result<Remembered> {
        let candidates = self.candidates(DOING, drafts)?;
        let now = self.now();
        let mut stated = Vec::with_capacity(links.len());
        for link in links {
            let id = match &link.id {
                Some(id) => id.clone(),
                None => RelationshipId::new(self.next_id())?,
            };
            stated.push(link.into_relationship(id, now));
        }

        let mut tries = Tries::default();
        let mut written = HashSet::new();
        loop {
            let mut plan = self.plan(&candidates, &stated).await?;
            let receipt = match self.backend.apply(plan.batch).await {
                Ok(receipt) => receipt,
                Err(error) if matches!(error.found(), Some(Conflict::Memory { .. })) => {
                    tries.again(error).await?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            for kept in &mut plan.memories {
                // When it is written a second time, it was there through the first.
                kept.existed &= !written.contains(&kept.memory.id);
                if !kept.existed {
                    written.insert(kept.memory.id.clone());
                }
            }
            let kept = self.reinforced(&receipt).await?;
            let gone = |reinforced: &&ports::Reinforced| !kept.contains_key(&reinforced.kept);
            if let Some(gone) = receipt.reinforced.iter().find(gone) {
                tries.again(removed(gone)).await?;
                continue;
            }
            let mut relationships = linked(plan.relationships, &receipt, &kept);
            self.find_contradictions(&mut relationships).await?;
            let memories = plan.memories;
            tracing::debug!(
                memories = memories.len(),
                relationships = relationships.len(),
                "remembered"
            );
            return Ok(Remembered {
                memories,
                relationships,
            });
        }
    }

    /// Decides what has to be written.
    async fn plan(&self, candidates: &[Candidate], stated: &[Relationship]) -> Result<Plan> {
        let memories = self.there_or_new(candidates).await?;
        let mut batch = Batch {
            cycles: self.cycles,
            ..Batch::default()
        };
        let mut put = HashSet::new();
        for kept in &memories {
            let id = &kept.memory.id;
            if !kept.existed {
                put.insert(id);
                batch.expects.push(Expect::Absent(id.clone()));
                batch = batch.put_memory(kept.memory.clone());
            } else if !put.contains(id) {
                batch.expects.push(Expect::Present(id.clone()));
            }
        }

        let meant: HashMap<&MemoryId, &MemoryId> = candidates
            .iter()
            .zip(&memories)
            .map(|(candidate, kept)| (&candidate.memory.id, &kept.memory.id))
            .collect();
        let there = self.stated_already(stated).await?;
        let mut relationships = Vec::with_capacity(stated.len());
        for (at, plain) in stated.iter().enumerate() {
            let end = |id| meant.get(id).map_or(id, |id| *id).clone();
            let relationship = Relationship {
                from: end(&plain.from),
                to: end(&plain.to),
                ..plain.clone()
            };
            let place = format!("relationship {} of {}", at + 1, stated.len());
            relationship.check().map_err(|invalid| {
                let detail = format!("{place}: {invalid}");
                BackendError::new(ErrorKind::InvalidArgument, DOING).because(detail)
            })?;
            match there.get(&relationship.id) {
                Some(found) if found.states_the_same(&relationship) => {
                    relationships.push(found.clone());
                }
                Some(found) => {
                    let detail = format!(
                        "{place}: another one has the id {:?}: bring another id, or none",
                        found.id
                    );
                    let found = Some(Box::new(found.clone()));
                    let conflict = Conflict::Relationship { found };
                    return Err(BackendError::conflict(DOING, conflict, detail).into());
                }
                None => {
                    batch = batch.put_relationship(relationship.clone());
                    relationships.push(relationship);
                }
            }
        }
        Ok(Plan {
            memories,
            relationships,
            batch,
        })
    }

    /// Decides which candidates are kept, and which memories stand in the place of the others.
    async fn there_or_new(&self, candidates: &[Candidate]) -> Result<Vec<Kept>> {
        let named = candidates.iter().filter(|candidate| candidate.is_named);
        let named: Vec<MemoryId> = named.map(|named| named.memory.id.clone()).collect();
        let mut taken: HashMap<MemoryId, Memory> = HashMap::new();
        if !named.is_empty() {
            let found = self.backend.memories(&named).await?;
            taken.extend(found.into_iter().map(|memory| (memory.id.clone(), memory)));
        }
        let mut said = self.said_already(candidates, None).await?;
        let mut memories: Vec<Kept> = Vec::with_capacity(candidates.len());
        for (at, candidate) in candidates.iter().enumerate() {
            let memory = &candidate.memory;
            let found = match (taken.remove(&memory.id), said.remove(&at)) {
                (Some(found), _) if saying(&found) == saying(memory) => Some(found),
                (Some(found), _) => {
                    let detail = format!(
                        "{}the id {:?} is that of another memory ({:?}): bring another id, or none",
                        place(at, candidates.len()),
                        found.id,
                        found.title
                    );
                    let id = found.id.clone();
                    let found = Some(Box::new(found));
                    let conflict = Conflict::Memory { id, found };
                    return Err(BackendError::conflict(DOING, conflict, detail).into());
                }
                (None, Some(Said::Kept(found))) => Some(*found),
                (None, Some(Said::Before(before))) => Some(memories[before].memory.clone()),
                (None, None) => None,
            };
            memories.push(Kept {
                existed: found.is_some(),
                memory: found.unwrap_or_else(|| memory.clone()),
            });
        }
        Ok(memories)
    }

    /// Returns the relationships that have one of the ids.
    async fn stated_already(
        &self,
        stated: &[Relationship],
    ) -> Result<HashMap<RelationshipId, Relationship>> {
        let ids = stated.iter().map(|stated| stated.id.clone()).collect();
        self.with_ids(ids).await
    }

    /// Returns the relationships that gained the evidence of others.
    async fn reinforced(&self, receipt: &Receipt) -> Result<HashMap<RelationshipId, Relationship>> {
        let ids = receipt.reinforced.iter();
        self.with_ids(ids.map(|reinforced| reinforced.kept.clone()).collect())
            .await
    }

    async fn with_ids(
        &self,
        ids: Vec<RelationshipId>,
    ) -> Result<HashMap<RelationshipId, Relationship>> {
        let mut with_ids = HashMap::new();
        if ids.is_empty() {
            return Ok(with_ids);
        }
        let query = RelationshipQuery {
            ids,
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let found = self.backend.relationships(&query, &page).await?;
            with_ids.extend(
                found
                    .items
                    .into_iter()
                    .map(|found| (found.id.clone(), found)),
            );
            match found.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(with_ids),
            }
        }
    }
}

/// Says what became of each.
fn linked(
    stated: Vec<Relationship>,
    receipt: &Receipt,
    kept: &HashMap<RelationshipId, Relationship>,
) -> Vec<Linked> {
    let reinforced = receipt.reinforced.iter();
    let reinforced: HashMap<_, _> = reinforced.map(|one| (&one.given, &one.kept)).collect();
    let linked = |stated: Relationship| match reinforced.get(&stated.id) {
        Some(id) => Linked::of(kept[*id].clone(), true),
        // One that came before in the same call may have gained evidence since.
        None => Linked::of(kept.get(&stated.id).cloned().unwrap_or(stated), false),
    };
    stated.into_iter().map(linked).collect()
}
