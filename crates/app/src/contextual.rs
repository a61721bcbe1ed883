use std::num::NonZeroU32;

use domain::{
    AsOf, Hit, Memory, MemoryId, SearchMode, SearchQuery, Walk,
    ranking::{Index, rank},
    text::question,
};
use ports::BackendError;

use crate::{MemoryGraph, Result, find::unasked};

/// How many memories are read for their words before other tasks have their turn.
const TURN: usize = 32;

/// Asks for what a text brings to mind among what is related to a memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextualSearch {
    /// Where the walk begins.
    pub from: MemoryId,
    /// What a person or an agent typed, at most [`SearchQuery::LONGEST_TEXT`] characters.
    pub text: String,
    /// How many relationships far: 1 to [`MAX_DEPTH`](domain::MAX_DEPTH).
    pub depth: u8,
    /// The most memories to return: 1 to [`Walk::LARGEST`].
    pub limit: NonZeroU32,
    /// How many of the best to leave out before these, as those of the page before.
    pub skip: usize,
    /// Along relationships, and among memories, that are valid as of.
    pub as_of: AsOf,
}

impl ContextualSearch {
    /// Asks for at most 20 memories that are at most 2 relationships away and hold now.
    pub fn new(from: MemoryId, text: impl Into<String>) -> Self {
        Self {
            from,
            text: text.into(),
            depth: 2,
            limit: NonZeroU32::new(20).expect("20 is not zero"),
            skip: 0,
            as_of: AsOf::Latest,
        }
    }
}

impl MemoryGraph {
    /// Returns the memories that `text` brings to mind among those that are related to one, the
    /// best match first: as [`recall`](Self::recall) does in the whole graph, also for a blank
    /// text. A word counts for as much as it is rare among them.
    ///
    /// The walk may lead through memories that are not valid as of. Where more than
    /// [`Walk::LARGEST`] can be reached, the nearest are searched.
    ///
    /// # Errors
    ///
    /// - [`NotFound`](ports::ErrorKind::NotFound) when the memory where it begins is not there
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when depth or limit is out of
    ///   range, or the text is too long
    pub async fn contextual_search(&self, search: &ContextualSearch) -> Result<Vec<Hit>> {
        const DOING: &str = "search what is related";
        let asked = SearchQuery {
            text: search.text.clone(),
            ..SearchQuery::default()
        };
        asked.check().map_err(BackendError::invalid(DOING))?;
        let walk = Walk {
            depth: search.depth,
            limit: search.limit,
            as_of: search.as_of,
            ..Walk::new(search.from.clone())
        };
        walk.check().map_err(BackendError::invalid(DOING))?;
        let walk = Walk {
            limit: NonZeroU32::new(Walk::LARGEST).expect("a walk returns something"),
            ..walk
        };
        let walked = self.backend.walk(&walk).await?;
        let related = walked.steps.into_iter().map(|step| step.memory);
        let related: Vec<Memory> = related
            .filter(|memory| search.as_of.admits(memory.validity()))
            .collect();
        tracing::debug!(
            related = related.len(),
            truncated = walked.truncated,
            "searches what is related"
        );
        let limit = search.limit.get() as usize;
        if search.text.trim().is_empty() {
            let hits = most_important(related, search.skip, limit);
            self.used(hits.iter().map(|hit| &hit.memory));
            return Ok(hits);
        }
        let mut index = Index::default();
        for (at, memory) in related.iter().enumerate() {
            index.add(&at, memory);
            if at % TURN == TURN - 1 {
                tokio::task::yield_now().await;
            }
        }
        let (ranking, candidates) = index.ask(question(&search.text), SearchMode::Fuzzy);
        let candidates = related
            .into_iter()
            .enumerate()
            .filter(|(at, _)| candidates.contains(at));
        let mut hits: Vec<Hit> = candidates
            .filter_map(|(_, memory)| ranking.hit(memory))
            .collect();
        rank(&mut hits);
        hits.drain(..search.skip.min(hits.len()));
        hits.truncate(limit);
        self.used(hits.iter().map(|hit| &hit.memory));
        Ok(hits)
    }
}

/// Answers a blank text.
fn most_important(mut memories: Vec<Memory>, skip: usize, limit: usize) -> Vec<Hit> {
    let order = |memory: &Memory| (memory.importance, memory.updated_at);
    memories.sort_by(|a, b| order(b).cmp(&order(a)).then_with(|| b.id.cmp(&a.id)));
    let shown = memories.into_iter().skip(skip).take(limit);
    shown.map(unasked).collect()
}
