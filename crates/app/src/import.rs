//! Takes in the JSON exports of the Python and TypeScript MemoryGraph, formats 1.0 and 2.0.
//!
//! Everything that a record says is kept: all fields of the context, times, counters, ids. Fields
//! of a memory that have no place of their own go into the additional metadata of its context. A
//! relationship without an id gets one that follows from what it states.
//!
//! What is in the store already stays as it is, also where the file says something else, so
//! importing a file again changes nothing, and an import that was interrupted is completed by
//! repeating it. Relationships of the file may close cycles, and the report names those.

mod batches;
mod cycles;
mod document;
mod kept;
mod record;
mod survey;

use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Seek},
};

use ports::ErrorKind;
use serde::Serialize;

use crate::{MemoryGraph, Result};

pub use cycles::Cycle;

/// The most records that go into the store at once.
const BATCH: usize = 1_000;
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
    /// The import fails before it writes anything, and names them.
    #[default]
    Stop,
    /// They are left out, and the report names them.
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
    /// How many relationships state what another one of the file states, and added their evidence
    /// to it.
    pub relationships_reinforced: u64,
    /// Cycles among the relationships of the file, of types that should have none; at most 100.
    pub cycles: Vec<Cycle>,
    /// The records that were left out; at most 1,000, the tallies count all.
    pub set_aside: Vec<Problem>,
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

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum RecordKind {
    Memory,
    Relationship,
}

impl RecordKind {
    const fn plural(self) -> &'static str {
        match self {
            Self::Memory => "memories",
            Self::Relationship => "relationships",
        }
    }
}

/// A record that cannot be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What it is about.
    pub kind: RecordKind,
    /// Its place among those of its kind, counted from 1.
    pub number: u64,
    /// How the file calls it: the id of a memory, or what a relationship joins.
    pub name: String,
    /// Why it cannot be kept.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RecordKind::Memory => "memory",
            RecordKind::Relationship => "relationship",
        };
        let Self {
            number,
            name,
            reason,
            ..
        } = self;
        write!(f, "{kind} {number} ({name}): {reason}")
    }
}

/// A file could not be imported. Nothing was written, unless it changed while it was read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file cannot be read.
    #[error("the file cannot be read: {reason}")]
    Read {
        /// What the system says.
        reason: String,
    },
    /// The file ends before its JSON does.
    #[error("the file ends in the middle, at line {line}, column {column}: it was cut off")]
    CutOff {
        /// Where, counted from 1.
        line: usize,
        /// Where, in bytes.
        column: usize,
    },
    /// The file is no JSON.
    #[error("the file is not JSON: {reason}")]
    NoJson {
        /// What is wrong, with line and column.
        reason: String,
    },
    /// The file is JSON, and no export.
    #[error("the file is not an export of MemoryGraph: {reason}")]
    NoExport {
        /// What is missing.
        reason: String,
    },
    /// The file is an export of a format that this program does not know.
    #[error("the file has the format {found}; this program reads \"1.0\" and \"2.0\"")]
    Version {
        /// The version that the file states, as JSON.
        found: String,
    },
    /// Some records cannot be kept.
    #[error("{}", of_records(problems, *count))]
    Records {
        /// The first of them, at most 1,000; never empty.
        problems: Vec<Problem>,
        /// How many there are.
        count: u64,
    },
}

impl ImportError {
    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Read { .. } => ErrorKind::Unreachable,
            _ => ErrorKind::InvalidArgument,
        }
    }
}

fn of_records(problems: &[Problem], count: u64) -> String {
    let first = problems.first().map(Problem::to_string).unwrap_or_default();
    match count {
        1 => format!("one record cannot be kept: {first}"),
        _ => format!("{count} records cannot be kept, the first is {first}"),
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
    /// Imports a JSON export.
    ///
    /// The source is read four times: memories and relationships are checked, then kept, in
    /// batches of at most 1,000 that each go in as a whole. Of the file only the ids are held in
    /// memory, so it may be larger than that, and its relationships may stand before its memories.
    /// `progress` is called often.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when the file is no export, or
    ///   [stops](OnInvalid::Stop) at records that cannot be kept; nothing was written then
    /// - [`Unreachable`](ErrorKind::Unreachable) when the file cannot be read
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
        let (source, survey) = survey::of(source, now, progress).await?;
        let plan = self.resolve(survey).await?;
        if options.invalid == OnInvalid::Stop && plan.problems.count > 0 {
            return Err(ImportError::Records {
                problems: plan.problems.first,
                count: plan.problems.count,
            }
            .into());
        }
        let report = self.keep(source, plan, now, progress).await?;
        tracing::info!(
            memories = report.memories.added,
            relationships = report.relationships.added,
            "imported"
        );
        Ok(report)
    }
}
