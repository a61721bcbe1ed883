//! A graph, a page at a time.

use domain::{ListQuery, Memory, MemoryFilter, PageRequest, Relationship, RelationshipQuery, Sort};
use ports::{GraphBackend, Quarantined};

use crate::Result;

/// How many memories are held at a time: one can have 50,000 characters and more.
const MEMORIES: u32 = 256;
/// How many relationships are held at a time.
const RELATIONSHIPS: u32 = 2_000;
/// How many records of the quarantine are held at a time: those can have any size.
const QUARANTINED: u32 = 32;

fn first(limit: u32) -> PageRequest {
    PageRequest::first(limit).expect("the size of a page is in range")
}

/// Memories, the oldest first.
#[derive(Debug)]
pub(crate) struct Memories<'a> {
    backend: &'a dyn GraphBackend,
    query: ListQuery,
    page: Option<PageRequest>,
}

impl<'a> Memories<'a> {
    pub(crate) fn of(backend: &'a dyn GraphBackend, filter: MemoryFilter) -> Self {
        Self {
            backend,
            query: ListQuery {
                filter,
                sort: Sort::Oldest,
            },
            page: Some(first(MEMORIES)),
        }
    }

    /// Returns the next of them; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Memory>>> {
        let Some(page) = self.page.take() else {
            return Ok(None);
        };
        let found = self.backend.list(&self.query, &page).await?;
        self.page = found.next.map(|cursor| page.after(cursor));
        Ok(Some(found.items))
    }
}

/// Relationships, in the order of their ids.
#[derive(Debug)]
pub(crate) struct Relationships<'a> {
    backend: &'a dyn GraphBackend,
    query: RelationshipQuery,
    page: Option<PageRequest>,
}

impl<'a> Relationships<'a> {
    pub(crate) fn of(backend: &'a dyn GraphBackend, query: RelationshipQuery) -> Self {
        Self {
            backend,
            query,
            page: Some(first(RELATIONSHIPS)),
        }
    }

    /// Returns the next of them; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Relationship>>> {
        let Some(page) = self.page.take() else {
            return Ok(None);
        };
        let found = self.backend.relationships(&self.query, &page).await?;
        self.page = found.next.map(|cursor| page.after(cursor));
        Ok(Some(found.items))
    }
}

/// What is in quarantine, in the order of ids.
#[derive(Debug)]
pub(crate) struct Quarantine<'a> {
    backend: &'a dyn GraphBackend,
    page: Option<PageRequest>,
}

impl<'a> Quarantine<'a> {
    pub(crate) fn of(backend: &'a dyn GraphBackend) -> Self {
        Self {
            backend,
            page: Some(first(QUARANTINED)),
        }
    }

    /// Returns the next of it; none after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Quarantined>>> {
        let Some(page) = self.page.take() else {
            return Ok(None);
        };
        let found = self.backend.quarantine(&page).await?;
        self.page = found.next.map(|cursor| page.after(cursor));
        Ok(Some(found.items))
    }
}
