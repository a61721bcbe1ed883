use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use domain::{
    Cursor, Hit, Memory, MemoryId, Page, PageRequest, SearchQuery,
    ranking::{Near, Ranking, SEARCH_DEPTH, Sought, nearest, rank},
    text::{self, Term, Word},
};
use ports::{BackendError, Result};

use crate::graph::Graph;

/// The memories that have each term.
#[derive(Debug, Default)]
pub(crate) struct Index(BTreeMap<Term, BTreeSet<MemoryId>>);

impl Index {
    pub(crate) fn of<'a>(memories: impl Iterator<Item = &'a Arc<Memory>>) -> Self {
        let mut index = Self::default();
        for memory in memories {
            let tags = memory.tags.join(" ");
            let summary = memory.summary.as_deref().unwrap_or_default();
            for text in [&memory.title, &tags, summary, &memory.content] {
                let terms = text::terms(text).into_iter();
                for term in terms.chain(text::terms(&text::expansion(text))) {
                    index.0.entry(term).or_default().insert(memory.id.clone());
                }
            }
        }
        index
    }

    /// The memories that have the whole word, or all of its parts.
    fn having(&self, word: &Word) -> BTreeSet<MemoryId> {
        let having = |term: &Term| self.0.get(term).cloned().unwrap_or_default();
        let parts = word.parts.iter().map(|part| having(&part.term));
        let parts = parts.reduce(|a, b| &a & &b).unwrap_or_default();
        &having(&word.whole.term) | &parts
    }

    fn nearest(&self, word: &Word) -> Vec<Near> {
        let known = self.0.iter();
        let known = known.map(|(term, memories)| (term.as_str(), memories.len() as u64));
        nearest(word, known)
    }
}

impl Graph {
    pub(crate) fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        const DOING: &str = "search";
        query.check().map_err(BackendError::invalid(DOING))?;
        page.check().map_err(BackendError::invalid(DOING))?;
        let first_page = (SEARCH_DEPTH.max(page.limit.get()) as usize, 0);
        let (depth, taken) = page.after.as_ref().map_or(Ok(first_page), |cursor| {
            cursor.position(query).map_err(BackendError::invalid(DOING))
        })?;

        let mut hits = self.hits(query);
        rank(&mut hits);
        hits.truncate(depth);
        let rest = hits.into_iter().skip(taken).take(page.size() + 1);
        let next = |_: &Hit| Cursor::new(query, &(depth, taken.saturating_add(page.size())));
        Ok(Page::cut(rest.collect(), page.size(), next))
    }

    fn hits(&self, query: &SearchQuery) -> Vec<Hit> {
        let index = self.index();
        let question = text::question(&query.text);
        let having: Vec<_> = question
            .words
            .iter()
            .map(|word| index.having(word))
            .collect();
        let frequencies: Vec<u64> = having.iter().map(|having| having.len() as u64).collect();
        let memories = self.memories.len() as u64;
        let near = |word: &Word| index.nearest(word);
        let ranking = Ranking::new(question, query.mode, memories, &frequencies, near);
        let near = ranking.sought().iter().flat_map(Sought::near);
        let near = near.filter_map(|near| index.0.get(&near.asked.term));
        let candidates: BTreeSet<&MemoryId> = having.iter().chain(near).flatten().collect();
        candidates
            .into_iter()
            .map(|id| &self.memories[id])
            .filter(|memory| query.filter.admits(memory))
            .filter_map(|memory| ranking.hit(memory.as_ref().clone()))
            .collect()
    }
}
