use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use domain::{Memory, MemoryId, Relationship, RelationshipId, RelationshipType, ranking::Index};
use ports::{
    BackendError, Batch, Change, Conflict, Cycles, ErrorKind, Expect, Quarantined, Receipt,
    Reinforced, Result,
};

pub(crate) const APPLY: &str = "apply a batch";

/// One state of the graph. A batch makes another one, so a failed batch leaves no trace.
///
/// **Invariants:** both ends of a relationship are there, and so is what it names as
/// `invalidated_by`; no two relationships without an end state the same.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) memories: BTreeMap<MemoryId, Arc<Memory>>,
    pub(crate) relationships: BTreeMap<RelationshipId, Arc<Relationship>>,
    /// What was replaced or removed, the oldest first.
    pub(crate) past_memories: BTreeMap<MemoryId, Vec<Arc<Memory>>>,
    pub(crate) past_relationships: BTreeMap<RelationshipId, Vec<Arc<Relationship>>>,
    pub(crate) quarantine: BTreeMap<String, Arc<Quarantined>>,
    /// Made by the first search of this state.
    index: OnceLock<Index<MemoryId>>,
}

impl Graph {
    /// Returns the graph after the batch, and what the batch did.
    pub(crate) fn applied(&self, batch: &Batch) -> Result<(Self, Receipt)> {
        batch.check().map_err(BackendError::invalid(APPLY))?;
        for expect in &batch.expects {
            self.check_expectation(expect)?;
        }
        let mut after = Self {
            memories: self.memories.clone(),
            relationships: self.relationships.clone(),
            past_memories: self.past_memories.clone(),
            past_relationships: self.past_relationships.clone(),
            quarantine: self.quarantine.clone(),
            index: OnceLock::new(),
        };
        let mut reinforced = Vec::new();
        for change in &batch.changes {
            reinforced.extend(after.change(change)?);
        }
        if batch.cycles == Cycles::Refuse {
            after.refuse_cycles_through(batch)?;
        }
        let erased: BTreeSet<&MemoryId> = batch.changes.iter().filter_map(erased).collect();
        after.keep_history_of(self);
        after.forget_traces_of(&erased);
        let receipt = Receipt {
            states_erased: self.past_states_of(&erased),
            quarantined_added: missing_from(&self.quarantine, &after.quarantine),
            quarantined_removed: missing_from(&after.quarantine, &self.quarantine),
            memories_added: missing_from(&self.memories, &after.memories),
            memories_removed: missing_from(&after.memories, &self.memories),
            relationships_added: missing_from(&self.relationships, &after.relationships),
            relationships_removed: missing_from(&after.relationships, &self.relationships),
            reinforced,
        };
        Ok((after, receipt))
    }

    pub(crate) fn index(&self) -> &Index<MemoryId> {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (id, memory) in &self.memories {
                index.add(id, memory);
            }
            index
        })
    }

    fn check_expectation(&self, expect: &Expect) -> Result<()> {
        match expect {
            Expect::Absent(id) => self.check_memory(id, |found| found.is_none(), "is there"),
            Expect::Present(id) => self.check_memory(id, |found| found.is_some(), "is not there"),
            Expect::Version(id, version) => self.check_memory(
                id,
                |found| found.is_some_and(|memory| memory.version == *version),
                &format!("does not have version {version}"),
            ),
            Expect::RecordedAt(id, time) => {
                let found = self.relationships.get(id);
                if found.is_some_and(|relationship| relationship.recorded_at == *time) {
                    return Ok(());
                }
                let found = found.map(|relationship| Box::new(relationship.as_ref().clone()));
                Err(BackendError::conflict(
                    APPLY,
                    Conflict::Relationship { found },
                    format!("the relationship {id:?} was not recorded at {time}: read it again"),
                ))
            }
        }
    }

    fn check_memory(
        &self,
        id: &MemoryId,
        is_as_expected: impl FnOnce(Option<&Memory>) -> bool,
        broken: &str,
    ) -> Result<()> {
        let found = self.memories.get(id).map(Arc::as_ref);
        if is_as_expected(found) {
            return Ok(());
        }
        let conflict = Conflict::Memory {
            id: id.clone(),
            found: found.cloned().map(Box::new),
        };
        let detail = format!("the memory {id:?} {broken}: read it again");
        Err(BackendError::conflict(APPLY, conflict, detail))
    }

    /// Makes one change; returns the relationship that joined another one.
    fn change(&mut self, change: &Change) -> Result<Option<Reinforced>> {
        match change {
            Change::PutMemory(memory) => {
                let memory = Arc::new(memory.as_ref().clone());
                self.memories.insert(memory.id.clone(), memory);
            }
            Change::RemoveMemory(id) | Change::EraseMemory(id) => {
                if self.memories.remove(id).is_some() {
                    self.retain_relationships(|kept| kept.from != *id && kept.to != *id);
                }
            }
            Change::TouchMemory { id, uses, at } => {
                if let Some(memory) = self.memories.get_mut(id) {
                    let memory = Arc::make_mut(memory);
                    memory.usage_count = memory.usage_count.saturating_add(*uses);
                    memory.last_accessed = memory.last_accessed.max(Some(*at));
                }
            }
            Change::PutRelationship(relationship) => return self.put_relationship(relationship),
            Change::RemoveRelationship(id) => {
                if self.relationships.contains_key(id) {
                    self.retain_relationships(|kept| kept.id != *id);
                }
            }
            Change::InvalidateRelationship {
                id,
                until,
                by,
                recorded_at,
            } => {
                for named in by.iter().chain([id]) {
                    self.check_relationship_is_there(named)?;
                }
                let ended = self.relationships[id].as_ref().clone();
                let ended = ended
                    .ended(*until, by.clone(), *recorded_at)
                    .map_err(BackendError::invalid(APPLY))?;
                self.relationships.insert(id.clone(), Arc::new(ended));
            }
            Change::Quarantine(record) => {
                let record = Arc::new(record.as_ref().clone());
                self.quarantine.insert(record.id.clone(), record);
            }
            Change::ReleaseQuarantined(id) => {
                self.quarantine.remove(id);
            }
        }
        Ok(None)
    }

    /// Keeps the states of the graph `before` that are no longer here.
    fn keep_history_of(&mut self, before: &Self) {
        for (id, memory) in &before.memories {
            let now = self.memories.get(id);
            if now.is_none_or(|now| now.is_new_state_of(memory)) {
                let past = self.past_memories.entry(id.clone()).or_default();
                past.push(Arc::new(memory.unused()));
            }
        }
        for (id, relationship) in &before.relationships {
            let now = self.relationships.get(id);
            if now.is_none_or(|now| now.is_new_state_of(relationship)) {
                let past = self.past_relationships.entry(id.clone()).or_default();
                past.push(Arc::clone(relationship));
            }
        }
    }

    /// Counts the earlier states of memories, and of relationships that touched them.
    fn past_states_of(&self, memories: &BTreeSet<&MemoryId>) -> u64 {
        let of_memories = memories.iter().filter_map(|id| self.past_memories.get(*id));
        let of_memories: usize = of_memories.map(Vec::len).sum();
        let relationships = self.past_relationships.values().flatten();
        let of_relationships = relationships
            .filter(|state| touches(state, memories))
            .count();
        (of_memories + of_relationships) as u64
    }

    /// Removes the earlier states of memories and of relationships that touched them, and what
    /// names them in quarantine.
    fn forget_traces_of(&mut self, memories: &BTreeSet<&MemoryId>) {
        self.past_memories.retain(|id, _| !memories.contains(id));
        for past in self.past_relationships.values_mut() {
            past.retain(|state| !touches(state, memories));
        }
        self.quarantine
            .retain(|_, record| !record.memories.iter().any(|id| memories.contains(id)));
    }

    fn put_relationship(&mut self, given: &Relationship) -> Result<Option<Reinforced>> {
        for end in [&given.from, &given.to] {
            if !self.memories.contains_key(end) {
                return Err(
                    BackendError::new(ErrorKind::NotFound, APPLY).because(format!(
                        "the relationship {:?} names the memory {end:?}, which is not there",
                        given.id
                    )),
                );
            }
        }
        if let Some(by) = &given.invalidated_by {
            self.check_relationship_is_there(by)?;
        }
        let same = self.relationships.values().find(|other| {
            other.id != given.id
                && other.validity().is_open()
                && given.validity().is_open()
                && other.states_the_same(given)
        });
        let Some(kept) = same.cloned() else {
            let given = Arc::new(given.clone());
            self.relationships.insert(given.id.clone(), given);
            return Ok(None);
        };
        let joined = Arc::new(kept.as_ref().clone().joined_by(given));
        self.relationships.insert(kept.id.clone(), joined);
        self.retain_relationships(|kept| kept.id != given.id);
        Ok(Some(Reinforced {
            given: given.id.clone(),
            kept: kept.id.clone(),
        }))
    }

    /// Removes the other relationships; what was invalidated by one of them then names nothing.
    fn retain_relationships(&mut self, keep: impl Fn(&Relationship) -> bool) {
        let before = self.relationships.len();
        self.relationships
            .retain(|_, relationship| keep(relationship));
        if self.relationships.len() == before {
            return;
        }
        let orphaned: Vec<RelationshipId> = self
            .relationships
            .values()
            .filter(|kept| {
                let by = kept.invalidated_by.as_ref();
                by.is_some_and(|by| !self.relationships.contains_key(by))
            })
            .map(|kept| kept.id.clone())
            .collect();
        for id in orphaned {
            if let Some(orphan) = self.relationships.get_mut(&id) {
                Arc::make_mut(orphan).invalidated_by = None;
            }
        }
    }

    fn check_relationship_is_there(&self, id: &RelationshipId) -> Result<()> {
        if self.relationships.contains_key(id) {
            return Ok(());
        }
        Err(BackendError::new(ErrorKind::NotFound, APPLY)
            .because(format!("no relationship has the id {id:?}")))
    }

    /// Fails when a relationship that the batch put is there, has no end, and closes a cycle of a
    /// type that has none.
    fn refuse_cycles_through(&self, batch: &Batch) -> Result<()> {
        let mut next: BTreeMap<(RelationshipType, &MemoryId), Vec<&MemoryId>> = BTreeMap::new();
        for one in self.relationships.values().filter(|one| orders(one)) {
            let from = (one.relationship_type, &one.from);
            next.entry(from).or_default().push(&one.to);
        }
        for change in &batch.changes {
            let Change::PutRelationship(put) = change else {
                continue;
            };
            let Some(closing) = self.relationships.get(&put.id).filter(|one| orders(one)) else {
                continue;
            };
            // Each memory that can be reached, with the one before it.
            let mut reached = BTreeMap::from([(&closing.to, &closing.from)]);
            let mut ahead = vec![&closing.to];
            while let Some(memory) = ahead.pop() {
                for to in next
                    .get(&(closing.relationship_type, memory))
                    .into_iter()
                    .flatten()
                {
                    reached.entry(to).or_insert_with(|| {
                        ahead.push(to);
                        memory
                    });
                }
            }
            if reached.contains_key(&closing.from) {
                return Err(cycle(closing, &reached));
            }
        }
        Ok(())
    }
}

fn erased(change: &Change) -> Option<&MemoryId> {
    match change {
        Change::EraseMemory(id) => Some(id),
        _ => None,
    }
}

fn touches(relationship: &Relationship, memories: &BTreeSet<&MemoryId>) -> bool {
    memories.contains(&relationship.from) || memories.contains(&relationship.to)
}

/// Says whether the relationship counts where cycles are refused.
fn orders(relationship: &Relationship) -> bool {
    relationship.relationship_type.is_acyclic() && relationship.validity().is_open()
}

/// Goes back from the beginning of the closing relationship to its end.
fn cycle(closing: &Relationship, reached: &BTreeMap<&MemoryId, &MemoryId>) -> BackendError {
    let mut cycle = vec![closing.from.clone()];
    let mut memory = reached[&closing.from];
    while *memory != closing.from {
        cycle.push(memory.clone());
        memory = reached[memory];
    }
    cycle.push(closing.from.clone());
    cycle.reverse();
    let detail = format!(
        "the relationship {:?} closes a cycle of the type {}, which has none: {cycle:?}; \
         leave it out, or allow cycles",
        closing.id, closing.relationship_type
    );
    BackendError::conflict(APPLY, Conflict::Cycle(cycle), detail)
}

/// Counts the keys of `after` that are not in `before`.
fn missing_from<K: Ord, V>(before: &BTreeMap<K, V>, after: &BTreeMap<K, V>) -> u64 {
    after.keys().filter(|key| !before.contains_key(key)).count() as u64
}
