use domain::{
    Hit, ListQuery, Memory, MemoryFilter, Page, PageRequest, SearchMode, SearchQuery, Sort,
};

use crate::{MemoryGraph, Result};

impl MemoryGraph {
    /// Returns the memories that `text` brings to mind, the best match first. It forgives typing
    /// errors: for a word that nothing has, the nearest words count.
    ///
    /// A blank text asks for what matters most: the most important memories first, among equals
    /// the last changed. Those have a score of 0.
    ///
    /// What comes back [counts](Self#usage) as used.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a text that is too long, a
    ///   cursor of another question, or a limit that is too large
    pub async fn recall(
        &self,
        text: &str,
        filter: MemoryFilter,
        page: &PageRequest,
    ) -> Result<Page<Hit>> {
        if text.trim().is_empty() {
            let sort = Sort::MostImportant;
            let listed = self.list(&ListQuery { filter, sort }, page).await?;
            self.used(listed.items.iter());
            return Ok(Page {
                items: listed.items.into_iter().map(unasked).collect(),
                next: listed.next,
            });
        }
        let query = SearchQuery {
            text: text.to_owned(),
            mode: SearchMode::Fuzzy,
            filter,
        };
        self.search(&query, page).await
    }

    /// Returns the memories whose text matches as the query says, the best match first. They
    /// [count](Self#usage) as used.
    ///
    /// # Errors
    ///
    /// As for [`recall`](Self::recall).
    pub async fn search(&self, query: &SearchQuery, page: &PageRequest) -> Result<Page<Hit>> {
        let found = self.backend.search(query, page).await?;
        self.used(found.items.iter().map(|hit| &hit.memory));
        Ok(found)
    }

    /// Lists memories in an order.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) for a cursor of another query, or
    ///   a limit that is too large
    pub async fn list(&self, query: &ListQuery, page: &PageRequest) -> Result<Page<Memory>> {
        Ok(self.backend.list(query, page).await?)
    }
}

/// Answers no question.
pub(crate) fn unasked(memory: Memory) -> Hit {
    Hit {
        memory,
        score: 0.0,
        fields: Vec::new(),
        words: Vec::new(),
    }
}
