//! Relationships of a file, and those that the store has.

use std::collections::{HashMap, HashSet};

use domain::{
    AsOf, Direction, Memory, PageRequest, Relationship, RelationshipId, RelationshipQuery,
};
use ports::{Batch, Cycles, ErrorKind, Expect};
use uuid::Uuid;

use super::{
    format::Format,
    kept::Kept,
    record::{self, Stated},
};
use crate::{MemoryGraph, Result};

/// How many relationships are told at once what invalidated them.
const NAMING: usize = 500;
/// How many relationships wait for what invalidated them before the store is asked for it.
const WAITING: usize = 20_000;

/// A relationship of the file that may be in the store already.
pub(super) struct Candidate {
    /// Without what invalidated it: that may stand further down in the file.
    relationship: Relationship,
    invalidated_by: Option<RelationshipId>,
    statement: Uuid,
    statements: u64,
}

/// What became of the relationships of the file that state one thing.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    count: u32,
    /// Whether this import added the first of them.
    added: bool,
}

impl Candidate {
    /// Gives the relationship its id, where it has none.
    pub(super) fn of(stated: Stated, kept: &mut Kept) -> Self {
        let mut relationship = stated.relationship;
        let statement = record::statement(&relationship);
        if kept.format == Format::Document {
            let same = kept.earlier.entry(statement).or_default();
            if !stated.has_own_id {
                relationship.id = record::stated_id(statement, same.count);
            }
            same.count += 1;
        }
        Self {
            invalidated_by: relationship.invalidated_by.take(),
            relationship,
            statement,
            statements: u64::from(stated.statements),
        }
    }
}

impl Format {
    /// Says whether a memory of the file says something else than the one that the store has. How
    /// often it was used says nothing, nor do times that the file does not have.
    pub(super) fn says_another(self, memory: &Memory, there: &Memory) -> bool {
        if self != Self::KnowledgeGraph {
            return memory.is_new_state_of(there);
        }
        let timeless = Memory {
            created_at: there.created_at,
            updated_at: there.updated_at,
            valid_from: there.valid_from,
            ..memory.clone()
        };
        timeless.is_new_state_of(there)
    }

    /// Says the same of relationships, of which only our own files have all times.
    fn states_another(self, relationship: &Relationship, there: &Relationship) -> bool {
        if self == Self::Lines {
            return relationship.is_new_state_of(there);
        }
        let timeless = Relationship {
            created_at: there.created_at,
            recorded_at: there.recorded_at,
            valid_from: there.valid_from,
            ..relationship.clone()
        };
        timeless.is_new_state_of(there)
    }
}

impl MemoryGraph {
    /// Adds the relationships that are not there yet.
    pub(super) async fn keep_relationships(
        &self,
        candidates: Vec<Candidate>,
        kept: &mut Kept,
    ) -> Result<()> {
        let there = self.already_there(&candidates, kept).await?;
        let mut batch = Batch {
            cycles: Cycles::Allow,
            ..Batch::default()
        };
        let mut statements = HashMap::new();
        for candidate in candidates {
            let relationship = candidate.relationship;
            let id = relationship.id.clone();
            if there.contains(&id) {
                kept.report.relationships.already_there += candidate.statements;
                continue;
            }
            if kept.format == Format::Document {
                kept.earlier.entry(candidate.statement).or_default().added = true;
            }
            if let Some(by) = candidate.invalidated_by {
                kept.invalidated.push((id.clone(), by));
            }
            statements.insert(id, candidate.statements);
            batch = batch.put_relationship(relationship);
        }
        let changes = batch.changes.len() as u64;
        if changes > 0 {
            let receipt = self.backend.apply(batch).await?;
            let joined = receipt.reinforced.len() as u64;
            let stated: u64 = statements.into_values().sum();
            kept.report.relationships.added += changes - joined;
            kept.report.relationships_reinforced += joined + stated - changes;
        }
        if kept.invalidated.len() >= WAITING {
            self.name_invalidators(kept, false).await?;
        }
        Ok(())
    }

    /// Says whether the store has relationships, also such as have ended.
    pub(super) async fn has_relationships(&self) -> Result<bool> {
        let every = by_id([].into_iter());
        let first = self
            .backend
            .relationships(&every, &PageRequest::first(1)?)
            .await?;
        Ok(!first.items.is_empty())
    }

    /// Returns the ids of those that the store had before: under their id, or as another one
    /// without an end that states the same.
    async fn already_there(
        &self,
        candidates: &[Candidate],
        kept: &mut Kept,
    ) -> Result<HashSet<RelationshipId>> {
        let mut there = HashSet::new();
        if !kept.had_relationships && kept.format == Format::Lines {
            // Then none of a file in which each has an id of its own is there.
            return Ok(there);
        }
        let by_its_id: HashMap<_, _> = candidates
            .iter()
            .map(|candidate| (&candidate.relationship.id, candidate))
            .collect();
        let format = kept.format;
        let mut differing = 0;
        let mut unnamed = Vec::new();
        self.each_relationship(&by_id(by_its_id.keys().copied()), |found| {
            let candidate = by_its_id[&found.id];
            if format.states_another(&candidate.relationship, &found) {
                differing += 1;
            } else if found.invalidated_by.is_none()
                && let Some(by) = &candidate.invalidated_by
            {
                // An import that was interrupted did not come to it.
                unnamed.push((found.id.clone(), by.clone()));
            }
            there.insert(found.id);
        })
        .await?;
        kept.report.relationships_differing += differing;
        kept.invalidated.extend(unnamed);

        // Nothing joined a memory before it was there, and what this import has added is to take
        // the evidence of those that state the same.
        let mut open: HashMap<_, Vec<&RelationshipId>> = HashMap::new();
        for candidate in candidates {
            let relationship = &candidate.relationship;
            if relationship.valid_until.is_none()
                && kept.before.has(relationship.from.as_str())
                && kept.before.has(relationship.to.as_str())
                && !there.contains(&relationship.id)
                && !kept
                    .earlier
                    .get(&candidate.statement)
                    .is_some_and(|same| same.added)
            {
                let same = open.entry(relationship.statement()).or_default();
                same.push(&relationship.id);
            }
        }
        if open.is_empty() {
            return Ok(there);
        }
        let mut types: Vec<_> = open.keys().map(|(kind, ..)| *kind).collect();
        types.sort_unstable();
        types.dedup();
        let mut touching: Vec<_> = open.keys().map(|(_, from, _)| (*from).clone()).collect();
        touching.sort_unstable();
        touching.dedup();
        let query = RelationshipQuery {
            touching,
            types,
            direction: Direction::Both,
            ..RelationshipQuery::default()
        };
        self.each_relationship(&query, |found| {
            if let Some(same) = open.get(&found.statement()) {
                there.extend(same.iter().map(|id| (*id).clone()));
            }
        })
        .await?;
        Ok(there)
    }

    /// Writes down what invalidated which relationship, where both are there. What is not there
    /// waits, and in the end is counted as a field that was ignored.
    pub(super) async fn name_invalidators(&self, kept: &mut Kept, is_end: bool) -> Result<()> {
        let pairs = std::mem::take(&mut kept.invalidated);
        for pairs in pairs.chunks(NAMING) {
            let waiting = self.name(pairs).await?;
            if is_end && !waiting.is_empty() {
                let ignored = &mut kept.report.fields_ignored;
                let ignored = ignored.entry("invalidated_by".to_owned()).or_default();
                *ignored += waiting.len() as u64;
            } else {
                kept.invalidated.extend(waiting);
            }
        }
        Ok(())
    }

    /// Names what invalidated the first of each pair, and returns those whose second is not there.
    async fn name(
        &self,
        pairs: &[(RelationshipId, RelationshipId)],
    ) -> Result<Vec<(RelationshipId, RelationshipId)>> {
        loop {
            let mut found = HashMap::new();
            let query = by_id(pairs.iter().flat_map(|(id, by)| [id, by]));
            self.each_relationship(&query, |it| {
                found.insert(it.id.clone(), it);
            })
            .await?;
            let mut waiting = Vec::new();
            let mut batch = Batch {
                cycles: Cycles::Allow,
                ..Batch::default()
            };
            for (id, by) in pairs {
                match found.get(id) {
                    Some(relationship) if found.contains_key(by) => {
                        let recorded = Expect::RecordedAt(id.clone(), relationship.recorded_at);
                        batch.expects.push(recorded);
                        batch = batch.put_relationship(Relationship {
                            invalidated_by: Some(by.clone()),
                            ..relationship.clone()
                        });
                    }
                    _ => waiting.push((id.clone(), by.clone())),
                }
            }
            if batch.changes.is_empty() {
                return Ok(waiting);
            }
            match self.backend.apply(batch).await {
                // Somebody has just changed one of them.
                Err(error) if error.kind() == ErrorKind::Conflict => {}
                applied => return applied.map(|_| waiting).map_err(Into::into),
            }
        }
    }

    async fn each_relationship(
        &self,
        query: &RelationshipQuery,
        mut found: impl FnMut(Relationship) + Send,
    ) -> Result<()> {
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let part = self.backend.relationships(query, &page).await?;
            part.items.into_iter().for_each(&mut found);
            match part.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }
}

/// Asks for the relationships with these ids, whether they have ended or not.
fn by_id<'a>(ids: impl Iterator<Item = &'a RelationshipId>) -> RelationshipQuery {
    RelationshipQuery {
        ids: ids.cloned().collect(),
        as_of: AsOf::Ever,
        ..RelationshipQuery::default()
    }
}
