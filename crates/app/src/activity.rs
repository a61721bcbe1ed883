use std::collections::{BTreeMap, HashSet};

use domain::{
    AsOf, Direction, ListQuery, Memory, MemoryFilter, MemoryId, MemoryType, PageRequest,
    RelationshipQuery, RelationshipType, Sort, Timestamp,
};
use serde::Serialize;

use crate::{MemoryGraph, Result};

/// How many memories are read at once.
const PAGE: u32 = 1_000;

/// Asks what went on lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityQuery {
    /// In exactly this project; none for everywhere.
    pub project: Option<String>,
    /// At or after this moment.
    pub since: Timestamp,
    /// The most memories of each list: 1 to [`PageRequest::LARGEST`].
    pub limit: u32,
}

/// What went on lately.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RecentActivity {
    /// How many of the memories that were kept or changed are of each type that occurs.
    pub memories_by_type: BTreeMap<MemoryType, u64>,
    /// How many those are.
    pub total: u64,
    /// The last changed of them.
    pub recent: Vec<Memory>,
    /// Problems and errors that nothing [solves](RelationshipType::Solves) or
    /// [addresses](RelationshipType::Addresses), the newest first; also those that are older.
    pub unresolved: Vec<Memory>,
    /// Whether there are more than [`MOST`](Self::MOST) of the memories, or problems and errors:
    /// the numbers and lists are then those of the last ones.
    pub truncated: bool,
}

impl RecentActivity {
    /// The most memories that are counted, and the most problems and errors that are looked at.
    pub const MOST: u64 = 10_000;
}

impl MemoryGraph {
    /// Says which memories were kept or changed lately, of those that hold, and which problems and
    /// errors are unresolved.
    ///
    /// # Errors
    ///
    /// - [`InvalidArgument`](ports::ErrorKind::InvalidArgument) when the limit is out of range
    pub async fn recent_activity(&self, query: &ActivityQuery) -> Result<RecentActivity> {
        let limit = PageRequest::first(query.limit)?.size();
        let mut activity = RecentActivity::default();
        self.count_recent(query, limit, &mut activity).await?;
        self.look_for_unresolved(query, limit, &mut activity)
            .await?;
        Ok(activity)
    }

    async fn count_recent(
        &self,
        query: &ActivityQuery,
        limit: usize,
        activity: &mut RecentActivity,
    ) -> Result<()> {
        let listed = ListQuery {
            filter: MemoryFilter {
                project_path: query.project.clone(),
                updated_since: Some(query.since),
                ..MemoryFilter::default()
            },
            sort: Sort::RecentlyUpdated,
        };
        let mut page = PageRequest::first(PAGE)?;
        loop {
            let found = self.backend.list(&listed, &page).await?;
            for memory in found.items {
                *activity
                    .memories_by_type
                    .entry(memory.memory_type)
                    .or_default() += 1;
                activity.total += 1;
                if activity.recent.len() < limit {
                    activity.recent.push(memory);
                }
            }
            match found.next {
                Some(_) if activity.total >= RecentActivity::MOST => {
                    activity.truncated = true;
                    return Ok(());
                }
                Some(cursor) => page = page.after(cursor),
                None => return Ok(()),
            }
        }
    }

    async fn look_for_unresolved(
        &self,
        query: &ActivityQuery,
        limit: usize,
        activity: &mut RecentActivity,
    ) -> Result<()> {
        let listed = ListQuery {
            filter: MemoryFilter {
                types: vec![MemoryType::Problem, MemoryType::Error],
                project_path: query.project.clone(),
                ..MemoryFilter::default()
            },
            sort: Sort::Newest,
        };
        let mut page = PageRequest::first(PAGE)?;
        let mut looked_at = 0;
        loop {
            let found = self.backend.list(&listed, &page).await?;
            looked_at += found.items.len() as u64;
            let resolved = self.resolved(&found.items).await?;
            let unresolved = found.items.into_iter();
            let unresolved = unresolved.filter(|memory| !resolved.contains(&memory.id));
            let room = limit - activity.unresolved.len();
            activity.unresolved.extend(unresolved.take(room));
            match found.next {
                Some(cursor) if activity.unresolved.len() < limit => {
                    if looked_at >= RecentActivity::MOST {
                        activity.truncated = true;
                        return Ok(());
                    }
                    page = page.after(cursor);
                }
                _ => return Ok(()),
            }
        }
    }

    /// Returns those of the memories that something solves or addresses.
    async fn resolved(&self, memories: &[Memory]) -> Result<HashSet<MemoryId>> {
        let mut resolved = HashSet::new();
        if memories.is_empty() {
            return Ok(resolved);
        }
        let query = RelationshipQuery {
            touching: memories.iter().map(|memory| memory.id.clone()).collect(),
            direction: Direction::Incoming,
            types: vec![RelationshipType::Solves, RelationshipType::Addresses],
            as_of: AsOf::Latest,
            ..RelationshipQuery::default()
        };
        let mut page = PageRequest::first(PageRequest::LARGEST)?;
        loop {
            let found = self.backend.relationships(&query, &page).await?;
            resolved.extend(found.items.into_iter().map(|solves| solves.to));
            match found.next {
                Some(cursor) => page = page.after(cursor),
                None => return Ok(resolved),
            }
        }
    }
}
