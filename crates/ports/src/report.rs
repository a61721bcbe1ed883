use std::collections::BTreeMap;

use domain::{Memory, MemoryType, Relationship, RelationshipType, Timestamp};
use serde::Serialize;

use crate::{SchemaVersion, SyncStatus};

/// What a backend can do beyond the methods that every backend has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of its own"
)]
pub struct Capabilities {
    /// What was acknowledged is there after the process ended in any way.
    pub durable: bool,
    /// [`GraphBackend::sql_access`](crate::GraphBackend::sql_access) answers.
    pub sql_access: bool,
    /// [`GraphBackend::replica`](crate::GraphBackend::replica) answers.
    pub replica: bool,
    /// [`GraphBackend::backup`](crate::GraphBackend::backup) answers.
    pub backup: bool,
}

/// How a backend is.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Health {
    /// The backend's name.
    pub backend: &'static str,
    /// Where it keeps the graph, without credentials.
    pub location: String,
    /// The engine and its version.
    pub engine: String,
    /// The version of the schema.
    pub schema_version: SchemaVersion,
    /// How many memories it keeps.
    pub memories: u64,
    /// How many relationships it keeps, ended ones included.
    pub relationships: u64,
    /// How many bytes it takes on disk, when it is on disk.
    pub size_bytes: Option<u64>,
    /// How its syncing goes, when it is a replica.
    pub sync: Option<SyncStatus>,
    /// What a person should know, in words; empty when all is well.
    pub warnings: Vec<String>,
}

/// How the graph is made up.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Statistics {
    /// How many memories there are.
    pub memories: u64,
    /// How many there are of each type that occurs.
    pub memories_by_type: BTreeMap<MemoryType, u64>,
    /// How many relationships have no end.
    pub relationships: u64,
    /// How many of those there are of each type that occurs.
    pub relationships_by_type: BTreeMap<RelationshipType, u64>,
    /// How many relationships have ended.
    pub relationships_ended: u64,
    /// How many earlier states of memories and relationships there are, also of those that are gone.
    pub earlier_states: u64,
    /// How many records are in quarantine.
    pub quarantined: u64,
    /// The mean importance of the memories; none without memories.
    pub mean_importance: Option<f64>,
    /// The mean confidence of the memories; none without memories.
    pub mean_confidence: Option<f64>,
    /// When the first memory was kept.
    pub oldest: Option<Timestamp>,
    /// When the last memory was kept.
    pub newest: Option<Timestamp>,
}

/// Something that the graph learned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Changed {
    /// A memory was added or changed, at its `updated_at`.
    Memory(Box<Memory>),
    /// A relationship was added, reinforced or ended, at its `recorded_at`.
    Relationship(Box<Relationship>),
}

impl Changed {
    /// When the graph learned it.
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Memory(memory) => memory.updated_at,
            Self::Relationship(relationship) => relationship.recorded_at,
        }
    }

    /// What orders changes: by moment, memories before relationships, then by id.
    pub fn position(&self) -> (Timestamp, u8, &str) {
        match self {
            Self::Memory(memory) => (memory.updated_at, 0, memory.id.as_str()),
            Self::Relationship(relationship) => {
                (relationship.recorded_at, 1, relationship.id.as_str())
            }
        }
    }
}
