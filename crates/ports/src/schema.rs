use domain::MemoryId;
use serde::Serialize;

use crate::RecordKind;

/// The version of a store's schema; each step adds one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SchemaVersion(pub u32);

/// What [`initialize_schema`](crate::GraphBackend::initialize_schema) found and did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Schema {
    /// The version that is there now.
    pub version: SchemaVersion,
    /// What was done, when the store was a predecessor's.
    pub upgraded: Option<Upgrade>,
}

/// How a predecessor's store became one of ours.
///
/// Every row of it is in one of the counts: what was read into the graph, and what was kept in
/// quarantine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Upgrade {
    /// Whose it was: "Python MemoryGraph 0.10 to 0.12".
    pub from: String,
    /// The file that has the store as it was; none for a store that is no file.
    pub backup: Option<String>,
    /// How many rows of memories were read into the graph.
    pub memories: u64,
    /// How many rows of relationships were read into the graph.
    pub relationships: u64,
    /// How many of the relationships state what another one states, and joined it.
    pub relationships_joined: u64,
    /// How many rows of memories are in quarantine.
    pub memories_quarantined: u64,
    /// How many rows of relationships are in quarantine.
    pub relationships_quarantined: u64,
    /// What could only be read after a repair; at most [`NAMED`](Self::NAMED), of all of them see
    /// `repaired_count`.
    pub repaired: Vec<Repaired>,
    /// How many rows could only be read after a repair.
    pub repaired_count: u64,
}

impl Upgrade {
    /// The most repairs that a report names.
    pub const NAMED: usize = 1_000;
}

/// A row that breaks a rule of the domain, and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Repaired {
    /// What it is.
    pub kind: RecordKind,
    /// Its id.
    pub id: String,
    /// What was wrong and what was done, in words.
    pub what: String,
    /// The memory that it became, when it is one.
    pub memory: Option<MemoryId>,
}
