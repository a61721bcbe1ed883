//! The second look at a file: what can be kept goes into the store, in batches.

use std::{
    collections::{HashMap, HashSet},
    io::{Read, Seek},
    sync::Arc,
};

use domain::{
    AsOf, Direction, Memory, MemoryId, PageRequest, Relationship, RelationshipId,
    RelationshipQuery, Timestamp,
};
use ports::{Batch, Change, Cycles, ErrorKind, Expect};
use uuid::Uuid;

use super::{
    BATCH, Problems, Progress, RecordKind, Report, Stage, batches::Batches, record, survey::Survey,
};
use crate::{MemoryGraph, Result};

/// What is to be kept.
#[derive(Debug)]
pub(super) struct Plan {
    /// The memories of the file that can be kept, and when they were first kept.
    memories: Arc<HashMap<MemoryId, Timestamp>>,
    /// Memories that the store had before and relationships of the file can join.
    before: HashSet<MemoryId>,
    /// The relationships that were added and what the file says invalidated them.
    invalidated: Vec<(RelationshipId, RelationshipId)>,
    /// The records that cannot be kept.
    pub(super) problems: Problems,
    report: Report,
}

/// A relationship of the file that may be in the store already.
struct Candidate {
    /// Without what invalidated it: that may stand further down in the file.
    relationship: Relationship,
    invalidated_by: Option<RelationshipId>,
    statement: Uuid,
}

/// What became of the relationships that state one thing.
#[derive(Default)]
struct Earlier {
    count: u32,
    /// Whether this import added the first of them.
    added: bool,
}

impl Plan {
    /// Says whether the store has a memory, or will have it from the file.
    fn has(&self, id: &MemoryId) -> bool {
        self.memories.contains_key(id) || self.before.contains(id)
    }
}

impl MemoryGraph {
    /// Asks the store for the ends that the file does not have.
    pub(super) async fn resolve(&self, mut survey: Survey) -> Result<Plan> {
        let mut missing: Vec<_> = survey.loose.iter().map(|it| it.missing.clone()).collect();
        missing.sort_unstable();
        missing.dedup();
        let mut before = HashSet::new();
        for ids in missing.chunks(BATCH) {
            let found = self.backend.memories(ids).await?;
            before.extend(found.into_iter().map(|memory| memory.id));
        }
        for loose in std::mem::take(&mut survey.loose) {
            if !before.contains(&loose.missing) {
                let reason = format!("no memory has the id {:?}", loose.missing);
                survey.problem(RecordKind::Relationship, loose.number, loose.name, reason);
            }
        }
        Ok(Plan {
            memories: Arc::new(survey.memories),
            before,
            invalidated: Vec::new(),
            problems: survey.problems,
            report: survey.report,
        })
    }

    /// Keeps what the plan says.
    pub(super) async fn keep<S>(
        &self,
        source: S,
        mut plan: Plan,
        now: Timestamp,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report>
    where
        S: Read + Seek + Send + 'static,
    {
        let read = move |value| record::memory(value, now).ok();
        let mut memories = Batches::of(source, RecordKind::Memory, read, |memory| {
            memory.title.len() + memory.content.len()
        });
        let mut seen = HashSet::new();
        while let Some((done, mut batch)) = memories.next().await {
            batch.retain(|memory| seen.insert(memory.id.clone()));
            self.keep_memories(batch, &mut plan).await?;
            progress(Progress {
                stage: Stage::Memories,
                done,
                total: Some(plan.report.memories.read),
            });
        }
        let source = memories.end()?;

        let began = Arc::clone(&plan.memories);
        let read = move |value| record::relationship(value, |id| began.get(id).copied(), now).ok();
        let mut relationships = Batches::of(source, RecordKind::Relationship, read, |read| {
            read.relationship.context.as_ref().map_or(0, String::len)
        });
        let mut earlier = HashMap::new();
        let mut own_ids = HashSet::new();
        while let Some((done, batch)) = relationships.next().await {
            let mut candidates = Vec::with_capacity(batch.len());
            for record::Read {
                mut relationship,
                has_own_id,
                ..
            } in batch
            {
                if has_own_id && !own_ids.insert(relationship.id.clone()) {
                    continue;
                }
                if !plan.has(&relationship.from) || !plan.has(&relationship.to) {
                    continue;
                }
                let statement = record::statement(&relationship);
                let same: &mut Earlier = earlier.entry(statement).or_default();
                if !has_own_id {
                    relationship.id = record::stated_id(statement, same.count);
                }
                same.count += 1;
                candidates.push(Candidate {
                    invalidated_by: relationship.invalidated_by.take(),
                    relationship,
                    statement,
                });
            }
            self.keep_relationships(candidates, &mut earlier, &mut plan)
                .await?;
            progress(Progress {
                stage: Stage::Relationships,
                done,
                total: Some(plan.report.relationships.read),
            });
        }
        relationships.end()?;
        self.name_invalidators(&mut plan).await?;
        let mut report = plan.report;
        report.set_aside = plan.problems.first;
        Ok(report)
    }

    /// Adds the memories that are not there yet.
    async fn keep_memories(&self, memories: Vec<Memory>, plan: &mut Plan) -> Result<()> {
        let ids: Vec<_> = memories.iter().map(|memory| memory.id.clone()).collect();
        loop {
            let found = self.backend.memories(&ids).await?;
            let found: HashMap<_, _> = found.iter().map(|memory| (&memory.id, memory)).collect();
            let mut batch = Batch::default();
            let mut differing = 0;
            for memory in &memories {
                if let Some(there) = found.get(&memory.id) {
                    differing += u64::from(*there != memory);
                    continue;
                }
                batch.expects.push(Expect::Absent(memory.id.clone()));
                let put = Change::PutMemory(Box::new(memory.clone()));
                batch.changes.push(put);
            }
            let added = batch.changes.len() as u64;
            if added > 0 {
                match self.backend.apply(batch).await {
                    // Somebody added one of them in between: it is there now.
                    Err(error) if error.kind() == ErrorKind::Conflict => continue,
                    applied => drop(applied?),
                }
            }
            plan.before.extend(found.into_keys().cloned());
            plan.report.memories.added += added;
            plan.report.memories.already_there += memories.len() as u64 - added;
            plan.report.memories_differing += differing;
            return Ok(());
        }
    }

    /// Adds the relationships that are not there yet.
    async fn keep_relationships(
        &self,
        candidates: Vec<Candidate>,
        earlier: &mut HashMap<Uuid, Earlier>,
        plan: &mut Plan,
    ) -> Result<()> {
        let there = self.already_there(&candidates, earlier, plan).await?;
        let count = candidates.len() as u64;
        let mut batch = Batch {
            cycles: Cycles::Allow,
            ..Batch::default()
        };
        for candidate in candidates {
            if !there.contains(&candidate.relationship.id) {
                earlier.entry(candidate.statement).or_default().added = true;
                if let Some(by) = candidate.invalidated_by {
                    let id = candidate.relationship.id.clone();
                    plan.invalidated.push((id, by));
                }
                batch = batch.put_relationship(candidate.relationship);
            }
        }
        let changes = batch.changes.len() as u64;
        if changes > 0 {
            let receipt = self.backend.apply(batch).await?;
            let reinforced = receipt.reinforced.len() as u64;
            plan.report.relationships_reinforced += reinforced;
            plan.report.relationships.added += changes - reinforced;
        }
        plan.report.relationships.already_there += count - changes;
        Ok(())
    }

    /// Returns the ids of those that the store had before: under their id, or as another one
    /// without an end that states the same.
    async fn already_there(
        &self,
        candidates: &[Candidate],
        earlier: &HashMap<Uuid, Earlier>,
        plan: &Plan,
    ) -> Result<HashSet<RelationshipId>> {
        let mut there = HashSet::new();
        if candidates.is_empty() {
            return Ok(there);
        }
        let by_id = by_id(candidates.iter().map(|it| &it.relationship.id));
        self.each_relationship(&by_id, |found| {
            there.insert(found.id);
        })
        .await?;

        // Nothing joined a memory before it was there, and what this import has added is to take
        // the evidence of those that state the same.
        let mut open: HashMap<_, Vec<&RelationshipId>> = HashMap::new();
        for Candidate {
            relationship,
            statement,
            ..
        } in candidates
        {
            if relationship.valid_until.is_none()
                && plan.before.contains(&relationship.from)
                && plan.before.contains(&relationship.to)
                && !there.contains(&relationship.id)
                && !earlier.get(statement).is_some_and(|same| same.added)
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

    /// Writes down what invalidated which relationship, now that all of them are there. What is
    /// not there is left out, and counted as a field that was ignored.
    async fn name_invalidators(&self, plan: &mut Plan) -> Result<()> {
        for pairs in std::mem::take(&mut plan.invalidated).chunks(BATCH / 2) {
            let mut found = HashMap::new();
            let query = by_id(pairs.iter().flat_map(|(id, by)| [id, by]));
            self.each_relationship(&query, |it| {
                found.insert(it.id.clone(), it);
            })
            .await?;
            let mut batch = Batch {
                cycles: Cycles::Allow,
                ..Batch::default()
            };
            for (id, by) in pairs {
                if let Some(relationship) = found.get(id)
                    && found.contains_key(by)
                {
                    batch = batch.put_relationship(Relationship {
                        invalidated_by: Some(by.clone()),
                        ..relationship.clone()
                    });
                } else {
                    let ignored = &mut plan.report.fields_ignored;
                    *ignored.entry("invalidated_by".to_owned()).or_default() += 1;
                }
            }
            if !batch.changes.is_empty() {
                self.backend.apply(batch).await?;
            }
        }
        Ok(())
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
