//! Takes in files: our own JSON Lines, as [`export`](crate::export) writes them, the JSON exports of
//! the Python and TypeScript MemoryGraph, formats 1.0 and 2.0, and the file of the official MCP
//! memory server. What a file is follows from its content.
//!
//! Everything that a record says is kept: all fields, times, counters, ids. What has no place of
//! its own goes into the additional metadata of a memory's context. A relationship without an id
//! gets one that follows from what it states; an entity of the MCP memory server becomes a memory
//! whose id is its name, or follows from it where the name is too long.
//!
//! What is in the store already stays as it is, also where the file says something else, so
//! importing a file again changes nothing, and an import that was interrupted is completed by
//! repeating it. Relationships of a file may close cycles, and the report names those.

mod aside;
mod batches;
mod cycles;
mod database;
mod document;
mod failure;
mod format;
mod item;
mod kept;
mod knowledge_graph;
mod lines;
mod record;
mod related;
mod source;
mod survey;

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Seek},
    ops::ControlFlow,
};

use serde::Serialize;

use self::item::Item;
use crate::{MemoryGraph, Result};

pub use cycles::Cycle;
pub use database::{DatabaseImport, is_database};
pub use failure::{ImportError, Missing};
pub use ports::RecordKind;

/// Takes a record of a file, and says whether to go on.
type Step<'a> = dyn FnMut(Item) -> ControlFlow<()> + 'a;

/// The most records that a report or an error names; the others are counted.
const NAMED: usize = 1_000;

/// How to import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// What to do about records that cannot be kept.
    pub invalid: OnInvalid,
}

/// What to do about records that cannot be kept, such as a memory whose title is too long or a
/// relationship whose end is not there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnInvalid {
    /// The import fails before it writes anything, and names them. So it does when the file as a
    /// whole is not as it was written.
    #[default]
    Stop,
    /// They go into quarantine, and the report names them. The rest of the file is imported, also
    /// when the end of it is missing.
    SetAside,
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many records it has got through.
    pub done: u64,
    /// How many there are, once that is known.
    pub total: Option<u64>,
}

/// What an import does, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Stage {
    Check,
    Memories,
    Relationships,
}

/// What an import did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What became of the memories.
    pub memories: Tally,
    /// What became of the relationships.
    pub relationships: Tally,
    /// How many of the memories that were there already say something else in the file; the store
    /// was not changed.
    pub memories_differing: u64,
    /// What became of what the file has in quarantine.
    pub quarantine: Tally,
    /// How many of the records that were set aside are in quarantine and were not before.
    pub quarantined: u64,
    /// How many of the relationships that were there already under their id say something else in
    /// the file; the store was not changed.
    pub relationships_differing: u64,
    /// How many relationships state what another one of the file states, and added their evidence
    /// to it.
    pub relationships_reinforced: u64,
    /// Cycles among the relationships of the file, of types that should have none; at most 100.
    pub cycles: Vec<Cycle>,
    /// The records that were set aside; at most 1,000, the tallies count all.
    pub set_aside: Vec<Problem>,
    /// In what the file as a whole is not as it was written, in words.
    pub damage: Vec<String>,
    /// How often the relationships have a field that there is no place for.
    pub fields_ignored: BTreeMap<String, u64>,
}

/// What became of the records of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// How many the file has.
    pub read: u64,
    /// How many were not in the store and are now.
    pub added: u64,
    /// How many were in the store already.
    pub already_there: u64,
    /// How many could not be kept.
    pub set_aside: u64,
}

/// A record that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is about.
    pub kind: RecordKind,
    /// Its place among those of its kind, counted from 1.
    pub number: u64,
    /// The line where it begins, counted from 1.
    pub line: Option<u64>,
    /// How the file calls it: the id of a memory, or what a relationship joins.
    pub name: String,
    /// Why it cannot be kept.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            number,
            name,
            reason,
            ..
        } = self;
        write!(f, "{} {number}", self.kind.as_str())?;
        if let Some(line) = self.line {
            write!(f, " on line {line}")?;
        }
        write!(f, " ({name}): {reason}")
    }
}

/// Problems, of which only the first are held.
#[derive(Debug, Default)]
struct Problems {
    first: Vec<Problem>,
    count: u64,
}

impl Problems {
    fn add(&mut self, problem: Problem) {
        self.count += 1;
        if self.first.len() < NAMED {
            self.first.push(problem);
        }
    }
}

impl MemoryGraph {
    /// Imports a file: our own JSON Lines, a JSON export of the Python or TypeScript MemoryGraph,
    /// or the file of the official MCP memory server.
    ///
    /// The source is read twice, our own JSON Lines three times when relationships stand before
    /// their memories, and a JSON export four times: records are checked, then kept, in
    /// batches of at most 2,500 memories or 8,000 relationships that each go in as a whole. Of our own JSON Lines 16 bytes for each
    /// id are held in memory, of a JSON export the ids; of a file of the MCP memory server its
    /// relations, as that server itself does. `progress` is called often.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when the file has no format that is
    ///   known, or [stops](OnInvalid::Stop) at records that cannot be kept, a digest that differs,
    ///   or an end that is missing; nothing was written then
    /// - [`Unreachable`](ports::ErrorKind::Unreachable) when the file cannot be read
    pub async fn import<S>(
        &self,
        source: S,
        options: Options,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report>
    where
        S: Read + Seek + Send + 'static,
    {
        let now = self.now();
        let (source, mut survey) = survey::of(source, now, progress).await?;
        let there = self.ends(&survey).await?;
        survey.resolve(&there);
        if options.invalid == OnInvalid::Stop {
            survey.fail_if_wrong()?;
        }
        let report = self.keep(source, survey, there, now, progress).await?;
        tracing::info!(
            memories = report.memories.added,
            relationships = report.relationships.added,
            "imported"
        );
        Ok(report)
    }
}
