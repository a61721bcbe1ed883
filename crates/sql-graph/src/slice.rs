//! The part of the graph that batches touch, and what the batches make of it.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use domain::{Memory, MemoryId, Relationship, RelationshipId, RelationshipType};
use ports::{BackendError, Change, ErrorKind, Quarantined, Receipt, Reinforced, Result};

/// What a relationship states.
pub(crate) type Statement = (RelationshipType, MemoryId, MemoryId);

/// Returns what a relationship states, as a key.
pub(crate) fn statement(relationship: &Relationship) -> Statement {
    let (relationship_type, from, to) = relationship.statement();
    (relationship_type, from.clone(), to.clone())
}

/// The part of the graph that batches touch: as it was stored, and as it is after the changes that
/// were made so far.
#[derive(Debug, Default)]
pub(crate) struct Slice {
    memories: BTreeMap<MemoryId, State<Memory>>,
    relationships: BTreeMap<RelationshipId, State<Relationship>>,
    /// Which relationships without an end state this; usually one.
    open: HashMap<Statement, BTreeSet<RelationshipId>>,
    /// Which relationships touch a memory, or did.
    touching: HashMap<MemoryId, BTreeSet<RelationshipId>>,
    /// Which relationships name this one as what took their place, or did.
    naming: HashMap<RelationshipId, BTreeSet<RelationshipId>>,
    quarantined: BTreeMap<String, State<Quarantined>>,
    /// What quarantine has about memories that the batch erases.
    about_erased: BTreeSet<String>,
    erased: Vec<MemoryId>,
    /// How many states the history has of those, and of relationships that touched them.
    states: u64,
    reinforced: Vec<Reinforced>,
    past_memories: Vec<Arc<Memory>>,
    past_relationships: Vec<Arc<Relationship>>,
}

/// A memory or a relationship, as it was and as it is.
#[derive(Debug)]
struct State<T> {
    was_stored: bool,
    /// What was stored was removed, though something may have been put again.
    removed: bool,
    /// Whether it was there before the present batch.
    was_there: bool,
    /// What is stored, while that is its state and where its content is known.
    stored: Option<Arc<T>>,
    /// What an earlier batch put, and was there before the present one.
    before: Option<Arc<T>>,
    now: Presence<T>,
}

#[derive(Debug)]
enum Presence<T> {
    Absent,
    /// As it was stored; known where its content matters.
    Stored(Option<Arc<T>>),
    Put(Arc<T>),
}

impl<T> Default for State<T> {
    fn default() -> Self {
        Self {
            was_stored: false,
            removed: false,
            was_there: false,
            stored: None,
            before: None,
            now: Presence::Absent,
        }
    }
}

impl<T> State<T> {
    /// Takes note of what is stored.
    fn store(&mut self, content: Option<T>) {
        self.was_stored = true;
        self.was_there = true;
        let content = content.map(Arc::new);
        self.stored.clone_from(&content);
        self.now = Presence::Stored(content);
    }

    fn remove(&mut self) {
        self.removed = self.was_stored;
        self.now = Presence::Absent;
    }

    fn is_there(&self) -> bool {
        !matches!(self.now, Presence::Absent)
    }

    /// Returns the present content, where it is known.
    fn content(&self) -> Option<&T> {
        match &self.now {
            Presence::Absent | Presence::Stored(None) => None,
            Presence::Stored(Some(content)) | Presence::Put(content) => Some(content.as_ref()),
        }
    }

    /// Counts into `added` and `removed` what the present batch did, and begins the next one.
    fn count(&mut self, added: &mut u64, removed: &mut u64) {
        *added += u64::from(self.is_there() && !self.was_there);
        *removed += u64::from(!self.is_there() && self.was_there);
        self.was_there = self.is_there();
    }

    /// Returns what an earlier batch put, when the present one made another state of it, or
    /// removed it. What was stored before the first of them is kept by the store.
    fn replaced(&mut self, is_new_state: impl Fn(&T, &T) -> bool) -> Option<Arc<T>> {
        let now = match &self.now {
            Presence::Put(now) => Some(Arc::clone(now)),
            Presence::Stored(_) => return None,
            Presence::Absent => None,
        };
        if let (Some(now), Some(stored)) = (&now, self.stored.take())
            && !is_new_state(now, &stored)
        {
            // Still the state that is stored, as when it was used.
            self.stored = Some(stored);
            return None;
        }
        let before = std::mem::replace(&mut self.before, now.clone());
        before.filter(|before| now.is_none_or(|now| is_new_state(&now, before)))
    }
}

/// What has to be written.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    pub(crate) remove_memories: Vec<MemoryId>,
    pub(crate) remove_relationships: Vec<RelationshipId>,
    pub(crate) put_memories: Vec<Arc<Memory>>,
    pub(crate) put_relationships: Vec<Arc<Relationship>>,
    pub(crate) past_memories: Vec<Arc<Memory>>,
    pub(crate) past_relationships: Vec<Arc<Relationship>>,
    pub(crate) put_quarantined: Vec<Arc<Quarantined>>,
    pub(crate) remove_quarantined: Vec<String>,
    pub(crate) erase_memories: Vec<MemoryId>,
}

impl Slice {
    /// Takes note of a memory that is stored, with its content where that is needed.
    pub(crate) fn stored_memory(&mut self, id: MemoryId, content: Option<Memory>) {
        self.memories.entry(id).or_default().store(content);
    }

    /// Takes note of a relationship that is stored.
    pub(crate) fn stored_relationship(&mut self, relationship: Relationship) {
        self.lead_to(&relationship);
        let state = self
            .relationships
            .entry(relationship.id.clone())
            .or_default();
        state.store(Some(relationship));
    }

    /// Takes note that a stored relationship touches a memory that a batch removes.
    pub(crate) fn stored_touching(&mut self, memory: MemoryId, relationship: RelationshipId) {
        let state = self.relationships.entry(relationship.clone()).or_default();
        if !state.was_stored {
            state.store(None);
        }
        self.touching
            .entry(memory)
            .or_default()
            .insert(relationship);
    }

    /// Takes note of a record that is in quarantine, and whether it is about a memory that a batch
    /// erases.
    pub(crate) fn stored_quarantined(&mut self, id: String, is_about_erased: bool) {
        if is_about_erased {
            self.about_erased.insert(id.clone());
        }
        self.quarantined.entry(id).or_default().store(None);
    }

    /// Takes note of how many states the history has of memories that a batch erases.
    pub(crate) fn stored_states(&mut self, count: u64) {
        self.states = count;
    }

    /// Returns the present state of a memory whose content is known.
    pub(crate) fn memory(&self, id: &MemoryId) -> Option<&Memory> {
        self.memories.get(id)?.content()
    }

    /// Returns the present state of a relationship whose content is known.
    pub(crate) fn relationship(&self, id: &RelationshipId) -> Option<&Relationship> {
        self.relationships.get(id)?.content()
    }

    /// Returns the relationships that batches put or changed, as they are now.
    pub(crate) fn put_relationships(&self) -> impl Iterator<Item = &Relationship> {
        self.relationships
            .values()
            .filter_map(|state| match &state.now {
                Presence::Put(relationship) => Some(relationship.as_ref()),
                _ => None,
            })
    }

    /// Says whether a stored relationship is no longer as it is stored.
    pub(crate) fn has_changed(&self, id: &RelationshipId) -> bool {
        let state = self.relationships.get(id);
        state.is_some_and(|state| !matches!(state.now, Presence::Stored(_)))
    }

    fn has_memory(&self, id: &MemoryId) -> bool {
        self.memories.get(id).is_some_and(State::is_there)
    }

    /// Makes one change.
    pub(crate) fn change(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::PutMemory(memory) => self.put_memory(memory.as_ref().clone()),
            Change::RemoveMemory(id) => self.remove_memory(id),
            Change::EraseMemory(id) => {
                self.remove_memory(id);
                self.erased.push(id.clone());
            }
            Change::TouchMemory { id, uses, at } => {
                if let Some(mut memory) = self.memory(id).cloned() {
                    memory.usage_count = memory.usage_count.saturating_add(*uses);
                    memory.last_accessed = memory.last_accessed.max(Some(*at));
                    self.put_memory(memory);
                }
            }
            Change::PutRelationship(relationship) => self.put_relationship(relationship)?,
            Change::RemoveRelationship(id) => self.remove_relationship(id),
            Change::InvalidateRelationship {
                id,
                until,
                by,
                recorded_at,
            } => {
                let found = self.relationship(id).cloned();
                let relationship = found.ok_or_else(|| missing("relationship", id.as_str()))?;
                self.check_named(by.as_ref())?;
                let ended = relationship
                    .ended(*until, by.clone(), *recorded_at)
                    .map_err(BackendError::invalid("apply a batch"))?;
                self.put(ended);
            }
            Change::Quarantine(record) => {
                let state = self.quarantined.entry(record.id.clone()).or_default();
                state.now = Presence::Put(Arc::new(record.as_ref().clone()));
            }
            Change::ReleaseQuarantined(id) => {
                if let Some(state) = self.quarantined.get_mut(id) {
                    state.remove();
                }
            }
        }
        Ok(())
    }

    fn put_memory(&mut self, memory: Memory) {
        let state = self.memories.entry(memory.id.clone()).or_default();
        state.now = Presence::Put(Arc::new(memory));
    }

    fn remove_memory(&mut self, id: &MemoryId) {
        if let Some(state) = self.memories.get_mut(id) {
            state.remove();
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

    fn put_relationship(&mut self, relationship: &Relationship) -> Result<()> {
        for end in [&relationship.from, &relationship.to] {
            if !self.has_memory(end) {
                return Err(missing("memory", end.as_str()));
            }
        }
        self.check_named(relationship.invalidated_by.as_ref())?;
        match self.open_twin(relationship) {
            None => self.put(relationship.clone()),
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
                self.put(kept.joined_by(relationship));
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
        self.close(&relationship.id);
        self.lead_to(&relationship);
        let state = self
            .relationships
            .entry(relationship.id.clone())
            .or_default();
        state.now = Presence::Put(Arc::new(relationship));
    }

    fn remove_relationship(&mut self, id: &RelationshipId) {
        self.close(id);
        if let Some(state) = self.relationships.get_mut(id) {
            state.remove();
        }
        for other in self.naming.remove(id).unwrap_or_default() {
            if let Some(State {
                now: Presence::Put(now) | Presence::Stored(Some(now)),
                ..
            }) = self.relationships.get_mut(&other)
                && now.invalidated_by.as_ref() == Some(id)
            {
                Arc::make_mut(now).invalidated_by = None;
            }
        }
    }

    /// Forgets what a relationship states, before it changes.
    fn close(&mut self, id: &RelationshipId) {
        if let Some(before) = self.relationships.get(id).and_then(State::content)
            && let Some(ids) = self.open.get_mut(&statement(before))
        {
            ids.remove(id);
        }
    }

    /// Notes what leads to a relationship: its ends, what it names, and what it states.
    fn lead_to(&mut self, relationship: &Relationship) {
        let id = &relationship.id;
        for end in [&relationship.from, &relationship.to] {
            self.touching
                .entry(end.clone())
                .or_default()
                .insert(id.clone());
        }
        if let Some(by) = &relationship.invalidated_by {
            self.naming
                .entry(by.clone())
                .or_default()
                .insert(id.clone());
        }
        if relationship.validity().is_open() {
            self.open
                .entry(statement(relationship))
                .or_default()
                .insert(id.clone());
        }
    }

    /// Says what the changes since the last receipt did.
    pub(crate) fn receipt(&mut self) -> Receipt {
        if !self.erased.is_empty() {
            self.remove_what_names_erased();
        }
        let mut receipt = Receipt {
            states_erased: std::mem::take(&mut self.states),
            reinforced: std::mem::take(&mut self.reinforced),
            ..Receipt::default()
        };
        for state in self.memories.values_mut() {
            state.count(&mut receipt.memories_added, &mut receipt.memories_removed);
            let past = state.replaced(Memory::is_new_state_of);
            self.past_memories.extend(past);
        }
        for state in self.relationships.values_mut() {
            state.count(
                &mut receipt.relationships_added,
                &mut receipt.relationships_removed,
            );
            let past = state.replaced(Relationship::is_new_state_of);
            self.past_relationships.extend(past);
        }
        for state in self.quarantined.values_mut() {
            state.count(
                &mut receipt.quarantined_added,
                &mut receipt.quarantined_removed,
            );
        }
        receipt
    }

    /// Removes from quarantine what is about memories that the batch erases.
    fn remove_what_names_erased(&mut self) {
        for (id, state) in &mut self.quarantined {
            let is_about = match &state.now {
                Presence::Put(record) => {
                    let mut about = record.memories.iter();
                    about.any(|memory| self.erased.contains(memory))
                }
                _ => self.about_erased.contains(id),
            };
            if is_about {
                state.remove();
            }
        }
    }

    /// Says what has to be written for the changes that were made.
    pub(crate) fn effects(self) -> Effects {
        let mut effects = Effects {
            past_memories: self.past_memories,
            past_relationships: self.past_relationships,
            erase_memories: self.erased,
            ..Effects::default()
        };
        for (id, state) in self.memories {
            match state.now {
                Presence::Put(memory) => effects.put_memories.push(memory),
                Presence::Absent if state.removed => effects.remove_memories.push(id),
                _ => {}
            }
        }
        for (id, state) in self.relationships {
            if state.removed {
                effects.remove_relationships.push(id);
            }
            if let Presence::Put(relationship) = state.now {
                effects.put_relationships.push(relationship);
            }
        }
        // Neighbours in the index of walks, and in the table, are written one after the other.
        effects
            .put_relationships
            .sort_by(|a, b| a.from.cmp(&b.from));
        for (id, state) in self.quarantined {
            match state.now {
                Presence::Put(record) => effects.put_quarantined.push(record),
                Presence::Absent if state.removed => effects.remove_quarantined.push(id),
                _ => {}
            }
        }
        effects
    }
}

fn missing(what: &str, id: &str) -> BackendError {
    BackendError::new(ErrorKind::NotFound, "apply a batch")
        .because(format!("no {what} has the id {id:?}"))
}
