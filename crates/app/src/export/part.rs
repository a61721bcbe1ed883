//! A part of the graph, and the formats in which others draw it.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    num::NonZeroU32,
    str::FromStr,
};

use domain::{
    AsOf, Direction, Invalid, ListQuery, Memory, MemoryId, PageRequest, Relationship,
    RelationshipQuery, RelationshipType, Walk,
};
use serde::Serialize;

use super::{Existing, Target, dot, graphml, mermaid, pages::Relationships, place::Place};
use crate::{MemoryGraph, Result};

/// How many bytes are handed on at a time, about.
const CHUNK: usize = 1 << 16;
/// How many memories are asked for at once.
const MEMORIES_A_PAGE: usize = 1_000;

/// Asks for a part of the graph.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one is made for a call")]
pub enum PartQuery {
    /// Some memories, what a walk reaches from them, and the relationships among all of these that
    /// the walk may follow.
    Around(Walk),
    /// The first memories of a list, and the relationships among them.
    Matching {
        /// Which memories, in which order.
        list: ListQuery,
        /// Relationships of any of these types; empty for all.
        types: Vec<RelationshipType>,
        /// Relationships that are valid as of.
        as_of: AsOf,
        /// The most memories: 1 to [`LARGEST`](Self::LARGEST).
        limit: NonZeroU32,
    },
}

impl PartQuery {
    /// The most memories that a list or a walk puts into a part.
    pub const LARGEST: u32 = Walk::LARGEST;
}

/// A part of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The memories, each once: where a walk began before what it reached, else as listed.
    pub memories: Vec<Memory>,
    /// The relationships between these memories, by ascending id.
    pub relationships: Vec<Relationship>,
    /// Whether the limit left memories out.
    pub truncated: bool,
}

/// In which format a part of the graph is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartFormat {
    /// `GraphML`, for Gephi, yEd, `NetworkX` and others: all fields, with typed keys; tags
    /// and the context of a memory as JSON. A control character, which XML has no place for, becomes its picture, as `␛`.
    GraphMl,
    /// DOT, for Graphviz: titles and types.
    Dot,
    /// A Mermaid flow chart, for Markdown: titles and types. Viewers draw at most 500
    /// relationships unless they are told otherwise.
    Mermaid,
}

impl PartFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::GraphMl, Self::Dot, Self::Mermaid];

    /// Returns the name that a person types.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GraphMl => "graphml",
            Self::Dot => "dot",
            Self::Mermaid => "mermaid",
        }
    }
}

impl fmt::Display for PartFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for PartFormat {
    type Err = Invalid;

    fn from_str(name: &str) -> std::result::Result<Self, Invalid> {
        let known = Self::ALL.into_iter().find(|format| format.as_str() == name);
        known.ok_or_else(|| Invalid::new("format", "is one of graphml, dot, mermaid", name))
    }
}

/// What was written of a part of the graph.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PartReport {
    /// How many memories.
    pub memories: u64,
    /// How many relationships.
    pub relationships: u64,
    /// Whether the limit left memories out.
    pub truncated: bool,
}

impl Part {
    /// Writes the part, line by line; the lines end with a line break.
    pub fn lines(&self, format: PartFormat) -> Box<dyn Iterator<Item = String> + Send + '_> {
        match format {
            PartFormat::GraphMl => Box::new(graphml::lines(self)),
            PartFormat::Dot => Box::new(dot::lines(self)),
            PartFormat::Mermaid => Box::new(mermaid::lines(self)),
        }
    }

    /// The relationships, with the places of their ends among the memories; without those that
    /// have an end elsewhere.
    pub(super) fn joins(&self) -> impl Iterator<Item = (usize, usize, &Relationship)> + Send {
        let places: HashMap<&MemoryId, usize> = self
            .memories
            .iter()
            .enumerate()
            .map(|(place, memory)| (&memory.id, place))
            .collect();
        self.relationships.iter().filter_map(move |it| {
            let (from, to) = (places.get(&it.from)?, places.get(&it.to)?);
            Some((*from, *to, it))
        })
    }

    /// What there is of it.
    pub fn report(&self) -> PartReport {
        PartReport {
            memories: self.memories.len() as u64,
            relationships: self.relationships.len() as u64,
            truncated: self.truncated,
        }
    }
}

impl MemoryGraph {
    /// Returns a part of the graph: its memories, and the relationships among them.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when a memory where a walk begins is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when depth or limit is out of range
    pub async fn part(&self, query: &PartQuery) -> Result<Part> {
        let (memories, truncated, types, as_of) = match query {
            PartQuery::Around(walk) => {
                let walked = self.backend.walk(walk).await?;
                let mut memories = self.backend.memories(&walk.from).await?;
                memories.extend(walked.steps.into_iter().map(|step| step.memory));
                (memories, walked.truncated, &walk.types, walk.as_of)
            }
            PartQuery::Matching {
                list,
                types,
                as_of,
                limit,
            } => {
                let (memories, truncated) = self.first(list, *limit).await?;
                (memories, truncated, types, *as_of)
            }
        };
        let relationships = self.among(&memories, types, as_of).await?;
        Ok(Part {
            memories,
            relationships,
            truncated,
        })
    }

    /// Writes a part of the graph in a format that others draw.
    ///
    /// # Errors
    ///
    /// - as for [`part`](Self::part)
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when there is something at the
    ///   target, unless it is to be [replaced](Existing::Replace)
    /// - [`Busy`](ports::ErrorKind::Busy) when another export writes the same file
    /// - [`Unauthorized`](ports::ErrorKind::Unauthorized) and [`Backend`](ports::ErrorKind::Backend)
    ///   when the target cannot be written
    pub async fn export_part(
        &self,
        query: &PartQuery,
        format: PartFormat,
        target: Target,
        existing: Existing,
    ) -> Result<PartReport> {
        let mut place = Place::open(target, existing)?;
        let part = self.part(query).await?;
        let writing = place.begin().await?;
        let mut chunk = Vec::with_capacity(CHUNK);
        for line in part.lines(format) {
            chunk.extend_from_slice(line.as_bytes());
            if chunk.len() >= CHUNK {
                writing.write(std::mem::take(&mut chunk)).await;
            }
        }
        writing.write(chunk).await;
        place.end(writing).await?;
        place.finish().await?;
        Ok(part.report())
    }

    /// Returns the first memories of a list, and whether there are more.
    async fn first(&self, list: &ListQuery, limit: NonZeroU32) -> Result<(Vec<Memory>, bool)> {
        let limit = PageRequest::first(limit.get())?.size();
        let mut memories = Vec::new();
        let mut after = None;
        loop {
            let size = MEMORIES_A_PAGE.min(limit - memories.len());
            let size = u32::try_from(size).expect("a page is smaller than that");
            let page = PageRequest {
                after,
                ..PageRequest::first(size)?
            };
            let found = self.backend.list(list, &page).await?;
            memories.extend(found.items);
            if found.next.is_none() || memories.len() >= limit {
                return Ok((memories, found.next.is_some()));
            }
            after = found.next;
        }
    }

    /// Returns the relationships that have both ends among `memories`.
    pub(crate) async fn among(
        &self,
        memories: &[Memory],
        types: &[RelationshipType],
        as_of: AsOf,
    ) -> Result<Vec<Relationship>> {
        let mut among = Vec::new();
        if memories.is_empty() {
            return Ok(among);
        }
        let there: HashSet<&MemoryId> = memories.iter().map(|memory| &memory.id).collect();
        let query = RelationshipQuery {
            touching: memories.iter().map(|memory| memory.id.clone()).collect(),
            direction: Direction::Both,
            types: types.to_vec(),
            as_of,
            ..RelationshipQuery::default()
        };
        let mut pages = Relationships::of(&*self.backend, query);
        while let Some(page) = pages.next().await? {
            let inside = |it: &Relationship| there.contains(&it.from) && there.contains(&it.to);
            among.extend(page.into_iter().filter(inside));
        }
        Ok(among)
    }
}
