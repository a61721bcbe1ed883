use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{
    AsOf, Invalid, Memory, MemoryId, MemoryType, Relationship, RelationshipId, RelationshipType,
    Score, Timestamp,
    memory::normalised_tags,
    text::{Question, question},
};

/// The deepest walk, and the longest path.
pub const MAX_DEPTH: u8 = 10;

/// Which memories a question is about. An empty list asks for nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MemoryFilter {
    /// Of any of these types.
    pub types: Vec<MemoryType>,
    /// With any of these tags.
    pub tags: Vec<String>,
    /// Of exactly this project.
    pub project_path: Option<String>,
    /// With exactly any of these contents.
    pub contents: Vec<String>,
    /// At least this important.
    pub min_importance: Option<Score>,
    /// At least this sure.
    pub min_confidence: Option<Score>,
    /// First kept at or after this moment.
    pub created_since: Option<Timestamp>,
    /// First kept before this moment.
    pub created_before: Option<Timestamp>,
    /// Last changed at or after this moment.
    pub updated_since: Option<Timestamp>,
    /// Valid as of.
    pub as_of: AsOf,
}

impl MemoryFilter {
    /// Says whether `memory` belongs to the answer.
    pub fn admits(&self, memory: &Memory) -> bool {
        (self.types.is_empty() || self.types.contains(&memory.memory_type))
            && self.admits_tags(memory)
            && (self.project_path.is_none()
                || self.project_path.as_deref() == memory.project_path())
            && (self.contents.is_empty() || self.contents.contains(&memory.content))
            && self
                .min_importance
                .is_none_or(|least| memory.importance >= least)
            && self
                .min_confidence
                .is_none_or(|least| memory.confidence >= least)
            && self
                .created_since
                .is_none_or(|since| memory.created_at >= since)
            && self
                .created_before
                .is_none_or(|before| memory.created_at < before)
            && self
                .updated_since
                .is_none_or(|since| memory.updated_at >= since)
            && self.as_of.admits(memory.validity())
    }

    fn admits_tags(&self, memory: &Memory) -> bool {
        let tags = self.folded_tags();
        tags.is_empty() || tags.iter().any(|tag| memory.tags.contains(tag))
    }

    /// The tags as memories carry them: trimmed, in lower case, each once, without blank ones.
    pub fn folded_tags(&self) -> Vec<String> {
        normalised_tags(&self.tags)
    }
}

/// In which order memories are listed.
///
/// Ids decide where this leaves two equal: in ascending order for the oldest first, else in
/// descending order, so that each order can be read backwards, and of memories that were kept at
/// one moment the one with the greatest id comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// Last changed first.
    #[default]
    RecentlyUpdated,
    /// First kept last, first.
    Newest,
    /// First kept first, first.
    Oldest,
    /// Most important first, among equals the last changed.
    MostImportant,
}

/// Asks for memories in an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// Which.
    pub filter: MemoryFilter,
    /// In which order.
    pub sort: Sort,
}

/// Which way relationships are followed from a memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From `from` to `to`.
    Outgoing,
    /// From `to` to `from`.
    Incoming,
    /// Either way.
    #[default]
    Both,
}

/// Asks for relationships, in the order of their ids. An empty list asks for nothing in particular.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RelationshipQuery {
    /// With any of these ids.
    pub ids: Vec<RelationshipId>,
    /// That can be followed from any of these memories in `direction`.
    pub touching: Vec<MemoryId>,
    /// As seen from `touching`; without that it says nothing.
    pub direction: Direction,
    /// Of any of these types.
    pub types: Vec<RelationshipType>,
    /// With a context that has every word of this text, as a [strict](SearchMode::Strict) search
    /// finds words; a text without a word asks for nothing in particular.
    pub context: Option<String>,
    /// Valid as of.
    pub as_of: AsOf,
}

impl RelationshipQuery {
    /// Says whether `relationship` belongs to the answer.
    pub fn admits(&self, relationship: &Relationship) -> bool {
        (self.ids.is_empty() || self.ids.contains(&relationship.id))
            && (self.touching.is_empty()
                || self
                    .touching
                    .iter()
                    .any(|memory| relationship.other_end(memory, self.direction).is_some()))
            && (self.types.is_empty() || self.types.contains(&relationship.relationship_type))
            && self.as_of.admits(relationship.validity())
            && self
                .context_words()
                .is_none_or(|words| relationship.context_answers(&words))
    }

    /// What the context is asked for, when it is asked for a word.
    pub fn context_words(&self) -> Option<Question> {
        let words = question(self.context.as_deref()?);
        (!words.is_empty()).then_some(words)
    }
}

/// Asks for what can be reached from some memories.
///
/// The answer has each memory once, at its least depth, without those where the walk began, the
/// nearest first, among equals by the strongest relationship that leads there, then by id. That
/// relationship is the step's `via`; among equally strong ones it has the least id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Where to begin.
    pub from: Vec<MemoryId>,
    /// Which way.
    pub direction: Direction,
    /// Along any of these types; empty for all.
    pub types: Vec<RelationshipType>,
    /// How many relationships far: 1 to [`MAX_DEPTH`].
    pub depth: u8,
    /// The most memories to return.
    pub limit: NonZeroU32,
    /// Along relationships that are valid as of.
    pub as_of: AsOf,
}

impl Walk {
    /// The most memories that a walk returns.
    pub const LARGEST: u32 = 10_000;

    /// Asks for the direct neighbours of `from`: either way, along all types, at most 100.
    pub fn new(from: MemoryId) -> Self {
        Self {
            from: vec![from],
            direction: Direction::Both,
            types: Vec::new(),
            depth: 1,
            limit: NonZeroU32::new(100).expect("100 is not zero"),
            as_of: AsOf::Latest,
        }
    }

    /// Fails unless depth and limit are in range.
    pub fn check(&self) -> Result<(), Invalid> {
        check_depth(self.depth)?;
        if self.limit.get() > Self::LARGEST {
            let rule = format!("is a number from 1 to {}", Self::LARGEST);
            return Err(Invalid::new("limit", rule, self.limit));
        }
        Ok(())
    }
}

/// A memory that a walk reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The memory.
    pub memory: Memory,
    /// How many relationships lie between it and the beginning.
    pub depth: u8,
    /// The last of them.
    pub via: Relationship,
}

/// What a walk reached.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Walked {
    /// The memories, in the order that [`Walk`] promises.
    pub steps: Vec<Step>,
    /// Whether the limit left something out.
    pub truncated: bool,
}

/// Asks for the shortest way from one memory to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathQuery {
    /// Where it begins.
    pub from: MemoryId,
    /// Where it ends.
    pub to: MemoryId,
    /// Which way relationships are followed.
    pub direction: Direction,
    /// Along any of these types; empty for all.
    pub types: Vec<RelationshipType>,
    /// The most relationships: 1 to [`MAX_DEPTH`].
    pub max_depth: u8,
    /// Along relationships that are valid as of.
    pub as_of: AsOf,
}

impl PathQuery {
    /// Asks for the shortest way along all types, either way, of at most 5 relationships.
    pub fn new(from: MemoryId, to: MemoryId) -> Self {
        Self {
            from,
            to,
            direction: Direction::Both,
            types: Vec::new(),
            max_depth: 5,
            as_of: AsOf::Latest,
        }
    }

    /// Fails unless the depth is in range.
    pub fn check(&self) -> Result<(), Invalid> {
        check_depth(self.max_depth)
    }
}

/// The way from one memory to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Path {
    /// Where it begins.
    pub start: Memory,
    /// What follows, in order; empty when beginning and end are the same memory.
    pub steps: Vec<Step>,
}

fn check_depth(depth: u8) -> Result<(), Invalid> {
    if (1..=MAX_DEPTH).contains(&depth) {
        Ok(())
    } else {
        let rule = format!("is a number from 1 to {MAX_DEPTH}");
        Err(Invalid::new("depth", rule, depth))
    }
}

/// How a text has to match.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SearchMode {
    /// Every word.
    Strict,
    /// Any word, the best match first.
    #[default]
    Normal,
    /// As normal, and for a word that nothing has, the words nearest to it.
    Fuzzy,
}

impl std::str::FromStr for SearchMode {
    type Err = Invalid;

    fn from_str(name: &str) -> Result<Self, Invalid> {
        crate::invalid::parse_name(
            "search mode",
            name,
            [Self::Strict, Self::Normal, Self::Fuzzy].into_iter(),
            |mode| match mode {
                Self::Strict => "strict",
                Self::Normal => "normal",
                Self::Fuzzy => "fuzzy",
            },
        )
    }
}

/// Asks for memories whose text matches, the best match first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// What a person or an agent typed, at most 1,000 characters. A text without a word finds
    /// nothing.
    pub text: String,
    /// How it has to match.
    pub mode: SearchMode,
    /// Which memories.
    pub filter: MemoryFilter,
}

impl SearchQuery {
    /// The longest text, in characters.
    pub const LONGEST_TEXT: usize = 1_000;

    /// Fails unless the text keeps its limit.
    pub fn check(&self) -> Result<(), Invalid> {
        let length = self.text.chars().count();
        if length > Self::LONGEST_TEXT {
            let rule = format!("has at most {} characters", Self::LONGEST_TEXT);
            return Err(Invalid::new("query", rule, length));
        }
        Ok(())
    }
}

/// A part of a memory that is searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are the memory's own")]
pub enum Field {
    Title,
    Tags,
    Summary,
    Content,
}

/// A memory that matches a text.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Hit {
    /// The memory.
    pub memory: Memory,
    /// How well it matches: greater is better, and only comparable within one answer.
    pub score: f64,
    /// Where it matches.
    pub fields: Vec<Field>,
    /// Which of the words it has, as they were typed.
    pub words: Vec<String>,
}
