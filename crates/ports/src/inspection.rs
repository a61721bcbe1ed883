use std::path::PathBuf;

use serde::Serialize;

/// Trouble in a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What kind of trouble.
    pub trouble: Trouble,
    /// How often it was found.
    pub count: u64,
    /// Where, as ids or in the engine's words; at most [`NAMED`](Self::NAMED).
    pub examples: Vec<String>,
    /// What it means and what to do, in words.
    pub detail: String,
    /// Whether [`repair`](crate::GraphBackend::repair) mends it.
    pub can_repair: bool,
}

impl Finding {
    /// The most examples that a finding names.
    pub const NAMED: usize = 10;
}

/// A kind of trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Trouble {
    /// The file is damaged: pages or indexes of the engine do not fit together.
    DamagedFile,
    /// Rows that are no memories.
    UnreadableMemories,
    /// Rows that are no relationships.
    UnreadableRelationships,
    /// Relationships whose ends are not there.
    DanglingRelationships,
    /// The full-text index says something else than the rows.
    TextIndexOutOfStep,
    /// The index of tags says something else than the rows.
    TagIndexOutOfStep,
    /// Tables, indexes or triggers of the schema are not there.
    IncompleteSchema,
}

/// A copy of a store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// The file.
    pub file: String,
    /// How many bytes it has.
    pub size_bytes: u64,
    /// How many memories it keeps.
    pub memories: u64,
    /// How many relationships it keeps, ended ones included.
    pub relationships: u64,
}

/// A store that a backup was put in the place of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Restored {
    /// How many memories it keeps now.
    pub memories: u64,
    /// How many relationships it keeps now, ended ones included.
    pub relationships: u64,
    /// Where what was there before is kept; none when there was nothing.
    pub kept: Option<PathBuf>,
}
