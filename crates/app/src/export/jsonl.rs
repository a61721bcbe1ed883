//! Our own JSON Lines.

use domain::{AsOf, Memory, MemoryFilter, MemoryId, Relationship, RelationshipQuery, time_text};
use ports::{Quarantined, RecordKind};
use serde::{Deserialize, Serialize};

use super::{
    Seen, Sink,
    pages::{Memories, Quarantine, Relationships},
};
use crate::{MemoryGraph, Result};

/// What `format` in the header says.
pub(crate) const FORMAT: &str = "memorygraph";
/// The version of the format that is written.
pub(crate) const VERSION: u32 = 1;

/// The first line.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Header {
    /// [`FORMAT`].
    pub(crate) format: String,
    /// [`VERSION`].
    pub(crate) version: u32,
    /// How many memories follow.
    pub(crate) memories: u64,
    /// How many relationships follow, after those.
    pub(crate) relationships: u64,
    /// How many records of the quarantine follow, after those.
    pub(crate) quarantined: u64,
    /// The digest of the bytes of all lines that follow.
    pub(crate) digest: String,
}

/// A line after the first.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Line<'a> {
    Memory(&'a Memory),
    Relationship(&'a Relationship),
    Quarantined(Aside<'a>),
}

/// A record of the quarantine, with its time as all times are written.
#[derive(Debug, Serialize)]
struct Aside<'a> {
    id: &'a str,
    kind: RecordKind,
    memories: &'a [MemoryId],
    reason: &'a str,
    source: &'a str,
    document: &'a str,
    at: String,
}

impl<'a> Line<'a> {
    fn quarantined(record: &'a Quarantined) -> Self {
        let Quarantined {
            id,
            kind,
            memories,
            reason,
            source,
            document,
            at,
        } = record;
        Self::Quarantined(Aside {
            id,
            kind: *kind,
            memories,
            reason,
            source,
            document,
            at: time_text(*at),
        })
    }
}

/// Returns the first line for what was seen.
pub(super) fn header(seen: &Seen) -> Vec<u8> {
    line(&Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        memories: seen.memories,
        relationships: seen.relationships,
        quarantined: seen.quarantined,
        digest: seen.digest.clone(),
    })
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut text = Vec::new();
    add_line(&mut text, value);
    text
}

fn add_line(text: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(&mut *text, value).expect("records are plain data");
    text.push(b'\n');
}

fn lines<'a, T>(items: &'a [T], line: impl Fn(&'a T) -> Line<'a>) -> Vec<u8> {
    let mut text = Vec::with_capacity(items.len() * 512);
    for item in items {
        add_line(&mut text, &line(item));
    }
    text
}

impl MemoryGraph {
    /// Writes all lines after the first into `sink`.
    pub(super) async fn look_for_lines(&self, mut sink: Sink<'_>) -> Result<Seen> {
        let backend = self.backend.as_ref();
        let (mut memories, mut relationships, mut quarantined) = (0, 0, 0);
        let every = MemoryFilter {
            as_of: AsOf::Ever,
            ..MemoryFilter::default()
        };
        let mut pages = Memories::of(backend, every);
        while let Some(page) = pages.next().await? {
            memories += page.len() as u64;
            sink.take(lines(&page, Line::Memory), page.len()).await;
        }
        let every = RelationshipQuery {
            as_of: AsOf::Ever,
            ..RelationshipQuery::default()
        };
        let mut pages = Relationships::of(backend, every);
        while let Some(page) = pages.next().await? {
            relationships += page.len() as u64;
            let text = lines(&page, Line::Relationship);
            sink.take(text, page.len()).await;
        }
        let mut pages = Quarantine::of(backend);
        while let Some(page) = pages.next().await? {
            quarantined += page.len() as u64;
            let text = lines(&page, Line::quarantined);
            sink.take(text, page.len()).await;
        }
        let (digest, bytes) = sink.digest();
        Ok(Seen {
            memories,
            relationships,
            quarantined,
            left_out: 0,
            bytes,
            digest,
        })
    }
}
