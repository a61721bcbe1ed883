//! Writes a graph into a file: our own JSON Lines, which lose nothing, or the file of the official
//! MCP memory server.
//!
//! `docs/export-format.md` says field by field what is in the JSON Lines. No clock has a part in
//! them: the same graph gives the same bytes each time, also after an
//! [import](MemoryGraph::import) into another store.
//!
//! # Examples
//!
//! ```
//! use memorygraph::domain::MemoryType;
//! use memorygraph::{Config, Draft, MemoryGraph, export, import};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let file = folder.path().join("graph.jsonl");
//! let graph = MemoryGraph::open(&Config::at(":memory:")).await?;
//! graph.remember(Draft::new(MemoryType::General, "A title", "Some content")).await?;
//! let written = graph
//!     .export(export::Target::File(file.clone()), &export::Options::default(), &mut |_| {})
//!     .await?;
//! assert_eq!(written.memories, 1);
//!
//! let other = MemoryGraph::open(&Config::at(":memory:")).await?;
//! let file = std::fs::File::open(&file)?;
//! let read = other.import(file, import::Options::default(), &mut |_| {}).await?;
//! assert_eq!(read.memories.added, 1);
//! # Ok(())
//! # }
//! ```

mod dot;
mod graphml;
mod jsonl;
mod knowledge_graph;
mod lock;
mod markdown;
mod mermaid;
pub(crate) mod pages;
mod part;
pub(crate) mod place;

use std::{fmt, io::Write, path::PathBuf, str::FromStr};

use domain::Invalid;
use ports::ErrorKind;
use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::markdown::NotesOptions;
pub use self::part::{Part, PartFormat, PartQuery, PartReport};
use self::place::{Place, Writing};
use crate::{MemoryGraph, Result};

pub(crate) use self::jsonl::{Header, VERSION};

/// How often the graph is read until two times in a row say the same.
const TRIES: u32 = 6;

/// How a whole graph is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Our own JSON Lines: everything that the store has, but for the histories.
    #[default]
    Jsonl,
    /// The file of the official MCP memory server: what is valid, as entities with observations,
    /// and relations. Has no place for most fields.
    McpMemory,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Jsonl, Self::McpMemory];

    /// Returns the name that a person types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsonl => "jsonl",
            Self::McpMemory => "mcp-memory",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = Invalid;

    fn from_str(name: &str) -> std::result::Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == name);
        known.ok_or_else(|| Invalid::new("format", "is one of jsonl, mcp-memory", name))
    }
}

/// Where an export goes.
pub enum Target {
    /// Into this file, which is not there or as it was until the export is whole: what is written
    /// stands in `<file>.partial` until then.
    File(PathBuf),
    /// To this, once the export is whole.
    Writer(Box<dyn Write + Send>),
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Writer(_) => f.write_str("Writer"),
        }
    }
}

/// What happens to a file that is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// The export fails, and the file stays as it is.
    #[default]
    Keep,
    /// The export takes its place.
    Replace,
}

/// How to export.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// How it is written.
    pub format: Format,
    /// What happens to a file that is there already.
    pub existing: Existing,
}

/// How far an export is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub stage: Stage,
    /// How many records it has got through.
    pub done: u64,
    /// How many there were when it began.
    pub total: u64,
}

/// What an export does, in this order; both again when somebody changed the graph meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Stage {
    Look,
    Write,
}

/// What an export wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many memories.
    pub memories: u64,
    /// How many relationships, ended ones included.
    pub relationships: u64,
    /// How many records of the quarantine.
    pub quarantined: u64,
    /// How many memories, relationships and records of the quarantine the format has no place for.
    pub left_out: u64,
    /// How many bytes.
    pub bytes: u64,
    /// The digest of what was written, as the header of our JSON Lines has it.
    pub digest: String,
}

/// A graph could not be exported. No file was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// There is something at the target.
    #[error(
        "there is something at {file} already: choose another name, or say that it is to be replaced"
    )]
    Exists {
        /// The target.
        file: String,
    },
    /// Another export is writing to the same target.
    #[error("another export is writing {file}: wait until it is done")]
    InUse {
        /// The file that it writes to.
        file: String,
    },
    /// A file that no export wrote has the name of a note.
    #[error(
        "{file} is no note of an export, and a note is to have its name: rename it or move it away, \
         or choose another folder"
    )]
    NoNote {
        /// The file.
        file: String,
    },
    /// The target cannot be written.
    #[error("{file} cannot be written: {reason}")]
    Write {
        /// The target.
        file: String,
        /// What the system says.
        reason: String,
        /// Whether it does not allow this user to write there.
        denied: bool,
    },
    /// Others never stopped changing the graph.
    #[error(
        "the graph was changed during each of {tries} looks at it: try again when it is quiet, or \
         make a backup and export that"
    )]
    Changing {
        /// How often it was read.
        tries: u32,
    },
}

impl ExportError {
    /// The decision that the caller can take.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Exists { .. } | Self::NoNote { .. } => ErrorKind::InvalidArgument,
            Self::InUse { .. } | Self::Changing { .. } => ErrorKind::Busy,
            Self::Write { denied: true, .. } => ErrorKind::Unauthorized,
            Self::Write { denied: false, .. } => ErrorKind::Backend,
        }
    }
}

/// What one look at the graph found.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    memories: u64,
    relationships: u64,
    quarantined: u64,
    left_out: u64,
    bytes: u64,
    digest: String,
}

/// Takes what is written: counts it, and passes it on unless this is the first look.
struct Sink<'a> {
    writing: Option<&'a Writing>,
    digest: Sha256,
    bytes: u64,
    done: u64,
    total: u64,
    progress: &'a mut (dyn FnMut(Progress) + Send),
}

impl Sink<'_> {
    /// Takes text in which `records` records were dealt with.
    async fn take(&mut self, text: Vec<u8>, records: usize) {
        self.digest.update(&text);
        self.bytes += text.len() as u64;
        self.done += records as u64;
        if let Some(writing) = self.writing {
            writing.write(text).await;
        }
        let stage = match self.writing {
            None => Stage::Look,
            Some(_) => Stage::Write,
        };
        (self.progress)(Progress {
            stage,
            done: self.done,
            total: self.total.max(self.done),
        });
    }

    fn digest(self) -> (String, u64) {
        (digest_text(self.digest), self.bytes)
    }
}

/// Writes a digest as the header has it.
pub(crate) fn digest_text(digest: Sha256) -> String {
    use fmt::Write;
    let mut text = String::from("sha256:");
    for byte in digest.finalize() {
        write!(text, "{byte:02x}").expect("writing to a string does not fail");
    }
    text
}

impl MemoryGraph {
    /// Writes the whole graph in a format from which it can be [imported](Self::import) again.
    ///
    /// The file holds one state of the graph, also while others change it: the graph is read until
    /// two looks in a row say the same, so each thing was there, as it is written, between the two.
    /// Only a page is held in memory at a time; [`Format::McpMemory`] holds names and relations,
    /// as that server itself does.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ErrorKind::InvalidArgument) when there is something at the target,
    ///   unless it is to be [replaced](Existing::Replace)
    /// - [`Busy`](ErrorKind::Busy) when others never stop changing the graph, or another export
    ///   writes the same file
    /// - [`Unauthorized`](ErrorKind::Unauthorized) and [`Backend`](ErrorKind::Backend) when the
    ///   target cannot be written
    pub async fn export(
        &self,
        target: Target,
        options: &Options,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Report> {
        let mut place = Place::open(target, options.existing)?;
        let counted = self.backend.statistics().await?;
        let total = counted.memories + counted.relationships + counted.relationships_ended;
        let mut seen = self.look(options.format, None, total, progress).await?;
        for _ in 1..TRIES {
            let writing = place.begin().await?;
            if options.format == Format::Jsonl {
                writing.write(jsonl::header(&seen)).await;
            }
            let found = self.look(options.format, Some(&writing), total, progress);
            let found = found.await;
            place.end(writing).await?;
            let found = found?;
            if found == seen {
                let bytes = place.finish().await?;
                tracing::info!(
                    memories = seen.memories,
                    relationships = seen.relationships,
                    "exported"
                );
                return Ok(Report {
                    memories: seen.memories,
                    relationships: seen.relationships,
                    quarantined: seen.quarantined,
                    left_out: seen.left_out,
                    bytes,
                    digest: seen.digest,
                });
            }
            seen = found;
        }
        Err(ExportError::Changing { tries: TRIES }.into())
    }

    async fn look(
        &self,
        format: Format,
        writing: Option<&Writing>,
        total: u64,
        progress: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Seen> {
        let sink = Sink {
            writing,
            digest: Sha256::new(),
            bytes: 0,
            done: 0,
            total,
            progress,
        };
        match format {
            Format::Jsonl => self.look_for_lines(sink).await,
            Format::McpMemory => self.look_for_entities(sink).await,
        }
    }
}
