use domain::{Invalid, Memory, MemoryId, Relationship, RelationshipId, Timestamp, check_time};
use serde::Serialize;

use crate::Quarantined;

/// Changes that go in together or not at all. Holds no lock, so nothing stays open: it can be
/// queued, merged with others into one commit, logged, or sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// What must hold before the first change.
    pub expects: Vec<Expect>,
    /// What to do, in this order.
    pub changes: Vec<Change>,
    /// Whether a relationship may close a cycle of a type that has none.
    pub cycles: Cycles,
}

/// What must hold for a batch to be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expect {
    /// There is no memory with this id.
    Absent(MemoryId),
    /// There is a memory with this id.
    Present(MemoryId),
    /// The memory with this id has this version.
    Version(MemoryId, u32),
    /// The relationship with this id was last recorded at this moment.
    RecordedAt(RelationshipId, Timestamp),
}

/// One change to the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Adds the memory, or replaces the one with the same id, which keeps its relationships.
    PutMemory(Box<Memory>),
    /// Removes the memory and every relationship that touches it. Removing one that is not there
    /// succeeds.
    RemoveMemory(MemoryId),
    /// Removes the memory as [`RemoveMemory`](Self::RemoveMemory) does, and with it every state
    /// that the history has of it and of relationships that touched it, and what quarantine has at
    /// the end of the batch that [names](Quarantined::memories) it. Erasing one that is not there
    /// does the same to the traces that it left.
    ///
    /// A backend that keeps the graph in a file of its own then also removes the bytes, so that no
    /// byte of what was erased is left in the file and its log, nor of what it said before: at once
    /// where that is quick, which it is for a file of up to 32 MiB and not for each of many such
    /// batches, else when it is [closed](crate::GraphBackend::close). Nobody waits long for that:
    /// while another process reads or writes, or where it fails, as on a full disk, there is a
    /// warning in the log, and the file remembers that it is to be done, with the next batch that
    /// erases, or when it is next opened or closed. What others keep is out of reach: a primary and
    /// its replicas, backups, exports, and the blocks of the disk.
    EraseMemory(MemoryId),
    /// Counts `uses` of the memory, the last of them at `at`, unless a later one is known; neither
    /// its version nor its `updated_at` changes. Touching one that is not there succeeds.
    TouchMemory {
        /// Which.
        id: MemoryId,
        /// How many more uses.
        uses: u32,
        /// When the last of them was.
        at: Timestamp,
    },
    /// Adds the relationship, or replaces the one with the same id.
    ///
    /// When another one that has no end already [states the
    /// same](Relationship::states_the_same), and this one has no end either, that one is
    /// [joined](Relationship::joined_by) by this one instead, and the receipt says so. Both ends,
    /// and the relationship that took its place where it names one, have to be there.
    PutRelationship(Box<Relationship>),
    /// Removes the relationship. Removing one that is not there succeeds.
    RemoveRelationship(RelationshipId),
    /// Ends the validity of the relationship, as [`Relationship::ended`] does.
    InvalidateRelationship {
        /// Which.
        id: RelationshipId,
        /// When it ceased to hold.
        until: Timestamp,
        /// What took its place.
        by: Option<RelationshipId>,
        /// When this became known.
        recorded_at: Timestamp,
    },
    /// Puts the record into quarantine, or replaces the one with the same id.
    Quarantine(Box<Quarantined>),
    /// Removes the record with this id from quarantine. Removing one that is not there succeeds.
    ReleaseQuarantined(String),
}

/// What happens to a relationship that closes a cycle of a type that has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cycles {
    /// The batch fails.
    #[default]
    Refuse,
    /// It is kept.
    Allow,
}

/// What a batch did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Receipt {
    /// How many memories were not there before and are now.
    pub memories_added: u64,
    /// How many memories were there before and no longer are.
    pub memories_removed: u64,
    /// How many relationships were not there before and are now.
    pub relationships_added: u64,
    /// How many relationships were there before and no longer are.
    pub relationships_removed: u64,
    /// How many earlier states of memories and relationships were erased.
    pub states_erased: u64,
    /// How many records were not in quarantine before and are now.
    pub quarantined_added: u64,
    /// How many records were in quarantine before and no longer are.
    pub quarantined_removed: u64,
    /// The relationships that joined one that stated the same, in the order of the batch.
    pub reinforced: Vec<Reinforced>,
}

/// A relationship that was not added since another one stated the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reinforced {
    /// The id that the batch brought.
    pub given: RelationshipId,
    /// The one that is kept.
    pub kept: RelationshipId,
}

impl Batch {
    /// Adds an expectation.
    #[must_use]
    pub fn expect(mut self, expect: Expect) -> Self {
        self.expects.push(expect);
        self
    }

    /// Adds a change after the others.
    #[must_use]
    pub fn then(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }

    /// Adds [`Change::PutMemory`].
    #[must_use]
    pub fn put_memory(self, memory: Memory) -> Self {
        self.then(Change::PutMemory(Box::new(memory)))
    }

    /// Adds [`Change::PutRelationship`].
    #[must_use]
    pub fn put_relationship(self, relationship: Relationship) -> Self {
        self.then(Change::PutRelationship(Box::new(relationship)))
    }

    /// Fails unless every memory, relationship and time in it keeps the limits of the domain.
    pub fn check(&self) -> Result<(), Invalid> {
        self.changes.iter().try_for_each(|change| match change {
            Change::PutMemory(memory) => memory.check(),
            Change::PutRelationship(relationship) => relationship.check(),
            Change::TouchMemory { at, .. } => check_time("last_accessed", *at),
            Change::InvalidateRelationship {
                until, recorded_at, ..
            } => {
                check_time("valid_until", *until)?;
                check_time("recorded_at", *recorded_at)
            }
            Change::Quarantine(record) => record.check(),
            Change::RemoveMemory(_)
            | Change::EraseMemory(_)
            | Change::RemoveRelationship(_)
            | Change::ReleaseQuarantined(_) => Ok(()),
        })
    }
}
