//! The part of the graph that a batch touches, and what the batch makes of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use domain::{Memory, MemoryId, Relationship, RelationshipId, RelationshipType};
use ports::{BackendError, Change, ErrorKind, Receipt, Reinforced, Result};

/// What a relationship states.
pub(crate) type Statement = (RelationshipType, MemoryId, MemoryId);

/// Returns what a relationship states, as a key.
pub(crate) fn statement(relationship: &Relationship) -> Statement {
    let (relationship_type, from, to) = relationship.statement();
    (relationship_type, from.clone(), to.clone())
}

/// The part of the graph that a batch touches: as it was stored, and as it is after the changes
/// that were made so far.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    memories: BTreeMap<MemoryId, MemoryState>,
    relationships: BTreeMap<RelationshipId, RelationshipState>,
    /// Which relationships without an end state this; usually one.
    open: HashMap<Statement, BTreeSet<RelationshipId>>,
    /// Which relationships touch a memory, or did.
    touching: HashMap<MemoryId, BTreeSet<RelationshipId>>,
    /// Which relationships name this one as what took their place, or did.
    naming: HashMap<RelationshipId, BTreeSet<RelationshipId>>,
    reinforced: Vec<Reinforced>,
}

#[derive(Debug, Default)]
struct MemoryState {
    was_stored: bool,
    /// The batch removed what was stored, though it may have put it again.
    removed: bool,
    now: Presence,
}

#[derive(Debug, Default)]
enum Presence {
    #[default]
    Absent,
    /// As it was stored; known where the batch needs its content.
    Stored(Option<Box<Memory>>),
    Put(Box<Memory>),
}

#[derive(Debug, Default)]
struct RelationshipState {
    was_stored: bool,
    changed: bool,
    now: Option<Relationship>,
}

/// What has to be written.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) remove_memories: Vec<MemoryId>,
    pub(crate) remove_relationships: Vec<RelationshipId>,
    pub(crate) put_memories: Vec<Memory>,
    pub(crate) put_relationships: Vec<Relationship>,
    pub(crate) receipt: Receipt,
}

impl Slice {
    /// Takes note of a memory that is stored, with its content where that is needed.
    pub(crate) fn stored_memory(&mut self, id: MemoryId, content: Option<Memory>) {
        let state = self.memories.entry(id).or_default();
        state.was_stored = true;
        state.now = Presence::Stored(content.map(Box::new));
    }

    /// Takes note of a relationship that is stored.
    pub(crate) fn stored_relationship(&mut self, relationship: Relationship) {
        self.relationships
            .entry(relationship.id.clone())
            .or_default()
            .was_stored = true;
        self.set(relationship.id.clone(), Some(relationship));
    }

    /// Takes note that a stored relationship touches a memory that the batch removes.
    pub(crate) fn stored_touching(&mut self, memory: MemoryId, relationship: RelationshipId) {
        self.relationships
            .entry(relationship.clone())
            .or_default()
            .was_stored = true;
        self.touching
            .entry(memory)
            .or_default()
            .insert(relationship);
    }

    /// Returns the present state of a memory whose content is known.
    pub(crate) fn memory(&self, id: &MemoryId) -> Option<&Memory> {
        match &self.memories.get(id)?.now {
            Presence::Absent | Presence::Stored(None) => None,
            Presence::Stored(Some(memory)) | Presence::Put(memory) => Some(memory),
        }
    }

    /// Returns the present state of a relationship.
    pub(crate) fn relationship(&self, id: &RelationshipId) -> Option<&Relationship> {
        self.relationships.get(id)?.now.as_ref()
    }

    fn has_memory(&self, id: &MemoryId) -> bool {
        self.memories
            .get(id)
            .is_some_and(|state| !matches!(state.now, Presence::Absent))
    }

    /// Makes one change.
    pub(crate) fn change(&mut self, change: Change) -> Result<()> {
        match change {
            Change::PutMemory(memory) => {
                let state = self.memories.entry(memory.id.clone()).or_default();
                state.now = Presence::Put(memory);
            }
            Change::RemoveMemory(id) => self.remove_memory(&id),
            Change::TouchMemory { id, uses, at } => {
                if let Some(mut memory) = self.memory(&id).cloned() {
                    memory.usage_count = memory.usage_count.saturating_add(uses);
                    memory.last_accessed = memory.last_accessed.max(Some(at));
                    self.memories.entry(id).or_default().now = Presence::Put(Box::new(memory));
                }
            }
            Change::PutRelationship(relationship) => self.put_relationship(*relationship)?,
            Change::RemoveRelationship(id) => self.remove_relationship(&id),
            Change::InvalidateRelationship {
                id,
                until,
                by,
                recorded_at,
            } => {
                let found = self.relationship(&id).cloned();
                let relationship = found.ok_or_else(|| missing("relationship", id.as_str()))?;
                self.check_named(by.as_ref())?;
                let ended = relationship
                    .ended(until, by, recorded_at)
                    .map_err(BackendError::invalid("apply a batch"))?;
                self.put(ended);
            }
        }
        Ok(())
    }

    fn remove_memory(&mut self, id: &MemoryId) {
        if let Some(state) = self.memories.get_mut(id) {
            state.removed = state.was_stored;
            state.now = Presence::Absent;
        }
        for relationship in self.touching.remove(id).unwrap_or_default() {
            let elsewhere = self
                .relationship(&relationship)
                .is_some_and(|now| now.from != *id && now.to != *id);
            if !elsewhere {
                self.remove_relationship(&relationship);
            }
        }
    }

    fn put_relationship(&mut self, relationship: Relationship) -> Result<()> {
        for end in [&relationship.from, &relationship.to] {
            if !self.has_memory(end) {
                return Err(missing("memory", end.as_str()));
            }
        }
        self.check_named(relationship.invalidated_by.as_ref())?;
        match self.open_twin(&relationship) {
            None => self.put(relationship),
            Some(twin) => {
                self.remove_relationship(&relationship.id);
                let kept = self
                    .relationship(&twin)
                    .expect("an open relationship is there")
                    .clone();
                self.reinforced.push(Reinforced {
                    given: relationship.id.clone(),
                    kept: twin,
                });
                self.put(kept.joined_by(&relationship));
            }
        }
        Ok(())
    }

    /// Returns another relationship without an end that states the same as this one.
    fn open_twin(&self, relationship: &Relationship) -> Option<RelationshipId> {
        if !relationship.validity().is_open() {
            return None;
        }
        let open = self.open.get(&statement(relationship))?;
        open.iter().find(|&id| *id != relationship.id).cloned()
    }

    /// Fails when the relationship that took the place of another one is not there.
    fn check_named(&self, by: Option<&RelationshipId>) -> Result<()> {
        match by {
            Some(by) if self.relationship(by).is_none() => {
                Err(missing("relationship", by.as_str()))
            }
            _ => Ok(()),
        }
    }

    fn put(&mut self, relationship: Relationship) {
        self.relationships
            .entry(relationship.id.clone())
            .or_default()
            .changed = true;
        self.set(relationship.id.clone(), Some(relationship));
    }

    fn remove_relationship(&mut self, id: &RelationshipId) {
        self.set(id.clone(), None);
        for other in self.naming.remove(id).unwrap_or_default() {
            if let Some(now) = self
                .relationships
                .get_mut(&other)
                .and_then(|other| other.now.as_mut())
                && now.invalidated_by.as_ref() == Some(id)
            {
                now.invalidated_by = None;
            }
        }
    }

    /// Sets the present state of a relationship, and with it what leads there.
    fn set(&mut self, id: RelationshipId, now: Option<Relationship>) {
        let state = self.relationships.entry(id).or_default();
        let before = std::mem::replace(&mut state.now, now);
        let open = |relationship: &&Relationship| relationship.validity().is_open();
        if let Some(before) = before.as_ref().filter(open)
            && let Some(ids) = self.open.get_mut(&statement(before))
        {
            ids.remove(&before.id);
        }
        let Some(now) = &state.now else { return };
        for end in [&now.from, &now.to] {
            self.touching
                .entry(end.clone())
                .or_default()
                .insert(now.id.clone());
        }
        if let Some(by) = &now.invalidated_by {
            self.naming
                .entry(by.clone())
                .or_default()
                .insert(now.id.clone());
        }
        if open(&now) {
            self.open
                .entry(statement(now))
                .or_default()
                .insert(now.id.clone());
        }
    }

    /// Says what has to be written for the changes that were made.
    pub(crate) fn effects(self) -> Effects {
        let mut effects = Effects::default();
        for (id, state) in self.memories {
            let is_there = !matches!(state.now, Presence::Absent);
            effects.receipt.memories_added += u64::from(is_there && !state.was_stored);
            effects.receipt.memories_removed += u64::from(!is_there && state.was_stored);
            if state.removed {
                effects.remove_memories.push(id);
            }
            if let Presence::Put(memory) = state.now {
                effects.put_memories.push(*memory);
            }
        }
        for (id, state) in self.relationships {
            let is_there = state.now.is_some();
            effects.receipt.relationships_added += u64::from(is_there && !state.was_stored);
            effects.receipt.relationships_removed += u64::from(!is_there && state.was_stored);
            match state.now {
                None if state.was_stored => effects.remove_relationships.push(id),
                Some(relationship) if state.changed => {
                    effects.put_relationships.push(relationship);
                }
                _ => {}
            }
        }
        effects.receipt.reinforced = self.reinforced;
        effects
    }
}

fn missing(what: &str, id: &str) -> BackendError {
    BackendError::new(ErrorKind::NotFound, "apply a batch")
        .because(format!("no {what} has the id {id:?}"))
}
