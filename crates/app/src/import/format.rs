//! Which format a file has.

use std::io::{self, BufReader, Read, Seek, SeekFrom};

use domain::Timestamp;
use serde_json::Value;

use super::{ImportError, Step, document, knowledge_graph, lines};

/// How much of a file is looked at.
const LOOK: u64 = 1 << 16;

/// How a line of the MCP memory server begins.
const ENTITIES: [&str; 3] = [
    "{\"type\":\"entity\"",
    "{\"type\":\"relation\"",
    "{\"entityType\":",
];

/// The formats that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// Our own JSON Lines.
    Lines,
    /// The JSON exports of the Python and TypeScript MemoryGraph.
    Document,
    /// The file of the official MCP memory server.
    KnowledgeGraph,
}

impl Format {
    /// Tells by its content which format a file has. What is none of the others is taken for a
    /// JSON export, and reading it says what is wrong.
    pub(super) fn of(source: &mut (impl Read + Seek)) -> Result<Self, ImportError> {
        let mut head = Vec::new();
        begin(source)?
            .take(LOOK)
            .read_to_end(&mut head)
            .map_err(unreadable)?;
        if head.starts_with(b"SQLite format 3\0") {
            return Err(ImportError::Database);
        }
        let head = head.trim_ascii_start();
        let first = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
        if let Ok(Value::Object(fields)) = serde_json::from_slice(first) {
            let is = |name: &str, texts: &[&str]| {
                let text = fields.get(name).and_then(Value::as_str);
                text.is_some_and(|text| texts.contains(&text))
            };
            return Ok(if is("format", &["memorygraph"]) {
                Self::Lines
            } else if is("type", &["entity", "relation"]) {
                Self::KnowledgeGraph
            } else {
                Self::Document
            });
        }
        // The line is long, cut off, or damaged.
        let begins: Vec<u8> = first
            .iter()
            .copied()
            .filter(|byte| !byte.is_ascii_whitespace())
            .take(64)
            .collect();
        let begins_with = |text: &str| begins.starts_with(text.as_bytes());
        Ok(if begins_with("{\"format\":\"memorygraph\"") {
            Self::Lines
        } else if ENTITIES.iter().any(|text| begins_with(text)) {
            Self::KnowledgeGraph
        } else {
            Self::Document
        })
    }

    /// Hands each record to `each` until that breaks: memories before the relationships that join
    /// them. Returns what is wrong with the file as a whole.
    pub(super) fn read(
        self,
        source: &mut (impl Read + Seek),
        now: Timestamp,
        each: &mut Step<'_>,
    ) -> Result<Vec<ImportError>, ImportError> {
        match self {
            Self::Lines => lines::read(begin(source)?, each),
            Self::Document => document::read(source, now, each).map(|()| Vec::new()),
            Self::KnowledgeGraph => knowledge_graph::read(begin(source)?, now, each),
        }
    }

    /// Says whether relationships of the file may close cycles that nobody allowed.
    pub(super) fn is_foreign(self) -> bool {
        self != Self::Lines
    }
}

/// Goes back to the beginning of the file, behind a mark of UTF-8 that some programs put there.
pub(super) fn begin<S: Read + Seek>(source: &mut S) -> Result<BufReader<&mut S>, ImportError> {
    let mut first = Vec::new();
    source
        .rewind()
        .and_then(|()| source.by_ref().take(3).read_to_end(&mut first))
        .and_then(|_| match first.as_slice() {
            b"\xEF\xBB\xBF" => Ok(()),
            _ => source.seek(SeekFrom::Start(0)).map(drop),
        })
        .map_err(unreadable)?;
    Ok(BufReader::with_capacity(1 << 16, source))
}

#[expect(clippy::needless_pass_by_value, reason = "it stands in `map_err`")]
pub(super) fn unreadable(error: io::Error) -> ImportError {
    ImportError::Read {
        reason: error.to_string(),
    }
}
