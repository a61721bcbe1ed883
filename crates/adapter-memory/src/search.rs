use domain::{
    Cursor, Hit, Page, PageRequest, SearchQuery,
    ranking::{SEARCH_DEPTH, rank},
    text,
};
use ports::{BackendError, Result};

use crate::graph::Graph;

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
        let (ranking, candidates) = self.index().ask(text::question(&query.text), query.mode);
        candidates
            .iter()
            .map(|id| &self.memories[id])
            .filter(|memory| query.filter.admits(memory))
            .filter_map(|memory| ranking.hit(memory.as_ref().clone()))
            .collect()
    }
}
