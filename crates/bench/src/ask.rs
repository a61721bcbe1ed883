//! One question to a graph, and what it is answered with.

use std::num::NonZeroU32;

use domain::{
    ListQuery, MemoryFilter, MemoryId, MemoryType, PageRequest, PathQuery, RelationshipQuery,
    Score, SearchMode, SearchQuery, Sort, Timestamp, Walk,
};
use ports::{Changed, GraphBackend};
use serde::{Deserialize, Serialize};

use crate::Result;

/// How many hits a search asks for.
pub const HITS: u32 = 20;

/// How many memories a walk asks for.
pub const REACHED: u32 = 100;

/// How many memories a page of a list asks for.
pub const LISTED: u32 = 50;

/// One question to a graph, as plain data: it can be kept in a file beside the graph.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// The [`HITS`] memories that match a text best.
    Search {
        /// What was typed.
        text: String,
        /// How it has to match.
        mode: SearchMode,
        /// Which memories.
        only: Only,
    },
    /// The first [`REACHED`] memories that can be reached.
    Walk {
        /// Where it begins.
        from: MemoryId,
        /// How many relationships far.
        depth: u8,
    },
    /// The shortest way of at most 5 relationships.
    Path {
        /// Where it begins.
        from: MemoryId,
        /// Where it ends.
        to: MemoryId,
    },
    /// One memory by its id.
    Get(MemoryId),
    /// The first page of a list, of [`LISTED`] memories.
    List {
        /// In which order.
        sort: Sort,
        /// Which memories.
        only: Only,
    },
    /// The first page of the relationships of a memory, of [`LISTED`].
    Relationships(MemoryId),
    /// The first page of what the graph learned since a moment, of [`LISTED`].
    Changes(Timestamp),
    /// What the graph is made of.
    Statistics,
}

/// Which memories a question is about, besides being valid today.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Only {
    /// Of this type.
    pub kind: Option<MemoryType>,
    /// With this tag.
    pub tag: Option<String>,
    /// At least this important.
    pub min_importance: Option<Score>,
}

impl Only {
    fn filter(&self) -> MemoryFilter {
        MemoryFilter {
            types: self.kind.into_iter().collect(),
            tags: self.tag.iter().cloned().collect(),
            min_importance: self.min_importance,
            ..MemoryFilter::default()
        }
    }
}

/// What a question was answered with, as far as two ways of answering it can be compared: the ids
/// in order, or for statistics the counts.
pub type Answer = Vec<String>;

impl Ask {
    /// Asks a backend.
    pub async fn of(&self, backend: &dyn GraphBackend) -> Result<Answer> {
        let ids = |id: &MemoryId| id.to_string();
        Ok(match self {
            Self::Search { text, mode, only } => {
                let query = SearchQuery {
                    text: text.clone(),
                    mode: *mode,
                    filter: only.filter(),
                };
                let hits = backend.search(&query, &PageRequest::first(HITS)?).await?;
                hits.items.iter().map(|hit| ids(&hit.memory.id)).collect()
            }
            Self::Walk { from, depth } => {
                let walk = Walk {
                    depth: *depth,
                    limit: NonZeroU32::new(REACHED).expect("it is not zero"),
                    ..Walk::new(from.clone())
                };
                let walked = backend.walk(&walk).await?;
                walked
                    .steps
                    .iter()
                    .map(|step| ids(&step.memory.id))
                    .collect()
            }
            Self::Path { from, to } => {
                let query = PathQuery::new(from.clone(), to.clone());
                let path = backend.shortest_path(&query).await?;
                let steps = path.iter().flat_map(|path| &path.steps);
                steps.map(|step| ids(&step.memory.id)).collect()
            }
            Self::Get(id) => {
                let memories = backend.memories(std::slice::from_ref(id)).await?;
                memories.iter().map(|memory| ids(&memory.id)).collect()
            }
            Self::List { sort, only } => {
                let query = ListQuery {
                    filter: only.filter(),
                    sort: *sort,
                };
                let page = backend.list(&query, &PageRequest::first(LISTED)?).await?;
                page.items.iter().map(|memory| ids(&memory.id)).collect()
            }
            Self::Relationships(id) => {
                let query = RelationshipQuery {
                    touching: vec![id.clone()],
                    ..RelationshipQuery::default()
                };
                let page = PageRequest::first(LISTED)?;
                let page = backend.relationships(&query, &page).await?;
                page.items.iter().map(|it| it.id.to_string()).collect()
            }
            Self::Changes(since) => {
                let page = PageRequest::first(LISTED)?;
                let page = backend.changes_since(*since, &page).await?;
                let changed = page.items.iter().map(|changed| match changed {
                    Changed::Memory(memory) => memory.id.to_string(),
                    Changed::Relationship(relationship) => relationship.id.to_string(),
                });
                changed.collect()
            }
            Self::Statistics => {
                let statistics = backend.statistics().await?;
                let memories = statistics.memories_by_type.into_iter();
                let relationships = statistics.relationships_by_type.into_iter();
                memories
                    .map(|(kind, count)| format!("{kind} {count}"))
                    .chain(relationships.map(|(kind, count)| format!("{kind} {count}")))
                    .collect()
            }
        })
    }
}
